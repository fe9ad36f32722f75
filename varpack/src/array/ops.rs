//! Comparison, products, iteration and conversions of [`MmapArray`], as `ndarray` has them for its own arrays. Arithmetic:
//! see [`operators`](super::operators).

use super::MmapArray;
use crate::npy::Element;
use ndarray::iter::Iter;
use ndarray::linalg::Dot;
use ndarray::{
    ArcArray, Array, ArrayBase, ArrayRef, ArrayView, CowArray, Data, Dimension, IntoNdProducer,
    LayoutRef, RawRef,
};

/// Elements of no bytes are all alike, and a file of none may have any number of them.
fn is_equal<A: PartialEq<B>, B, D: Dimension>(
    left: &ArrayRef<A, D>,
    right: &ArrayRef<B, D>,
) -> bool {
    if size_of::<A>() + size_of::<B>() > 0 {
        return *left == *right;
    }
    left.shape() == right.shape()
        && left.iter().zip(right).take(1).all(|(left, right)| left == right)
}

impl<A: PartialEq<B>, B, D: Dimension> PartialEq<MmapArray<B, D>> for MmapArray<A, D> {
    fn eq(&self, other: &MmapArray<B, D>) -> bool {
        is_equal(self, other)
    }
}

impl<A: Eq, D: Dimension> Eq for MmapArray<A, D> {}

impl<A: PartialEq<B>, B, S: Data<Elem = B>, D: Dimension> PartialEq<ArrayBase<S, D>>
    for MmapArray<A, D>
{
    fn eq(&self, other: &ArrayBase<S, D>) -> bool {
        is_equal(self, other)
    }
}

impl<A: PartialEq<B>, B, S: Data<Elem = A>, D: Dimension> PartialEq<MmapArray<B, D>>
    for ArrayBase<S, D>
{
    fn eq(&self, other: &MmapArray<B, D>) -> bool {
        is_equal(self, other)
    }
}

impl<A: PartialEq<B>, B, D: Dimension> PartialEq<ArrayRef<B, D>> for MmapArray<A, D> {
    fn eq(&self, other: &ArrayRef<B, D>) -> bool {
        is_equal(self, other)
    }
}

impl<A: PartialEq<B>, B, D: Dimension> PartialEq<MmapArray<B, D>> for ArrayRef<A, D> {
    fn eq(&self, other: &MmapArray<B, D>) -> bool {
        is_equal(self, other)
    }
}

// The left side of a product is seen as its view by itself; the right one is not, for it may be of many types.
impl<A, D, E> Dot<MmapArray<A, E>> for ArrayRef<A, D>
where
    ArrayRef<A, D>: Dot<ArrayRef<A, E>>,
{
    type Output = <ArrayRef<A, D> as Dot<ArrayRef<A, E>>>::Output;

    fn dot(&self, right: &MmapArray<A, E>) -> Self::Output {
        Dot::dot(self, &**right)
    }
}

/// For functions that are generic over what a product can be made of: a method call finds that of [`ArrayRef`].
impl<A, S, D, E> Dot<MmapArray<A, E>> for ArrayBase<S, D>
where
    S: Data<Elem = A>,
    ArrayRef<A, D>: Dot<ArrayRef<A, E>>,
{
    type Output = <ArrayRef<A, D> as Dot<ArrayRef<A, E>>>::Output;

    fn dot(&self, right: &MmapArray<A, E>) -> Self::Output {
        Dot::dot(&**self, &**right)
    }
}

/// As above.
impl<A, D, Rhs: ?Sized> Dot<Rhs> for MmapArray<A, D>
where
    ArrayRef<A, D>: Dot<Rhs>,
{
    type Output = <ArrayRef<A, D> as Dot<Rhs>>::Output;

    fn dot(&self, right: &Rhs) -> Self::Output {
        Dot::dot(&**self, right)
    }
}

impl<'a, T: Element, D: Dimension> IntoIterator for &'a MmapArray<T, D> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, D>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What [`Zip`](ndarray::Zip) and [`azip!`](ndarray::azip) take.
impl<'a, T, D: Dimension> IntoNdProducer for &'a MmapArray<T, D> {
    type Item = &'a T;
    type Dim = D;
    type Output = ArrayView<'a, T, D>;

    fn into_producer(self) -> Self::Output {
        self.view()
    }
}

/// Requires the feature `rayon`.
#[cfg(feature = "rayon")]
impl<'a, T: Sync, D: Dimension> ndarray::parallel::prelude::IntoParallelIterator
    for &'a MmapArray<T, D>
{
    type Item = &'a T;
    type Iter = ndarray::parallel::Parallel<ArrayView<'a, T, D>>;

    fn into_par_iter(self) -> Self::Iter {
        self.view().into_par_iter()
    }
}

impl<T, D> AsRef<ArrayRef<T, D>> for MmapArray<T, D> {
    fn as_ref(&self) -> &ArrayRef<T, D> {
        self
    }
}

impl<T, D> AsRef<RawRef<T, D>> for MmapArray<T, D> {
    fn as_ref(&self) -> &RawRef<T, D> {
        self
    }
}

impl<T, D> AsRef<LayoutRef<T, D>> for MmapArray<T, D> {
    fn as_ref(&self) -> &LayoutRef<T, D> {
        self
    }
}

impl<'a, T, D: Dimension> From<&'a MmapArray<T, D>> for ArrayView<'a, T, D> {
    fn from(array: &'a MmapArray<T, D>) -> Self {
        array.view()
    }
}

impl<'a, T, D: Dimension> From<&'a MmapArray<T, D>> for CowArray<'a, T, D> {
    fn from(array: &'a MmapArray<T, D>) -> Self {
        array.view().into()
    }
}

/// As [`MmapArray::into_owned`].
impl<T: Element, D: Dimension> From<MmapArray<T, D>> for Array<T, D> {
    fn from(array: MmapArray<T, D>) -> Self {
        array.into_owned()
    }
}

/// As [`MmapArray::into_owned`].
impl<T: Element, D: Dimension> From<MmapArray<T, D>> for ArcArray<T, D> {
    fn from(array: MmapArray<T, D>) -> Self {
        array.into_owned().into_shared()
    }
}
