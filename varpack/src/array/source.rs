//! What a save needs of an array, whatever its type.

use super::binding::Binding;
use super::order::{header, write_elements, write_failed};
use super::serde::Elements;
use super::{AnyArray, MmapArray};
use crate::Result;
use crate::npy::internal::{check_ndim, header_of, sub_array_len};
use crate::npy::{Element, Header};
use crate::pickle;
use ndarray::{ArrayBase, ArrayRef, ArrayView1, Data, Dimension};
use std::io::Write;

/// An array that a save can write. `Sync`, for arrays are written on several threads.
pub(crate) trait ArraySource: Sync {
    /// Dtype, order and shape.
    ///
    /// # Errors
    /// `Dtype` if the type of the elements has a wrong one.
    fn header(&self) -> Result<Header>;

    /// The number of elements, as NumPy counts them.
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
        self.len().saturating_mul(sub_array_len::<T>())
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
        check_ndim(header(self)?.shape.len())?; // serde would lose the kind of the error
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

macro_rules! arrays {
    ($($(#[$doc:meta])* $array:ty, $element:ty, [$($params:tt)*];)*) => {$(
        $(#[$doc])*
        impl<$($params)*> ArraySource for $array {
            fn header(&self) -> Result<Header> {
                header(self)
            }

            fn element_count(&self) -> usize {
                self.len().saturating_mul(sub_array_len::<$element>())
            }

            fn logical_name(&self) -> Option<&str> {
                <$element>::logical_name()
            }

            fn write_data(&self, out: &mut dyn Write) -> Result<()> {
                write_elements(self, out)
            }

            fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
                check_ndim(header(self)?.shape.len())?; // serde would lose the kind of the error
                writer.value(&Elements(self))
            }
        }
    )*};
}

arrays! {
    /// Whoever owns the elements.
    ArrayBase<S, D>, S::Elem, [S: Data<Elem: Element> + Sync, D: Dimension];
    &ArrayRef<T, D>, T, [T: Element, D: Dimension];
}

macro_rules! slices {
    ($($slice:ty)*) => {$(
        impl<T: Element> ArraySource for $slice {
            fn header(&self) -> Result<Header> {
                header_of::<T>(&[self.len()], false)
            }

            fn element_count(&self) -> usize {
                self.len().saturating_mul(sub_array_len::<T>())
            }

            fn logical_name(&self) -> Option<&str> {
                T::logical_name()
            }

            fn write_data(&self, out: &mut dyn Write) -> Result<()> {
                out.write_all(bytemuck::cast_slice(self)).map_err(write_failed)
            }

            fn pickle(&self, writer: &mut pickle::Writer) -> Result<()> {
                ArrayView1::from(&self[..]).pickle(writer)
            }
        }
    )*};
}

slices!(Vec<T> &[T]);
