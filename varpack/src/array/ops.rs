//! Comparison, iteration and arithmetic of [`MmapArray`], as `ndarray` has them for its own arrays.

use super::MmapArray;
use crate::npy::Element;
use ndarray::iter::Iter;
use ndarray::{Array, ArrayBase, ArrayRef, Data, DimMax, Dimension};
use num_complex::Complex;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

impl<A: PartialEq<B>, B, D: Dimension> PartialEq<MmapArray<B, D>> for MmapArray<A, D> {
    fn eq(&self, other: &MmapArray<B, D>) -> bool {
        **self == **other
    }
}

impl<A: Eq, D: Dimension> Eq for MmapArray<A, D> {}

impl<A: PartialEq<B>, B, S: Data<Elem = B>, D: Dimension> PartialEq<ArrayBase<S, D>>
    for MmapArray<A, D>
{
    fn eq(&self, other: &ArrayBase<S, D>) -> bool {
        **self == **other
    }
}

impl<A: PartialEq<B>, B, S: Data<Elem = A>, D: Dimension> PartialEq<MmapArray<B, D>>
    for ArrayBase<S, D>
{
    fn eq(&self, other: &MmapArray<B, D>) -> bool {
        **self == **other
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

/// One operator, element by element and broadcasting, between references to mapped and other arrays.
macro_rules! binary {
    ($trait:ident, $method:ident) => {
        impl<'a, A, B, D, E> $trait<&'a MmapArray<B, E>> for &'a MmapArray<A, D>
        where
            A: Clone + $trait<B, Output = A>,
            B: Clone,
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = Array<A, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: &'a MmapArray<B, E>) -> Self::Output {
                $trait::$method(&**self, &**other)
            }
        }

        impl<'a, A, B, D, E> $trait<&'a ArrayRef<B, E>> for &'a MmapArray<A, D>
        where
            A: Clone + $trait<B, Output = A>,
            B: Clone,
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = Array<A, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: &'a ArrayRef<B, E>) -> Self::Output {
                $trait::$method(&**self, other)
            }
        }

        impl<'a, A, B, S, D, E> $trait<&'a ArrayBase<S, E>> for &'a MmapArray<A, D>
        where
            A: Clone + $trait<B, Output = A>,
            B: Clone,
            S: Data<Elem = B>,
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = Array<A, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: &'a ArrayBase<S, E>) -> Self::Output {
                $trait::$method(&**self, &**other)
            }
        }

        impl<'a, A, B, S, D, E> $trait<&'a MmapArray<B, E>> for &'a ArrayBase<S, D>
        where
            A: Clone + $trait<B, Output = A>,
            B: Clone,
            S: Data<Elem = A>,
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = Array<A, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: &'a MmapArray<B, E>) -> Self::Output {
                $trait::$method(&**self, &**other)
            }
        }

        binary!($trait, $method, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f32>, Complex<f64>);
    };
    ($trait:ident, $method:ident, $($scalar:ty),*) => {$(
        impl<D: Dimension> $trait<$scalar> for &MmapArray<$scalar, D> {
            type Output = Array<$scalar, D>;

            fn $method(self, scalar: $scalar) -> Self::Output {
                $trait::$method(&**self, scalar)
            }
        }
    )*};
}

binary!(Add, add);
binary!(Sub, sub);
binary!(Mul, mul);
binary!(Div, div);
binary!(Rem, rem);
