//! What is in structs, lists and maps in the end: arrays, values and keys.

use super::Kind;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use varpack::field::MapKey;
use varpack::pickle::Value;
use varpack::{AnyArray, Element, MmapArray1, MmapArray2, MmapArrayD, NpyElement};

macro_rules! arbitrary {
    ($($ty:ty)*) => {$(
        impl Kind for $ty {
            fn any() -> BoxedStrategy<Self> {
                any::<$ty>().boxed()
            }
        }
    )*};
}

arbitrary! {
    () bool char u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 [u16; 3] (i8, String) PathBuf Duration BTreeSet<u32>
}

/// Numbers that equal themselves.
macro_rules! reals {
    ($($ty:ty)*) => {$(
        impl Kind for $ty {
            fn any() -> BoxedStrategy<Self> {
                any::<i16>().prop_map(|number| <$ty>::from(number) / 4.0).boxed()
            }
        }
    )*};
}

reals!(f32 f64);

/// Texts that are usual as keys, and texts that no file can be named by.
impl Kind for String {
    fn any() -> BoxedStrategy<Self> {
        prop_oneof![
            4 => "[a-c]{1,2}",
            1 => "[A-C]{1}",
            1 => any::<String>(),
            1 => prop_oneof![
                Just(""), Just("."), Just(".."), Just("a/b"), Just("a\\b"), Just(".hidden"), Just("é"), Just("a\0b"),
                Just("varpack"), Just("__misc_vars__"), Just("con"), Just("a-b"), Just("a.npy"),
            ].prop_map(String::from),
            1 => Just("k".repeat(300)),
        ]
        .boxed()
    }
}

/// Texts that variables can be named by.
macro_rules! tame_texts {
    ($($ty:ty)*) => {$(
        impl Kind for $ty {
            fn any() -> BoxedStrategy<Self> {
                "[a-d]{1,2}".prop_map(Self::from).boxed()
            }
        }
    )*};
}

tame_texts!(Box<str> Rc<str> Arc<str> Cow<'static, str>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Split {
    Train,
    Test,
}

impl MapKey for Split {
    fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Train => "train".into(),
            Self::Test => "test".into(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::Train, Self::Test].into_iter().find(|split| split.to_text() == text)
    }
}

impl Kind for Split {
    fn any() -> BoxedStrategy<Self> {
        prop_oneof![Just(Self::Train), Just(Self::Test)].boxed()
    }
}

/// Numbers in order are no texts in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Layer(u32);

impl MapKey for Layer {
    fn to_text(&self) -> Cow<'_, str> {
        format!("layer{}", self.0).into()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.strip_prefix("layer")?.parse().ok().map(Self)
    }
}

impl Kind for Layer {
    fn any() -> BoxedStrategy<Self> {
        (8_u32..12).prop_map(Self).boxed()
    }
}

#[derive(NpyElement, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Record {
    id: u32,
    #[varpack(rename = "x")]
    features: [i16; 2],
}

impl Kind for Record {
    fn any() -> BoxedStrategy<Self> {
        any::<(u32, [i16; 2])>().prop_map(|(id, features)| Self { id, features }).boxed()
    }
}

impl<T: Kind + Element> Kind for MmapArray1<T> {
    fn any() -> BoxedStrategy<Self> {
        vec(T::any(), 0..5).prop_map(Self::from).boxed()
    }
}

impl<T: Kind + Element> Kind for ndarray::Array2<T> {
    fn any() -> BoxedStrategy<Self> {
        (0..3_usize, 0..3_usize)
            .prop_flat_map(|(rows, columns)| {
                let elements = vec(T::any(), rows * columns);
                elements.prop_map(move |elements| {
                    Self::from_shape_vec((rows, columns), elements).expect("as many elements")
                })
            })
            .boxed()
    }
}

impl<T: Kind + Element> Kind for MmapArray2<T> {
    fn any() -> BoxedStrategy<Self> {
        ndarray::Array2::<T>::any().prop_map(Self::from).boxed()
    }
}

/// Of any number of axes, none included.
impl<T: Kind + Element> Kind for MmapArrayD<T> {
    fn any() -> BoxedStrategy<Self> {
        let shapes = [vec![], vec![0], vec![1], vec![2, 3], vec![3, 1, 2]];
        (vec(T::any(), 6), 0..shapes.len())
            .prop_map(move |(elements, number)| {
                let shape = shapes[number].clone();
                let len = shape.iter().product();
                let array = ndarray::ArrayD::from_shape_vec(shape, elements[..len].to_vec());
                array.expect("as many elements").into()
            })
            .boxed()
    }
}

impl Kind for AnyArray {
    fn any() -> BoxedStrategy<Self> {
        fn of<T: Kind + Element>() -> impl Strategy<Value = AnyArray> {
            MmapArrayD::<T>::any().prop_map(|array| AnyArray::try_from(array).expect("an array"))
        }
        prop_oneof![of::<i64>(), of::<bool>(), of::<f64>()].boxed()
    }
}

/// A value of serde's.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum Enum {
    Unit,
    Newtype(u32),
    Tuple(i8, String),
    Struct { x: Option<f64>, list: Vec<Enum> },
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
}

impl Kind for Enum {
    fn any() -> BoxedStrategy<Self> {
        let leaf = prop_oneof![
            Just(Self::Unit),
            any::<u32>().prop_map(Self::Newtype),
            any::<(i8, String)>().prop_map(|(number, text)| Self::Tuple(number, text)),
            any::<Vec<u8>>().prop_map(Self::Bytes),
        ];
        let of = |inner| {
            (Option::any(), vec(inner, 0..3)).prop_map(|(x, list)| Self::Struct { x, list })
        };
        leaf.prop_recursive(3, 8, 3, of).boxed()
    }
}

impl Kind for serde_bytes::ByteBuf {
    fn any() -> BoxedStrategy<Self> {
        any::<Vec<u8>>().prop_map(Self::from).boxed()
    }
}

/// A Python object.
impl Kind for Value {
    fn any() -> BoxedStrategy<Self> {
        let leaf = prop_oneof![
            Just(Self::None),
            any::<bool>().prop_map(Self::from),
            any::<i64>().prop_map(Self::from),
            any::<String>().prop_map(Self::from),
            AnyArray::any().prop_map(|array| varpack::pickle::to_value(&array).expect("an array")),
        ];
        leaf.prop_recursive(2, 6, 3, |value| vec(value, 0..3).prop_map(Self::list)).boxed()
    }
}
