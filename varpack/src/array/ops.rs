//! Comparison, iteration and arithmetic of [`MmapArray`], as `ndarray` has them for its own arrays.

use super::MmapArray;
use crate::npy::Element;
use ndarray::iter::Iter;
use ndarray::linalg::Dot;
use ndarray::{Array, ArrayBase, ArrayRef, Data, DimMax, Dimension};
use num_complex::Complex;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

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

impl<'a, T: Element, D: Dimension> IntoIterator for &'a MmapArray<T, D> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, D>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T, D: Dimension> Neg for &MmapArray<T, D>
where
    T: Clone + Neg<Output = T>,
{
    type Output = Array<T, D>;

    fn neg(self) -> Self::Output {
        self.map(|element| -element.clone())
    }
}

/// One operator, element by element and broadcasting, between references to two kinds of array.
macro_rules! between {
    ($trait:ident, $method:ident, $left:ty, $right:ty $(, $storage:ident: $element:ident)?) => {
        impl<'a, A, B, $($storage,)? D, E> $trait<&'a $right> for &'a $left
        where
            A: Clone + $trait<B, Output = A>,
            B: Clone,
            $($storage: Data<Elem = $element>,)?
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = Array<A, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: &'a $right) -> Self::Output {
                let (left, right): (&ArrayRef<A, D>, &ArrayRef<B, E>) = (self, other);
                $trait::$method(left, right)
            }
        }
    };
}

/// One operator between a reference to a mapped array and numbers.
macro_rules! with_scalars {
    ($trait:ident, $method:ident, $($scalar:ty),*) => {$(
        impl<D: Dimension> $trait<$scalar> for &MmapArray<$scalar, D> {
            type Output = Array<$scalar, D>;

            fn $method(self, scalar: $scalar) -> Self::Output {
                let array: &ArrayRef<$scalar, D> = self;
                $trait::$method(array, scalar)
            }
        }
    )*};
}

macro_rules! binary {
    ($trait:ident, $method:ident) => {
        between!($trait, $method, MmapArray<A, D>, MmapArray<B, E>);
        between!($trait, $method, MmapArray<A, D>, ArrayRef<B, E>);
        between!($trait, $method, MmapArray<A, D>, ArrayBase<S, E>, S: B);
        between!($trait, $method, ArrayBase<S, D>, MmapArray<B, E>, S: A);
        with_scalars!($trait, $method, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
        with_scalars!($trait, $method, Complex<f32>, Complex<f64>);
    };
}

binary!(Add, add);
binary!(Sub, sub);
binary!(Mul, mul);
binary!(Div, div);
binary!(Rem, rem);
