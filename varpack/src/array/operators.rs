//! Arithmetic of [`MmapArray`], element by element and broadcasting, as `ndarray` has it for its own arrays: whatever stands
//! beside a mapped array, the result is an array in memory, and panics where `ndarray` does.

use super::MmapArray;
use super::typed::Elements;
use crate::npy::Element;
use ndarray::{Array, ArrayBase, ArrayRef, Data, DataMut, DataOwned, DimMax, Dimension};
use num_complex::Complex;
use std::ops::{
    Add, AddAssign, BitAnd, BitAndAssign, BitOr, BitOrAssign, BitXor, BitXorAssign, Div, DivAssign,
    Mul, MulAssign, Neg, Not, Rem, RemAssign, Shl, ShlAssign, Shr, ShrAssign, Sub, SubAssign,
};

macro_rules! unary {
    ($trait:ident, $method:ident) => {
        impl<T: Clone + $trait<Output = T>, D: Dimension> $trait for &MmapArray<T, D> {
            type Output = Array<T, D>;

            fn $method(self) -> Self::Output {
                self.map(|element| element.clone().$method())
            }
        }

        impl<T: Element + $trait<Output = T>, D: Dimension> $trait for MmapArray<T, D> {
            type Output = Array<T, D>;

            fn $method(self) -> Self::Output {
                match self.into_elements() {
                    Elements::Owned(array) => array.$method(),
                    Elements::Viewed(view) => view.map(|element| element.$method()),
                }
            }
        }
    };
}

unary!(Neg, neg);
unary!(Not, not);

/// Between references to two kinds of array.
macro_rules! of_references {
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

/// A mapped array by value on the left: one that is in memory becomes the result.
macro_rules! of_value_and {
    ($trait:ident, $method:ident, $right:ty $(, $storage:ident)?) => {
        impl<A, B, $($storage,)? D, E> $trait<$right> for MmapArray<A, D>
        where
            A: Element + $trait<B, Output = A>,
            B: Clone,
            $($storage: Data<Elem = B>,)?
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = Array<A, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: $right) -> Self::Output {
                let right: &ArrayRef<B, E> = &other;
                match self.into_elements() {
                    Elements::Owned(array) => $trait::$method(array, right),
                    Elements::Viewed(view) => $trait::$method(&*view, right),
                }
            }
        }
    };
}

/// An array of `ndarray` by value on the left, which becomes the result.
macro_rules! of_array_and {
    ($trait:ident, $method:ident, $right:ty) => {
        impl<A, B, S, D, E> $trait<$right> for ArrayBase<S, D>
        where
            A: Clone + $trait<B, Output = A>,
            B: Clone,
            S: DataOwned<Elem = A> + DataMut,
            D: Dimension + DimMax<E>,
            E: Dimension,
        {
            type Output = ArrayBase<S, <D as DimMax<E>>::Output>;

            #[track_caller]
            fn $method(self, other: $right) -> Self::Output {
                let right: &ArrayRef<B, E> = &other;
                $trait::$method(self, right)
            }
        }
    };
}

/// A reference on the left and an array by value on the right: one that is in memory becomes the result.
macro_rules! of_reference_and_value {
    ($trait:ident, $method:ident, $left:ty $(, $storage:ident)?) => {
        impl<A, B, $($storage,)? D, E> $trait<MmapArray<B, E>> for &$left
        where
            A: Clone + $trait<B, Output = B>,
            B: Element,
            $($storage: Data<Elem = A>,)?
            D: Dimension,
            E: Dimension + DimMax<D>,
        {
            type Output = Array<B, <E as DimMax<D>>::Output>;

            #[track_caller]
            fn $method(self, other: MmapArray<B, E>) -> Self::Output {
                let left: &ArrayRef<A, D> = self;
                $trait::$method(left, other.into_owned())
            }
        }
    };
}

/// A reference to a mapped array on the left and an array of `ndarray` by value on the right, which becomes the result.
macro_rules! of_reference_and_array {
    ($trait:ident, $method:ident) => {
        impl<A, B, S, D, E> $trait<ArrayBase<S, E>> for &MmapArray<A, D>
        where
            A: Clone + $trait<B, Output = B>,
            B: Clone,
            S: DataOwned<Elem = B> + DataMut,
            D: Dimension,
            E: Dimension + DimMax<D>,
        {
            type Output = ArrayBase<S, <E as DimMax<D>>::Output>;

            #[track_caller]
            fn $method(self, other: ArrayBase<S, E>) -> Self::Output {
                let left: &ArrayRef<A, D> = self;
                $trait::$method(left, other)
            }
        }
    };
}

/// Between a mapped array and numbers. For others than these the rules of Rust have no room: a type of `ndarray`'s
/// might become such an operand.
macro_rules! with_scalars {
    ($trait:ident, $method:ident, $($element:ty: $scalar:ty),*) => {$(
        impl<D: Dimension> $trait<$scalar> for &MmapArray<$element, D> {
            type Output = Array<$element, D>;

            fn $method(self, scalar: $scalar) -> Self::Output {
                let array: &ArrayRef<$element, D> = self;
                $trait::$method(array, scalar)
            }
        }

        impl<D: Dimension> $trait<$scalar> for MmapArray<$element, D> {
            type Output = Array<$element, D>;

            fn $method(self, scalar: $scalar) -> Self::Output {
                match self.into_elements() {
                    Elements::Owned(array) => $trait::$method(array, scalar),
                    Elements::Viewed(view) => $trait::$method(&*view, scalar),
                }
            }
        }
    )*};
}

/// Between numbers and a mapped array.
macro_rules! of_scalars {
    ($trait:ident, $method:ident, $($scalar:ty),*) => {$(
        impl<D: Dimension> $trait<&MmapArray<$scalar, D>> for $scalar {
            type Output = Array<$scalar, D>;

            fn $method(self, array: &MmapArray<$scalar, D>) -> Self::Output {
                let array: &ArrayRef<$scalar, D> = array;
                $trait::$method(self, array)
            }
        }

        impl<D: Dimension> $trait<MmapArray<$scalar, D>> for $scalar {
            type Output = Array<$scalar, D>;

            fn $method(self, array: MmapArray<$scalar, D>) -> Self::Output {
                match array.into_elements() {
                    Elements::Owned(array) => $trait::$method(self, array),
                    Elements::Viewed(view) => $trait::$method(self, &*view),
                }
            }
        }
    )*};
}

/// Of an array that is changed where it is, and a reference to a mapped one.
macro_rules! assign {
    ($trait:ident, $method:ident) => {
        impl<A, S, D, E> $trait<&MmapArray<A, E>> for ArrayBase<S, D>
        where
            A: Clone + $trait<A>,
            S: DataMut<Elem = A>,
            D: Dimension,
            E: Dimension,
        {
            #[track_caller]
            fn $method(&mut self, other: &MmapArray<A, E>) {
                let (left, right): (&mut ArrayRef<A, D>, &ArrayRef<A, E>) = (self, other);
                $trait::$method(left, right);
            }
        }

        impl<A, D, E> $trait<&MmapArray<A, E>> for ArrayRef<A, D>
        where
            A: Clone + $trait<A>,
            D: Dimension,
            E: Dimension,
        {
            #[track_caller]
            fn $method(&mut self, other: &MmapArray<A, E>) {
                let right: &ArrayRef<A, E> = other;
                $trait::$method(self, right);
            }
        }
    };
}

macro_rules! binary {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident) => {
        of_references!($trait, $method, MmapArray<A, D>, MmapArray<B, E>);
        of_references!($trait, $method, MmapArray<A, D>, ArrayRef<B, E>);
        of_references!($trait, $method, MmapArray<A, D>, ArrayBase<S, E>, S: B);
        of_references!($trait, $method, ArrayBase<S, D>, MmapArray<B, E>, S: A);
        of_references!($trait, $method, ArrayRef<A, D>, MmapArray<B, E>);
        of_value_and!($trait, $method, MmapArray<B, E>);
        of_value_and!($trait, $method, &MmapArray<B, E>);
        of_value_and!($trait, $method, &ArrayRef<B, E>);
        of_value_and!($trait, $method, ArrayBase<S, E>, S);
        of_value_and!($trait, $method, &ArrayBase<S, E>, S);
        of_array_and!($trait, $method, MmapArray<B, E>);
        of_array_and!($trait, $method, &MmapArray<B, E>);
        of_reference_and_value!($trait, $method, MmapArray<A, D>);
        of_reference_and_value!($trait, $method, ArrayRef<A, D>);
        of_reference_and_value!($trait, $method, ArrayBase<S, D>, S);
        of_reference_and_array!($trait, $method);
        assign!($assign, $assign_method);
    };
}

macro_rules! arithmetic {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident) => {
        binary!($trait, $method, $assign, $assign_method);
        with_scalars!($trait, $method, i8: i8, i16: i16, i32: i32, i64: i64);
        with_scalars!($trait, $method, u8: u8, u16: u16, u32: u32, u64: u64);
        with_scalars!($trait, $method, f32: f32, f64: f64);
        with_scalars!($trait, $method, Complex<f32>: Complex<f32>, Complex<f32>: f32);
        with_scalars!($trait, $method, Complex<f64>: Complex<f64>, Complex<f64>: f64);
        of_scalars!($trait, $method, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
    };
}

arithmetic!(Add, add, AddAssign, add_assign);
arithmetic!(Sub, sub, SubAssign, sub_assign);
arithmetic!(Mul, mul, MulAssign, mul_assign);
arithmetic!(Div, div, DivAssign, div_assign);
arithmetic!(Rem, rem, RemAssign, rem_assign);

of_scalars!(Add, add, Complex<f32>, Complex<f64>);
of_scalars!(Sub, sub, Complex<f32>, Complex<f64>);
of_scalars!(Mul, mul, Complex<f32>, Complex<f64>);
of_scalars!(Div, div, Complex<f32>, Complex<f64>);

macro_rules! bitwise {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident) => {
        binary!($trait, $method, $assign, $assign_method);
        with_scalars!($trait, $method, i8: i8, i16: i16, i32: i32, i64: i64);
        with_scalars!($trait, $method, u8: u8, u16: u16, u32: u32, u64: u64);
        of_scalars!($trait, $method, i8, i16, i32, i64, u8, u16, u32, u64);
    };
}

bitwise!(BitAnd, bitand, BitAndAssign, bitand_assign);
bitwise!(BitOr, bitor, BitOrAssign, bitor_assign);
bitwise!(BitXor, bitxor, BitXorAssign, bitxor_assign);
bitwise!(Shl, shl, ShlAssign, shl_assign);
bitwise!(Shr, shr, ShrAssign, shr_assign);

with_scalars!(BitAnd, bitand, bool: bool);
with_scalars!(BitOr, bitor, bool: bool);
with_scalars!(BitXor, bitxor, bool: bool);
of_scalars!(BitAnd, bitand, bool);
of_scalars!(BitOr, bitor, bool);
of_scalars!(BitXor, bitxor, bool);
