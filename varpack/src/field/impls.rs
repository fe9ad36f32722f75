//! The arrays, lists and maps that may stand under the attributes.

use super::keys::{in_order, sorted};
use super::of::Keys;
use super::{MapEntry, MapKey, MmapField, NpyField};
use crate::array::{ArraySource, ArrayType, MmapArray};
use crate::folder::content::{Beside, Content, ContentKind, Key};
use crate::folder::load::found::Found;
use crate::npy::Element;
use crate::{AnyArray, Result};
use ndarray::{Array, Dimension};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

impl<T: Element, D: Dimension> MmapField for MmapArray<T, D> {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array()
    }
}

impl MmapField for AnyArray {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.any_array()
    }
}

/// `None` is a folder that lacks the variable.
impl<T: MmapField> MmapField for Option<T> {
    const KEYS: Keys = T::KEYS;
    const IS_OPTION: bool = {
        assert!(
            !T::IS_OPTION,
            "an option of an option cannot be memory-mapped: one of them tells nothing"
        );
        true
    };

    fn content(&self) -> Content<'_> {
        let _ = Self::IS_OPTION;
        self.as_ref().map_or(Content(ContentKind::Absent), T::content)
    }

    fn read(found: Found<'_>) -> Result<Self> {
        T::read(found).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<T: MmapField> MmapField for $pointer<T> {
            const KEYS: Keys = T::KEYS;
            const IS_OPTION: bool = T::IS_OPTION;

            fn content(&self) -> Content<'_> {
                T::content(self)
            }

            fn read(found: Found<'_>) -> Result<Self> {
                T::read(found).map(Self::new)
            }

            fn absent() -> Option<Self> {
                T::absent().map(Self::new)
            }
        }

        impl<V: MapEntry> MapEntry for $pointer<V> {
            fn content(&self) -> Content<'_> {
                V::content(self)
            }

            fn array_type() -> ArrayType {
                V::array_type()
            }

            fn read(found: Found<'_>) -> Result<Self> {
                V::read(found).map(Self::new)
            }
        }
    )*};
}

pointers!(Box Rc Arc);

/// A dictionary whose keys are the indices, as text.
// Of a list of numbers more is to be said than that they are no arrays.
#[diagnostic::do_not_recommend]
impl<V: MapEntry> MmapField for Vec<V> {
    const KEYS: Keys = Keys::Texts;

    fn content(&self) -> Content<'_> {
        let items = self.iter().enumerate();
        let items = items.map(|(index, value)| (Key::index(index), value.content()));
        Content(ContentKind::Dict(items.collect(), Beside::List))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.list()
    }
}

impl<K: MapKey + Ord, V: MapEntry> MmapField for BTreeMap<K, V> {
    const KEYS: Keys = K::KEYS;

    fn content(&self) -> Content<'_> {
        dict(in_order(self))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.map(Self::len)
    }
}

/// Saved in the order of the keys' texts or numbers, so that equal maps make equal files.
impl<K: MapKey + Eq + Hash, V: MapEntry, S: BuildHasher + Default> MmapField for HashMap<K, V, S> {
    const KEYS: Keys = K::KEYS;

    fn content(&self) -> Content<'_> {
        dict(sorted(self))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.map(Self::len)
    }
}

/// In the order of the map, and of the folder.
#[cfg(feature = "indexmap")]
impl<K: MapKey + Eq + Hash, V: MapEntry, S: BuildHasher + Default> MmapField
    for indexmap::IndexMap<K, V, S>
{
    const KEYS: Keys = K::KEYS;

    fn content(&self) -> Content<'_> {
        dict(in_order(self))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.map(Self::len)
    }
}

fn dict<'a, V: MapEntry + 'a>(items: Vec<(Key<'a>, &'a V)>) -> Content<'a> {
    let items = items.into_iter().map(|(key, value)| (key, value.content()));
    Content(ContentKind::Dict(items.collect(), Beside::Nothing))
}

impl<T: Element, D: Dimension> MapEntry for MmapArray<T, D> {
    fn content(&self) -> Content<'_> {
        MmapField::content(self)
    }

    fn array_type() -> ArrayType {
        ArrayType::of::<T, D>()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array()
    }
}

impl MapEntry for AnyArray {
    fn content(&self) -> Content<'_> {
        MmapField::content(self)
    }

    fn array_type() -> ArrayType {
        ArrayType::any()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.any_array()
    }
}

impl<T: Element> NpyField for Vec<T> {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self as &dyn ArraySource))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        Ok(Array::<T, ndarray::Ix1>::read(found)?.into_raw_vec_and_offset().0)
    }
}

impl<T: Element, D: Dimension> NpyField for Array<T, D> {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self as &dyn ArraySource))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.owned_array()
    }
}
