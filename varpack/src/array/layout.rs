//! How the elements of an array lie: from its file's header, and from an array that is there.

use super::order::is_fortran;
use crate::npy::internal::{check_order, data_len, shape_of};
use crate::npy::{Element, Header};
use crate::{Error, ErrorKind, Result};
use ndarray::{ArrayRef, Dimension, IxDyn, ShapeBuilder, StrideShape};

/// Shape and order of the elements of an array, as Rust has them: a header has the axes of elements that are arrays, too.
#[derive(Debug)]
pub(crate) struct Layout<'s> {
    pub(super) shape: &'s [usize],
    pub(super) fortran_order: bool,
}

impl<'s> Layout<'s> {
    /// Of the `T`s that a header describes.
    ///
    /// # Errors
    /// Those of [`check`](Self::check); `Shape` if each element is scattered.
    pub(crate) fn of_header<T: Element, D: Dimension>(header: &'s Header) -> Result<Self> {
        check_order::<T>(header)?;
        Self::of_any_order::<T, D>(header)
    }

    /// That a header describes `T`s in that number of axes, scattered or not.
    ///
    /// # Errors
    /// `Dtype` if they are of another size than the header's, `Shape` if they are of other axes.
    pub(super) fn check<T: Element, D: Dimension>(header: &'s Header) -> Result<()> {
        Self::of_any_order::<T, D>(header)?.stride_shape::<D>().map(drop)
    }

    fn of_any_order<T: Element, D: Dimension>(header: &'s Header) -> Result<Self> {
        let shape = shape_of::<T>(header, D::NDIM)?;
        Ok(Self { shape, fortran_order: header.fortran_order })
    }

    /// Of elements that are there already.
    pub(super) fn of_array<T, D: Dimension>(array: &'s ArrayRef<T, D>) -> Self {
        Self { shape: array.shape(), fortran_order: is_fortran(array) }
    }

    /// How many elements there are.
    ///
    /// # Errors
    /// Those of [`Header::element_count`].
    pub(super) fn element_count(&self) -> Result<usize> {
        data_len(self.shape, 1)
    }

    /// How many bytes they are, each as large as a `T`.
    ///
    /// # Errors
    /// Those of [`Header::data_len`].
    pub(super) fn byte_len<T>(&self) -> Result<usize> {
        data_len(self.shape, size_of::<T>())
    }

    /// Shape and order, for a number of axes.
    ///
    /// # Errors
    /// `Shape` if it is another.
    pub(super) fn stride_shape<D: Dimension>(&self) -> Result<StrideShape<D>> {
        let shape = D::from_dimension(&IxDyn(self.shape)).ok_or_else(|| {
            let expected = D::NDIM.map_or("any number of axes".to_owned(), axes);
            let (ndim, shape) = (axes(self.shape.len()), self.shape);
            let found = format!("{ndim} (shape {shape:?})");
            Error::new(ErrorKind::Shape).with_expected(expected).with_found(found)
        })?;
        Ok(if self.fortran_order { shape.f().into() } else { shape.into() })
    }
}

fn axes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "axis" } else { "axes" })
}
