//! The arrays, maps and keys that may stand under the attributes.

use super::of::Keys;
use super::{MapEntry, MapKey, MmapField, NpyField};
use crate::Result;
use crate::array::{ArraySource, ArrayType, MmapArray};
use crate::folder::content::{Beside, Content, ContentKind, Key};
use crate::folder::load::found::Found;
use crate::npy::Element;
use crate::pickle::Node;
use ndarray::{Array, Dimension};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

impl<T: Element, D: Dimension> MmapField for MmapArray<T, D> {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array()
    }
}

/// `None` is a folder that lacks the variable.
impl<T: Element, D: Dimension> MmapField for Option<MmapArray<T, D>> {
    fn content(&self) -> Content<'_> {
        Content(self.as_ref().map_or(ContentKind::Absent, |array| ContentKind::Array(array)))
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array().map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<K: MapKey + Ord, V: MapEntry> MmapField for BTreeMap<K, V> {
    const KEYS: Keys = K::KEYS;

    fn content(&self) -> Content<'_> {
        dict(self)
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.map()
    }
}

/// Saved in the order of the keys, so that equal maps make equal files.
impl<K: MapKey + Eq + Hash + Ord, V: MapEntry, S: BuildHasher + Default> MmapField
    for HashMap<K, V, S>
{
    const KEYS: Keys = K::KEYS;

    fn content(&self) -> Content<'_> {
        let mut items: Vec<_> = self.iter().collect();
        items.sort_by_key(|(key, _)| *key);
        dict(items)
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.map()
    }
}

/// In the order of the map, and of the folder.
#[cfg(feature = "indexmap")]
impl<K: MapKey + Eq + Hash, V: MapEntry, S: BuildHasher + Default> MmapField
    for indexmap::IndexMap<K, V, S>
{
    const KEYS: Keys = K::KEYS;

    fn content(&self) -> Content<'_> {
        dict(self)
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.map()
    }
}

fn dict<'a, K: MapKey + 'a, V: MapEntry + 'a>(
    items: impl IntoIterator<Item = (&'a K, &'a V)>,
) -> Content<'a> {
    let items = items.into_iter().map(|(key, value)| (key.key(), value.content()));
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

#[diagnostic::do_not_recommend]
impl MapKey for String {
    const KEYS: Keys = Keys::Texts;

    fn key(&self) -> Key<'_> {
        Key::Text(Cow::Borrowed(self))
    }

    fn read(key: Node<'_>) -> Result<Self> {
        key.deserialize()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

macro_rules! integer_keys {
    ($($integer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl MapKey for $integer {
            const KEYS: Keys = Keys::Integers;

            fn key(&self) -> Key<'_> {
                // No integer key is as wide as `i128`.
                Key::Int(*self as i128)
            }

            fn read(key: Node<'_>) -> Result<Self> {
                key.deserialize()
            }

            fn from_text(text: &str) -> Option<Self> {
                text.parse().ok().filter(|integer: &Self| integer.to_string() == text)
            }
        }
    )*};
}

integer_keys!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
