//! The same fields under different attributes: a column is a field, a row a struct.

use ndarray::Array1;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use varpack::{MmapArray1, Varpack};

/// All fields of a struct, told by a number.
pub(crate) trait Fields: Clone + Debug + PartialEq {
    fn number(number: u8) -> Self;

    /// As `Default` makes them.
    fn unset() -> Self;

    /// Of the one field that has no attribute.
    fn step(&mut self) -> &mut u8;
}

/// One of them.
pub(crate) trait Number: Default {
    fn number(number: u8) -> Self;
}

pub(crate) fn seven<T: Number>() -> T {
    T::number(7)
}

#[derive(Varpack, Clone, Debug, PartialEq, Default)]
pub(crate) struct Small {
    pub(crate) n: u64,
    pub(crate) text: String,
}

macro_rules! numbers {
    ($($ty:ty: |$number:ident| $value:expr;)*) => {$(
        impl Number for $ty {
            fn number($number: u8) -> Self {
                $value
            }
        }
    )*};
}

fn array(number: u8, len: u8) -> MmapArray1<f32> {
    Array1::from_iter((0..len).map(|index| f32::from(number + index))).into()
}

numbers! {
    u64: |number| number.into();
    MmapArray1<f32>: |number| array(number, 2);
    Option<MmapArray1<f32>>: |number| Some(array(number, 3));
    Vec<f64>: |number| vec![number.into()];
    Small: |number| Small { n: number.into(), text: number.to_string() };
    Vec<u64>: |number| vec![number.into(), 1];
    Vec<MmapArray1<f32>>: |number| vec![array(number, 1), array(number, 2)];
    BTreeMap<String, MmapArray1<f32>>: |number| {
        [("short".to_owned(), array(number, 1)), ("long".to_owned(), array(number, 2))].into()
    };
    HashMap<u8, MmapArray1<f32>>: |number| [(5, array(number, 1))].into();
    Vec<Small>: |number| vec![seven(), Number::number(number)];
    BTreeMap<String, Small>: |number| [("k".to_owned(), Number::number(number))].into();
    Option<Box<Small>>: |number| Some(Box::new(Number::number(number)));
}

macro_rules! set {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $ty:ty [$($attribute:tt)*],)* }) => {
        #[derive(varpack::Varpack, Clone, Debug, PartialEq)]
        $(#[$meta])*
        pub(crate) struct $name {
            $(#[varpack($($attribute)*)] pub(crate) $field: $ty,)*
            pub(crate) step: u8,
        }

        impl $crate::fields_places::Fields for $name {
            fn number(number: u8) -> Self {
                Self { $($field: $crate::fields_places::Number::number(number),)* step: number }
            }

            fn unset() -> Self {
                Self { $($field: Default::default(),)* step: 0 }
            }

            fn step(&mut self) -> &mut u8 {
                &mut self.step
            }
        }
    };
}

/// What may be in a nested struct too.
macro_rules! nestable {
    ($($(#[$meta:meta])* $name:ident: [$($value:tt)*] [$($array:tt)*] [$($option:tt)*] [$($numbers:tt)*] [$($dict:tt)*];)*) => {$(
        $crate::fields_places::set! {
            $(#[$meta])*
            $name {
                value: u64 [$($value)*],
                array: varpack::MmapArray1<f32> [$($array)*],
                option: Option<varpack::MmapArray1<f32>> [$($option)*],
                numbers: Vec<f64> [$($numbers)*],
                dict: $crate::fields_places::Small [$($dict)*],
            }
        }
    )*};
}

/// What may not.
macro_rules! flat {
    ($($(#[$meta:meta])* $name:ident: [$($separate:tt)*] [$($array:tt)*] [$($list:tt)*] [$($map:tt)*] [$($by_number:tt)*];)*) => {$(
        $crate::fields_places::set! {
            $(#[$meta])*
            $name {
                separate: Vec<u64> [$($separate)*],
                in_pickle: varpack::MmapArray1<f32> [$($array)*],
                list: Vec<varpack::MmapArray1<f32>> [$($list)*],
                map: std::collections::BTreeMap<String, varpack::MmapArray1<f32>> [$($map)*],
                by_number: std::collections::HashMap<u8, varpack::MmapArray1<f32>> [$($by_number)*],
            }
        }
    )*};
}

/// What is variables of its own.
macro_rules! groups {
    ($($(#[$meta:meta])* $name:ident: [$($one:tt)*] [$($many:tt)*] [$($map:tt)*] [$($maybe:tt)*];)*) => {$(
        $crate::fields_places::set! {
            $(#[$meta])*
            $name {
                one: $crate::fields_places::Small [$($one)*],
                many: Vec<$crate::fields_places::Small> [$($many)*],
                map: std::collections::BTreeMap<String, $crate::fields_places::Small> [$($map)*],
                maybe: Option<Box<$crate::fields_places::Small>> [$($maybe)*],
            }
        }
    )*};
}

pub(crate) use {flat, groups, nestable, set};
