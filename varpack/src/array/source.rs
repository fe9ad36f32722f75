//! What a save needs of an array, whatever its type.

use super::binding::Binding;
use super::order::{header, write_elements, write_failed};
use super::{AnyArray, MmapArray};
use crate::Result;
use crate::npy::internal::{check_ndim, dtype_of};
use crate::npy::{Element, Header};
use crate::pickle;
use ndarray::{Array, Dimension};
use std::io::Write;

/// An array that a save can write. `Sync`, for arrays are written on several threads.
pub(crate) trait ArraySource: Sync {
    /// Dtype, order and shape.
    ///
    /// # Errors
    /// `Dtype` if the type of the elements has a wrong one.
    fn header(&self) -> Result<Header>;

    /// The number of elements.
    fn element_count(&self) -> usize;

    /// What our metadata calls the dtype, where the header does not tell it.
    fn logical_name(&self) -> Option<&str>;

    /// Writes the elements in the order of the header.
    fn write_data(&self, out: &mut dyn Write) -> Result<()>;

    /// The files that it came from and went to; `None` for an array that remembers none.
    fn binding(&self) -> Option<&Binding> {
        None
    }

    /// Brings edits in place to the disk, and says nothing of others.
    fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// Writes the array into a pickle.
    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()>;
}

impl<T: Element, D: Dimension> ArraySource for MmapArray<T, D> {
    fn header(&self) -> Result<Header> {
        header(self)
    }

    fn element_count(&self) -> usize {
        self.len()
    }

    fn logical_name(&self) -> Option<&str> {
        T::logical_name()
    }

    fn write_data(&self, out: &mut dyn Write) -> Result<()> {
        write_elements(self, out)
    }

    fn binding(&self) -> Option<&Binding> {
        Some(MmapArray::binding(self))
    }

    fn flush(&self) -> Result<()> {
        self.flush_in_place()
    }

    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        check_pickled::<T>(self.ndim())?;
        writer.value(self)
    }
}

impl ArraySource for AnyArray {
    fn header(&self) -> Result<Header> {
        Ok(AnyArray::header(self).clone())
    }

    fn element_count(&self) -> usize {
        self.shape().iter().product()
    }

    fn logical_name(&self) -> Option<&str> {
        AnyArray::logical_name(self)
    }

    fn write_data(&self, out: &mut dyn Write) -> Result<()> {
        out.write_all(self.as_bytes()).map_err(write_failed)
    }

    fn binding(&self) -> Option<&Binding> {
        Some(AnyArray::binding(self))
    }

    fn flush(&self) -> Result<()> {
        self.flush_in_place()
    }

    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        writer.array(AnyArray::header(self), self.as_bytes())
    }
}

impl<T: Element, D: Dimension> ArraySource for Array<T, D> {
    fn header(&self) -> Result<Header> {
        header(self)
    }

    fn element_count(&self) -> usize {
        self.len()
    }

    fn logical_name(&self) -> Option<&str> {
        T::logical_name()
    }

    fn write_data(&self, out: &mut dyn Write) -> Result<()> {
        write_elements(self, out)
    }

    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        check_pickled::<T>(self.ndim())?;
        writer.value(&MmapArray::from(self.clone()))
    }
}

impl<T: Element> ArraySource for Vec<T> {
    fn header(&self) -> Result<Header> {
        Ok(Header { dtype: dtype_of::<T>()?, fortran_order: false, shape: vec![self.len()] })
    }

    fn element_count(&self) -> usize {
        self.len()
    }

    fn logical_name(&self) -> Option<&str> {
        T::logical_name()
    }

    fn write_data(&self, out: &mut dyn Write) -> Result<()> {
        out.write_all(bytemuck::cast_slice(self)).map_err(write_failed)
    }

    fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
        check_pickled::<T>(1)?;
        writer.value(&MmapArray::from(self.clone()))
    }
}

/// What an array under serde would be refused for, with the kind of error that serde loses.
fn check_pickled<T: Element>(ndim: usize) -> Result<()> {
    check_ndim(ndim)?;
    dtype_of::<T>().map(drop)
}
