//! Fields that are saved and not loaded: under `skip_load`, and all of a `save_only` struct.

use super::Keys;
use crate::field::{SaveFlatten, SaveItem, SaveMmap, SaveNested, SaveValue};
use crate::folder::content::{Content, Placement};
use crate::{FieldWriter, Result};

/// A field under `mmap`.
pub trait SavedMmap<T, const N: usize> {
    /// The type of the field.
    type Field: SaveMmap;

    /// What its arrays are found by.
    const KEYS: Keys = <Self::Field as SaveMmap>::KEYS;

    /// As [`FieldWriter::mmap`].
    ///
    /// # Errors
    /// As for that.
    fn mmap<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.mmap(value)
    }
}

/// A field under `npy`.
pub trait SavedNpy<T, const N: usize> {
    /// The type of the field.
    type Field: SaveItem;

    /// As [`FieldWriter::npy`].
    ///
    /// # Errors
    /// As for that.
    fn npy<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.npy(value)
    }
}

/// A field under `nested`.
pub trait SavedNested<T, const N: usize> {
    /// The type of the field.
    type Field: SaveNested;

    /// Whether it has arrays that would have files of their own.
    const HAS_ARRAYS: bool = <Self::Field as SaveNested>::HAS_ARRAYS;

    /// Whether some of those would stay in the pickle.
    const NEEDS_FLATTEN: bool = <Self::Field as SaveNested>::NEEDS_FLATTEN;

    /// As [`FieldWriter::nested`].
    ///
    /// # Errors
    /// As for that.
    fn nested<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.nested(value)
    }
}

/// A field under `flatten`.
pub trait SavedFlatten<T, const N: usize> {
    /// The type of the field.
    type Field: SaveFlatten;

    /// Whether it is an option, a list or a map.
    const HAS_ENTRIES: bool = <Self::Field as SaveFlatten>::HAS_ENTRIES;

    /// As [`FieldWriter::flatten`].
    ///
    /// # Errors
    /// As for that.
    fn flatten<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.flatten(value)
    }
}

/// A field in a pickle.
pub trait Saved<T, const N: usize> {
    /// The type of the field.
    type Field: SavedValue;

    /// As [`FieldWriter::value`].
    ///
    /// # Errors
    /// As for that.
    fn value<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.push(value, SavedValue::content, Placement::Shared)
    }

    /// As [`FieldWriter::separate`].
    ///
    /// # Errors
    /// As for that.
    fn separate<'a>(
        writer: FieldWriter<'_, 'a, Self::Field>,
        value: &'a Self::Field,
    ) -> Result<()> {
        writer.push(value, SavedValue::content, Placement::Separate)
    }
}

/// [`SaveValue`], without a supertrait that the compiler would ask for apart, in an error of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved",
    label = "it, or a type in it, does not implement `serde::Serialize`",
    note = "add `#[derive(serde::Serialize)]` to the type that lacks it, or turn on the feature `serde` of its crate; or leave the field out with `#[varpack(skip)]` (`#[varpack(skip, default = \"a_function\")]` if the type has no `Default`)",
    note = "serde has arrays of at most 32 elements and tuples of at most 16: for longer ones use a `Vec` or a struct"
)]
pub trait SavedValue {
    /// What a save writes.
    fn content(&self) -> Content<'_>;
}

#[diagnostic::do_not_recommend]
impl<T: SaveValue> SavedValue for T {
    fn content(&self) -> Content<'_> {
        Content::value(self)
    }
}
