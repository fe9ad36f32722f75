//! The arrays, lists and maps that may stand under the attributes.

use super::keys::{in_order, sorted};
use super::of::Keys;
use super::{MapEntry, MapKey, MmapField, NpyField, SaveItem, SaveKey, SaveMmap};
use crate::array::{ArrayType, MmapArray};
use crate::folder::content::{Beside, Content, ContentKind, Key};
use crate::folder::load::found::Found;
use crate::npy::Element;
use crate::{AnyArray, Result};
use ndarray::{Array, ArrayBase, ArrayRef, Data, Dimension};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

impl<T: Element, D: Dimension> SaveMmap for MmapArray<T, D> {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }
}

impl<T: Element, D: Dimension> MmapField for MmapArray<T, D> {
    fn read(found: Found<'_>) -> Result<Self> {
        found.array()
    }
}

impl SaveMmap for AnyArray {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }
}

impl MmapField for AnyArray {
    const HAS_DTYPE: bool = false;

    fn read(found: Found<'_>) -> Result<Self> {
        found.any_array()
    }
}

/// Every array of `ndarray`: what is loaded is mapped, and so none of these.
impl<S: Data<Elem: Element> + Sync, D: Dimension> SaveMmap for ArrayBase<S, D> {
    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }
}

macro_rules! references {
    ($($target:ty, [$($params:tt)*], $needs_attribute:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($params)*> SaveMmap for &$target {
            const NEEDS_ATTRIBUTE: bool = $needs_attribute;

            fn content(&self) -> Content<'_> {
                Content(ContentKind::Array(self))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($params)*> SaveItem for &$target {
            const NEEDS_ATTRIBUTE: bool = $needs_attribute;

            fn content(&self) -> Content<'_> {
                Content(ContentKind::Array(self))
            }
        }
    )*};
}

// Of what has no size there is no pointer as those below.
references! {
    [T], [T: Element], false;
    ArrayRef<T, D>, [T: Element, D: Dimension], true;
}

/// `None` is a folder that lacks the variable.
impl<T: SaveMmap> SaveMmap for Option<T> {
    const KEYS: Keys = T::KEYS;
    const NEEDS_ATTRIBUTE: bool = T::NEEDS_ATTRIBUTE;
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
}

impl<T: MmapField> MmapField for Option<T> {
    const HAS_DTYPE: bool = T::HAS_DTYPE;

    /// As another type of the field has saved it, or Python: a `None`.
    fn read(found: Found<'_>) -> Result<Self> {
        match found.is_none() {
            true => Ok(None),
            false => T::read(found).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! saved_pointers {
    ($($pointer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: SaveMmap> SaveMmap for $pointer {
            const KEYS: Keys = T::KEYS;
            const IS_OPTION: bool = T::IS_OPTION;
            const NEEDS_ATTRIBUTE: bool = T::NEEDS_ATTRIBUTE;

            fn content(&self) -> Content<'_> {
                T::content(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: SaveItem> SaveItem for $pointer {
            const NEEDS_ATTRIBUTE: bool = T::NEEDS_ATTRIBUTE;

            fn content(&self) -> Content<'_> {
                T::content(self)
            }
        }
    )*};
}

saved_pointers!(&T Box<T> Rc<T> Arc<T>);

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<T: MmapField> MmapField for $pointer<T> {
            const HAS_DTYPE: bool = T::HAS_DTYPE;

            fn read(found: Found<'_>) -> Result<Self> {
                T::read(found).map(Self::new)
            }

            fn absent() -> Option<Self> {
                T::absent().map(Self::new)
            }
        }

        impl<V: MapEntry> MapEntry for $pointer<V> {
            const HAS_DTYPE: bool = V::HAS_DTYPE;

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
#[diagnostic::do_not_recommend]
impl<V: SaveItem> SaveMmap for Vec<V> {
    const KEYS: Keys = Keys::Texts;
    const NEEDS_ATTRIBUTE: bool = V::NEEDS_ATTRIBUTE;

    fn content(&self) -> Content<'_> {
        let items = self.iter().enumerate();
        let items = items.map(|(index, value)| (Key::index(index), value.content()));
        Content(ContentKind::Dict(items.collect(), Beside::List))
    }
}

// Of a list of numbers more is to be said than that they are no arrays.
#[diagnostic::do_not_recommend]
impl<V: MapEntry> MmapField for Vec<V> {
    const HAS_DTYPE: bool = V::HAS_DTYPE;

    fn read(found: Found<'_>) -> Result<Self> {
        found.list()
    }
}

macro_rules! maps {
    ($($(#[$attribute:meta])* $map:ty, [$($saved:tt)*], [$($params:tt)*], $items:expr;)*) => {$(
        $(#[$attribute])*
        impl<$($saved)*> SaveMmap for $map {
            const KEYS: Keys = K::SAVED_KEYS;
            const NEEDS_ATTRIBUTE: bool = V::NEEDS_ATTRIBUTE;

            fn content(&self) -> Content<'_> {
                dict($items(self))
            }
        }

        $(#[$attribute])*
        impl<$($params)*> MmapField for $map {
            const HAS_DTYPE: bool = V::HAS_DTYPE;

            fn read(found: Found<'_>) -> Result<Self> {
                found.map(Self::len)
            }
        }
    )*};
}

maps! {
    BTreeMap<K, V>,
        [K: SaveKey, V: SaveItem],
        [K: MapKey + Ord, V: MapEntry], in_order;
    /// Saved in the order of the keys' texts or numbers, so that equal maps make equal files.
    HashMap<K, V, S>,
        [K: SaveKey, V: SaveItem, S],
        [K: MapKey + Eq + Hash, V: MapEntry, S: BuildHasher + Default], sorted;
    /// In the order of the map, and of the folder.
    #[cfg(feature = "indexmap")]
    indexmap::IndexMap<K, V, S>,
        [K: SaveKey, V: SaveItem, S],
        [K: MapKey + Eq + Hash, V: MapEntry, S: BuildHasher + Default], in_order;
}

fn dict<'a, V: SaveItem + 'a>(items: Vec<(Key<'a>, &'a V)>) -> Content<'a> {
    let items = items.into_iter().map(|(key, value)| (key, value.content()));
    Content(ContentKind::Dict(items.collect(), Beside::Nothing))
}

impl<T: Element, D: Dimension> SaveItem for MmapArray<T, D> {
    fn content(&self) -> Content<'_> {
        SaveMmap::content(self)
    }
}

impl<T: Element, D: Dimension> MapEntry for MmapArray<T, D> {
    fn array_type() -> ArrayType {
        ArrayType::of::<T, D>()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array()
    }
}

impl SaveItem for AnyArray {
    fn content(&self) -> Content<'_> {
        SaveMmap::content(self)
    }
}

impl MapEntry for AnyArray {
    const HAS_DTYPE: bool = false;

    fn array_type() -> ArrayType {
        ArrayType::any()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.any_array()
    }
}

impl<T: Element> SaveItem for Vec<T> {
    const NEEDS_ATTRIBUTE: bool = false;

    fn content(&self) -> Content<'_> {
        Content(ContentKind::Array(self))
    }
}

impl<T: Element> NpyField for Vec<T> {
    fn read(found: Found<'_>) -> Result<Self> {
        Ok(<Array<T, ndarray::Ix1> as NpyField>::read(found)?.into_raw_vec_and_offset().0)
    }
}

impl<S: Data<Elem: Element> + Sync, D: Dimension> SaveItem for ArrayBase<S, D> {
    fn content(&self) -> Content<'_> {
        SaveMmap::content(self)
    }
}

impl<T: Element, D: Dimension> NpyField for Array<T, D> {
    fn read(found: Found<'_>) -> Result<Self> {
        found.owned_array()
    }
}
