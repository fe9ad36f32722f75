//! What a save needs of an array, whatever its type.

use super::binding::Binding;
use super::{AnyArray, MmapArray};
use crate::npy::internal::{check_ndim, dtype_of};
use crate::npy::{Element, Header};
use crate::pickle;
use crate::{Error, ErrorKind, Result};
use ndarray::{Array, ArrayRef, Dimension};
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

/// What the header of the array's file says. Fortran order where the elements lie so, else C order.
///
/// # Errors
/// `Dtype` if the type of the elements has a wrong one.
pub(super) fn header<T: Element, D: Dimension>(array: &ArrayRef<T, D>) -> Result<Header> {
    let (dtype, fortran_order) = (dtype_of::<T>()?, is_fortran(array));
    Ok(Header { dtype, fortran_order, shape: array.shape().to_vec() })
}

/// Whether the elements lie in Fortran order, and not in C order too.
pub(super) fn is_fortran<T, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
    !array.is_standard_layout() && array.t().is_standard_layout()
}

/// Elements of a strided array that are gathered for one write.
const GATHERED: usize = 8192;

/// Writes the elements: in memory order where they lie in C or Fortran order (as [`header`] says),
/// else in C order.
pub(crate) fn write_elements<T: Element, D: Dimension>(
    array: &ArrayRef<T, D>,
    out: &mut dyn Write,
) -> Result<()> {
    let transposed = array.t();
    if let Some(elements) = array.as_slice().or_else(|| transposed.as_slice()) {
        return out.write_all(bytemuck::cast_slice(elements)).map_err(write_failed);
    }
    let mut gathered = Vec::with_capacity(GATHERED.min(array.len()));
    for element in array {
        gathered.push(*element);
        if gathered.len() == GATHERED {
            out.write_all(bytemuck::cast_slice(&gathered)).map_err(write_failed)?;
            gathered.clear();
        }
    }
    out.write_all(bytemuck::cast_slice(&gathered)).map_err(write_failed)
}

fn write_failed(error: std::io::Error) -> Error {
    Error::msg(ErrorKind::Io, "cannot write the elements").with_source(error)
}
