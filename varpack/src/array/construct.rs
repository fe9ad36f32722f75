//! [`MmapArray`]s made in memory, and with another number of axes.

use super::{MmapArray, MmapArray1, MmapArrayD};
use crate::npy::Element;
use crate::{Error, ErrorKind, Result};
use ndarray::{Array, Dimension, ShapeBuilder, ShapeError, StrideShape};
use num_traits::One;

/// Arrays in memory, made as those of `ndarray` are: each is [`From`] one, and goes into a file with a save. A shape is given
/// as to [`Array::zeros`].
impl<T: Element, D: Dimension> MmapArray<T, D> {
    /// An array of zeros in memory, of whatever elements. [`zeros_in`](Self::zeros_in) makes one that lives in a file.
    ///
    /// # Panics
    /// As [`Array::zeros`], if there are more elements than `isize::MAX`.
    ///
    /// ```
    /// # use varpack::MmapArray2;
    /// assert_eq!(MmapArray2::<f32>::zeros((2, 3)).sum(), 0.0);
    /// ```
    pub fn zeros<Sh: ShapeBuilder<Dim = D>>(shape: Sh) -> Self {
        Self::from_elem(shape, T::zeroed())
    }

    /// An array of ones in memory.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros).
    ///
    /// ```
    /// # use varpack::MmapArray2;
    /// assert_eq!(MmapArray2::<f32>::ones((2, 3)).sum(), 6.0);
    /// ```
    pub fn ones<Sh: ShapeBuilder<Dim = D>>(shape: Sh) -> Self
    where
        T: One,
    {
        Self::from_elem(shape, T::one())
    }

    /// An array in memory of elements that are all the same.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros).
    ///
    /// ```
    /// # use varpack::MmapArray1;
    /// assert_eq!(MmapArray1::from_elem(3, f64::NAN).len(), 3);
    /// ```
    pub fn from_elem<Sh: ShapeBuilder<Dim = D>>(shape: Sh, element: T) -> Self {
        Array::from_elem(shape, element).into()
    }

    /// An array in memory of what a function makes of each index.
    ///
    /// # Panics
    /// As [`zeros`](Self::zeros).
    ///
    /// ```
    /// # use varpack::MmapArray2;
    /// let table = MmapArray2::from_shape_fn((10, 10), |(i, j)| (i * j) as u32);
    /// assert_eq!(table[[6, 7]], 42);
    /// ```
    pub fn from_shape_fn<Sh, F>(shape: Sh, element: F) -> Self
    where
        Sh: ShapeBuilder<Dim = D>,
        F: FnMut(D::Pattern) -> T,
    {
        Array::from_shape_fn(shape, element).into()
    }

    /// An array in memory of the elements of a vector, in C order unless the shape says otherwise. They are not copied.
    ///
    /// # Errors
    /// [`Shape`](ErrorKind::Shape) if the shape does not fit their number.
    ///
    /// ```
    /// # use varpack::{ErrorKind, MmapArray2};
    /// let array = MmapArray2::from_shape_vec((2, 2), vec![1, 2, 3, 4])?;
    /// assert_eq!(array, ndarray::array![[1, 2], [3, 4]]);
    /// let error = MmapArray2::from_shape_vec((2, 3), vec![1, 2, 3, 4]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Shape);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn from_shape_vec<Sh: Into<StrideShape<D>>>(shape: Sh, elements: Vec<T>) -> Result<Self> {
        let (shape, len) = (shape.into(), elements.len());
        let expected = shape.raw_dim().slice().to_vec();
        let array = Array::from_shape_vec(shape, elements);
        Ok(array
            .map_err(|error| {
                shape_refused(error)
                    .with_expected(format!("as many elements as in shape {expected:?}"))
                    .with_found(len.to_string())
            })?
            .into())
    }

    /// The same array with its number of axes known, or no longer known, at compile time. It stays mapped where it is.
    ///
    /// # Errors
    /// [`Shape`](ErrorKind::Shape) if it has another number of axes.
    ///
    /// ```
    /// # use ndarray::{Ix1, Ix2};
    /// # use varpack::{MmapArray2, MmapArrayD};
    /// let array = MmapArrayD::<f32>::zeros(vec![2, 3]);
    /// let array: MmapArray2<f32> = array.into_dimensionality()?;
    /// let error = array.into_dimensionality::<Ix1>().unwrap_err();
    /// assert_eq!(error.to_string(), "expected 1 axis, found 2 axes (shape [2, 3])");
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn into_dimensionality<E: Dimension>(self) -> Result<MmapArray<T, E>> {
        self.with_dimension()
    }

    /// The same array with its number of axes known only at run time. It stays mapped where it is.
    ///
    /// ```
    /// # use varpack::{MmapArray2, MmapArrayD};
    /// let array: MmapArrayD<u8> = MmapArray2::zeros((2, 3)).into_dyn();
    /// assert_eq!(array.shape(), [2, 3]);
    /// ```
    pub fn into_dyn(self) -> MmapArrayD<T> {
        // Any number of axes is one that is known at run time.
        self.with_dimension().unwrap_or_else(|error| unreachable!("{error}"))
    }
}

/// In memory.
impl<T: Element> FromIterator<T> for MmapArray1<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Array::from_iter(elements).into()
    }
}

/// A shape that `ndarray` does not take.
pub(super) fn shape_refused(error: ShapeError) -> Error {
    Error::new(ErrorKind::Shape).with_source(error)
}
