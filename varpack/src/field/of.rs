//! What the derive says of each field: its type, and that it may stand there.
//!
//! The compiler looks at it once, at the type as it is written, and so a type that may not stand there is one error.
//! What saves and loads the field asks nothing of the type but what is said here. A field is told from the others by
//! its number `N`. Its type is a parameter, `T`, as well as the associated type, since a private type may not be the
//! one without being the other.

use super::absent::absent_value;
use super::{
    FlattenField, LoadValue, MmapField, NestedField, NpyField, SaveFlatten, SaveMmap, SaveNested,
    ValueField,
};
use crate::folder::content::Placement;
use crate::folder::load::found::Found;
use crate::{Error, ErrorKind, FieldReader, FieldWriter, PackReader, Result, text};
use std::fmt::Display;
use std::marker::PhantomData;

mod saved;

pub use saved::{Saved, SavedFlatten, SavedMmap, SavedNested, SavedNpy, SavedValue};

/// A field under `mmap`.
pub trait Mmap<T, const N: usize> {
    /// The type of the field.
    type Field: MmapField;

    /// What its arrays are found by.
    const KEYS: Keys = <Self::Field as SaveMmap>::KEYS;

    /// Whether it says of which dtype its arrays are.
    const HAS_DTYPE: bool = <Self::Field as MmapField>::HAS_DTYPE;

    /// Whether a folder without the variable is one of its values.
    const IS_OPTION: bool = <Self::Field as SaveMmap>::IS_OPTION;

    /// As [`FieldWriter::mmap`].
    ///
    /// # Errors
    /// As for that.
    fn mmap<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.mmap(value)
    }

    /// As [`FieldReader::mmap`].
    ///
    /// # Errors
    /// As for that.
    fn read(reader: FieldReader<'_, '_, Self::Field>) -> Result<Self::Field> {
        reader.mmap()
    }
}

/// What the arrays of a field under `mmap` are found by.
#[derive(Clone, Copy)]
pub enum Keys {
    /// It is one array.
    None,
    /// The strings of a map.
    Texts,
    /// The integers of a map.
    Integers,
}

/// Fails to compile where `mmap(min_len = …)` has no effect, and the written type did not tell.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_min_len(keys: Keys, int_keys: bool) {
    match keys {
        Keys::None => panic!("`min_len` is for a map of arrays: one array always has its file"),
        Keys::Integers if !int_keys => panic!(
            "`min_len` has no effect without `int_keys`: the arrays of a map with integer keys stay in its pickle"
        ),
        Keys::Texts | Keys::Integers => {}
    }
}

/// Fails to compile where `mmap(int_keys)` has no effect, and the written type did not tell.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_int_keys(keys: Keys) {
    assert!(matches!(keys, Keys::Integers), "`int_keys` is for a map of arrays with integer keys");
}

/// Fails to compile where `mmap(cast)` has no effect, and the written type did not tell.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_cast(has_dtype: bool) {
    assert!(
        has_dtype,
        "`cast` has no effect on an `AnyArray`, which is of whichever dtype its file has"
    );
}

/// Whether a field under `mmap` is a map.
#[must_use]
pub const fn is_map(keys: Keys) -> bool {
    !matches!(keys, Keys::None)
}

/// Fails to compile where arrays of a nested struct would have no files of their own.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_nested(needs_flatten: bool) {
    assert!(
        !needs_flatten,
        "the arrays of a map, or of another struct, in a nested struct have no files of their own: write `flatten` in place of `nested`"
    );
}

/// Fails to compile where an option under `mmap` has a default of its own.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_option_default(is_option: bool) {
    assert!(
        !is_option,
        "`None` is a folder without the variable, which would load as this default: write `default` alone, or none, and give the value after the load"
    );
}

/// A field under `npy`.
pub trait Npy<T, const N: usize> {
    /// The type of the field.
    type Field: NpyField;

    /// As [`FieldWriter::npy`].
    ///
    /// # Errors
    /// As for that.
    fn npy<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.npy(value)
    }

    /// As [`FieldReader::npy`].
    ///
    /// # Errors
    /// As for that.
    fn read(reader: FieldReader<'_, '_, Self::Field>) -> Result<Self::Field> {
        reader.npy()
    }
}

/// A field under `nested`.
pub trait Nested<T, const N: usize> {
    /// The type of the field.
    type Field: NestedField;

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

    /// As [`FieldReader::nested`].
    ///
    /// # Errors
    /// As for that.
    fn read(reader: FieldReader<'_, '_, Self::Field>) -> Result<Self::Field> {
        reader.nested()
    }
}

/// A field under `flatten`.
pub trait Flatten<T, const N: usize> {
    /// The type of the field.
    type Field: FlattenField;

    /// Whether it is an option, a list or a map.
    const HAS_ENTRIES: bool = <Self::Field as SaveFlatten>::HAS_ENTRIES;

    /// As [`FieldWriter::flatten`].
    ///
    /// # Errors
    /// As for that.
    fn flatten<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.flatten(value)
    }

    /// As [`FieldReader::flatten`].
    ///
    /// # Errors
    /// As for that.
    fn read(reader: FieldReader<'_, '_, Self::Field>) -> Result<Self::Field> {
        reader.flatten()
    }
}

/// Fails to compile where `flatten(prefix = "")` would leave nothing to tell entries by, and the written type did not
/// tell.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_empty_prefix(has_entries: bool) {
    assert!(!has_entries, "{}", super::writer::EMPTY_PREFIX);
}

/// A field in a pickle, the shared one or its own.
pub trait Value<T, const N: usize> {
    /// The type of the field.
    type Field: ValueField;

    /// As [`FieldWriter::value`].
    ///
    /// # Errors
    /// As for that.
    fn value<'a>(writer: FieldWriter<'_, 'a, Self::Field>, value: &'a Self::Field) -> Result<()> {
        writer.push(value, ValueField::content, Placement::Shared)
    }

    /// As [`FieldWriter::separate`].
    ///
    /// # Errors
    /// As for that.
    fn separate<'a>(
        writer: FieldWriter<'_, 'a, Self::Field>,
        value: &'a Self::Field,
    ) -> Result<()> {
        writer.push(value, ValueField::content, Placement::Separate)
    }

    /// As [`FieldReader::value`].
    ///
    /// # Errors
    /// As for that.
    fn read(reader: FieldReader<'_, '_, Self::Field>) -> Result<Self::Field> {
        reader.read_or(false, ValueField::absent, ValueField::read)
    }
}

/// What a load makes of the struct that it has read in the place of another: `try_from`.
///
/// # Errors
/// [`Value`](ErrorKind::Value) with what the conversion says.
pub fn made<T, E: Display>(reader: &PackReader<'_>, made: Result<T, E>) -> Result<T> {
    made.map_err(|error| {
        let message = format!("what the folder has cannot become the struct: {error}");
        reader.locate(Error::msg(ErrorKind::Value, text::bounded(message)))
    })
}

/// Tells whether a type, of which the derive may see no more than an alias, is one that `mmap` is for: a constant of
/// [`AnyField`] that those types have in a place that comes first.
pub struct Unmarked<T>(PhantomData<T>);

impl<T: SaveMmap> Unmarked<T> {
    /// Of an array, or a list or map of such.
    pub const IS_MAPPED: bool = T::NEEDS_ATTRIBUTE;
}

/// See [`Unmarked`].
pub trait AnyField {
    /// Of any other type.
    const IS_MAPPED: bool = false;
}

impl<T> AnyField for Unmarked<T> {}

/// Fails to compile where an array would go into a pickle without a word, and the written type did not tell.
///
/// # Panics
/// Then.
#[track_caller]
pub const fn check_unmarked(is_mapped: bool) {
    assert!(
        !is_mapped,
        "an array, or a list or map of arrays, needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    );
}

/// A field in a pickle that is not saved.
pub trait Loaded<T, const N: usize> {
    /// The type of the field.
    type Field: LoadedValue;

    /// As [`FieldReader::value`].
    ///
    /// # Errors
    /// As for that.
    fn read(reader: FieldReader<'_, '_, Self::Field>) -> Result<Self::Field> {
        reader.read_or(false, LoadedValue::absent, LoadedValue::read)
    }
}

/// [`LoadValue`], without a supertrait that the compiler would ask for apart, in an error of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded",
    label = "it, or a type in it, does not implement `serde::Deserialize`",
    note = "add `#[derive(serde::Deserialize)]` to the type that lacks it, or turn on the feature `serde` of its crate; or leave the field out with `#[varpack(skip)]` (`#[varpack(skip, default = \"a_function\")]` if the type has no `Default`)",
    note = "serde has arrays of at most 32 elements and tuples of at most 16: for longer ones use a `Vec` or a struct"
)]
pub trait LoadedValue: Sized {
    /// What a load reads.
    ///
    /// # Errors
    /// If it is of another type.
    fn read(found: Found<'_>) -> Result<Self>;

    /// The value where the folder lacks the variable; `None` where that is an error.
    fn absent() -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: LoadValue> LoadedValue for T {
    fn read(found: Found<'_>) -> Result<Self> {
        found.reported_value()
    }

    fn absent() -> Option<Self> {
        absent_value()
    }
}
