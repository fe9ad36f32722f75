//! Options, pointers, lists and maps: what is so of what they hold is so of them.

use super::Kind;
use indexmap::IndexMap;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;
use varpack::ArrayOr;

impl<T: Kind> Kind for Option<T> {
    fn any() -> BoxedStrategy<Self> {
        proptest::option::of(T::any()).boxed()
    }

    fn loaded(&self) -> Self {
        self.as_ref().map(T::loaded)
    }

    fn kept(old: &Self, new: &Self) -> Self {
        new.as_ref().map(|new| kept_of(old.as_ref(), new))
    }
}

/// An entry that is new has nothing to keep.
fn kept_of<T: Kind>(old: Option<&T>, new: &T) -> T {
    old.map_or_else(|| new.clone(), |old| T::kept(old, new))
}

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<T: Kind> Kind for $pointer<T> {
            fn any() -> BoxedStrategy<Self> {
                T::any().prop_map(Self::new).boxed()
            }

            fn loaded(&self) -> Self {
                Self::new(T::loaded(self))
            }

            fn kept(old: &Self, new: &Self) -> Self {
                Self::new(T::kept(old, new))
            }
        }
    )*};
}

pointers!(Box Rc Arc);

impl<T: Kind> Kind for Vec<T> {
    fn any() -> BoxedStrategy<Self> {
        vec(T::any(), 0..4).boxed()
    }

    fn loaded(&self) -> Self {
        self.iter().map(T::loaded).collect()
    }

    /// Entries go by their number.
    fn kept(old: &Self, new: &Self) -> Self {
        new.iter().enumerate().map(|(number, new)| kept_of(old.get(number), new)).collect()
    }
}

macro_rules! maps {
    ($($map:ident: $($bound:ident)+;)*) => {$(
        impl<K: Kind $(+ $bound)+, V: Kind> Kind for $map<K, V> {
            fn any() -> BoxedStrategy<Self> {
                vec((K::any(), V::any()), 0..4).prop_map(|items| items.into_iter().collect()).boxed()
            }

            fn loaded(&self) -> Self {
                self.iter().map(|(key, value)| (key.clone(), value.loaded())).collect()
            }

            fn kept(old: &Self, new: &Self) -> Self {
                new.iter().map(|(key, new)| (key.clone(), kept_of(old.get(key), new))).collect()
            }
        }
    )*};
}

maps! {
    BTreeMap: Ord;
    HashMap: Eq Hash;
    IndexMap: Eq Hash;
}

impl<A: Kind, V: Kind> Kind for ArrayOr<A, V> {
    fn any() -> BoxedStrategy<Self> {
        prop_oneof![A::any().prop_map(ArrayOr::Array), V::any().prop_map(ArrayOr::Value)].boxed()
    }
}
