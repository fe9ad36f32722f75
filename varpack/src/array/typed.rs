//! An array of a known type.

use crate::npy::Element;
use ndarray::{Array, ArrayRef, Dimension, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn};
use std::ops::Deref;

/// An array, owned or memory-mapped.
pub struct MmapArray<T, D> {
    array: Array<T, D>,
}

/// One axis.
pub type MmapArray1<T> = MmapArray<T, Ix1>;
/// Two axes.
pub type MmapArray2<T> = MmapArray<T, Ix2>;
/// Three axes.
pub type MmapArray3<T> = MmapArray<T, Ix3>;
/// Four axes.
pub type MmapArray4<T> = MmapArray<T, Ix4>;
/// Five axes.
pub type MmapArray5<T> = MmapArray<T, Ix5>;
/// Six axes.
pub type MmapArray6<T> = MmapArray<T, Ix6>;
/// Any number of axes.
pub type MmapArrayD<T> = MmapArray<T, IxDyn>;

impl<T: Element, D: Dimension> Deref for MmapArray<T, D> {
    type Target = ArrayRef<T, D>;
    fn deref(&self) -> &ArrayRef<T, D> {
        &self.array
    }
}

impl<T: Element, D: Dimension> From<Array<T, D>> for MmapArray<T, D> {
    fn from(array: Array<T, D>) -> Self {
        Self { array }
    }
}

impl<T: Element, D: Dimension> Default for MmapArray<T, D> {
    fn default() -> Self {
        todo!()
    }
}
