//! [`MmapArray`] by its number of axes.

use super::MmapArray;
use ndarray::{Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn};

/// An [`MmapArray`] with one axis.
///
/// ```
/// # use varpack::MmapArray1;
/// let losses = MmapArray1::from(vec![0.5, 0.25]);
/// assert_eq!(losses.shape(), [2]);
/// ```
pub type MmapArray1<T> = MmapArray<T, Ix1>;
/// An [`MmapArray`] with two axes.
///
/// ```
/// # use varpack::MmapArray2;
/// let weights = MmapArray2::from(ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// assert_eq!((weights.nrows(), weights.ncols()), (2, 3));
/// ```
pub type MmapArray2<T> = MmapArray<T, Ix2>;
/// An [`MmapArray`] with three axes.
///
/// ```
/// # use varpack::MmapArray3;
/// let images = MmapArray3::<u8>::from(ndarray::Array3::zeros((10, 28, 28)));
/// assert_eq!(images.shape(), [10, 28, 28]);
/// ```
pub type MmapArray3<T> = MmapArray<T, Ix3>;
/// An [`MmapArray`] with four axes.
///
/// ```
/// # use varpack::MmapArray4;
/// let images = MmapArray4::<u8>::from(ndarray::Array4::zeros((10, 3, 28, 28)));
/// assert_eq!(images.shape(), [10, 3, 28, 28]);
/// ```
pub type MmapArray4<T> = MmapArray<T, Ix4>;
/// An [`MmapArray`] with five axes.
///
/// ```
/// # use varpack::MmapArray5;
/// let clips = MmapArray5::<u8>::from(ndarray::Array5::zeros((2, 10, 3, 28, 28)));
/// assert_eq!(clips.shape(), [2, 10, 3, 28, 28]);
/// ```
pub type MmapArray5<T> = MmapArray<T, Ix5>;
/// An [`MmapArray`] with six axes.
///
/// ```
/// # use varpack::MmapArray6;
/// let tensor = MmapArray6::<u8>::from(ndarray::Array6::zeros((2, 2, 3, 3, 4, 4)));
/// assert_eq!(tensor.shape(), [2, 2, 3, 3, 4, 4]);
/// ```
pub type MmapArray6<T> = MmapArray<T, Ix6>;
/// An [`MmapArray`] whose number of axes is known only at run time.
///
/// ```
/// # use varpack::MmapArrayD;
/// let shape = vec![2, 3]; // from a configuration, say
/// let array = MmapArrayD::<f32>::from(ndarray::ArrayD::zeros(shape));
/// assert_eq!(array.ndim(), 2);
/// ```
pub type MmapArrayD<T> = MmapArray<T, IxDyn>;
