//! What may stand under each attribute of the derive (`impls`: what does), and the diagnostics for what may not.
//!
//! Under each attribute a struct that is loaded asks for one trait, and one that is only saved for the half of it that is
//! for that: `MmapField` is a `SaveMmap` that can be read, and so on. What borrows has that half alone.
//!
//! The code that the derive writes calls the traits of `of`, which call these; `writer` and `reader` are what a
//! `PackFields` written by hand has. `loaded`, `load` and `update` are what a caller meets.

mod absent;
mod array_or;
mod clashes;
mod elsewhere;
pub(crate) mod fields;
mod flatten;
mod impls;
mod keys;
mod load;
pub(crate) mod loaded;
mod map;
#[doc(hidden)]
pub mod of;
pub(crate) mod reader;
mod save;
pub(crate) mod traits;
pub(crate) mod update;
pub(crate) mod writer;

pub use array_or::ArrayOr;
pub use keys::{MapKey, SaveKey};
pub use save::{SaveFlatten, SaveItem, SaveMmap, SaveNested};

use crate::PackReader;
use crate::Result;
use crate::array::ArrayType;
use crate::folder::content::Content;
use crate::folder::load::found::Found;
use crate::pickle::Node;
use fields::PackFields;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What may stand under `#[varpack(mmap)]`.
///
/// With the feature `indexmap` a map can be an `indexmap::IndexMap`, in the order of the folder.
///
/// ```
/// # use std::collections::{BTreeMap, HashMap};
/// # use std::sync::Arc;
/// # use varpack::{AnyArray, ArrayOr, MmapArray1, field::MmapField};
/// fn mmap<T: MmapField>() {}
///
/// mmap::<MmapArray1<f32>>();
/// mmap::<AnyArray>(); // of whichever dtype and shape
/// mmap::<BTreeMap<String, MmapArray1<f32>>>(); // a file an array
/// mmap::<BTreeMap<String, AnyArray>>();
/// mmap::<HashMap<u32, ArrayOr<MmapArray1<f32>, String>>>(); // arrays and values
/// mmap::<Vec<MmapArray1<f32>>>(); // as a map with the keys `0`, `1`, …
/// mmap::<Option<MmapArray1<f32>>>(); // `None` where the folder lacks the variable
/// mmap::<Option<Arc<BTreeMap<String, Arc<MmapArray1<f32>>>>>>(); // pointers: `Box`, `Rc`, `Arc`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be memory-mapped",
    label = "not an array, nor a list or map of arrays",
    note = "use `MmapArray1<T>` to `MmapArray6<T>`, `AnyArray`, or a list or map of them, `#[varpack(npy)]` or `MmapArray1<T>` for a `Vec<T>` of elements, `#[varpack(nested)]` for a struct that derives `Varpack`, `#[varpack(separate)]` for any other value"
)]
pub trait MmapField: SaveMmap + Sized {
    /// Whether it says of which dtype its arrays are: `cast` is for those.
    #[doc(hidden)]
    const HAS_DTYPE: bool = true;

    #[doc(hidden)]
    fn read(found: Found<'_>) -> Result<Self>;

    /// The value where the folder lacks the variable; `None` where that is an error.
    #[doc(hidden)]
    fn absent() -> Option<Self> {
        None
    }
}

/// What may stand under `#[varpack(npy)]`.
///
/// ```
/// fn npy<T: varpack::field::NpyField>() {}
///
/// npy::<Vec<f32>>();
/// npy::<ndarray::Array2<u8>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a `.npy` file",
    label = "not a `Vec` or an `ndarray::Array`",
    note = "use `#[varpack(mmap)]` for an `MmapArray` or a map of them, `#[varpack(nested)]` for a struct that derives `Varpack`, `#[varpack(separate)]` for any other value"
)]
pub trait NpyField: SaveItem + Sized {
    #[doc(hidden)]
    fn read(found: Found<'_>) -> Result<Self>;
}

/// What may be a value of a map, or in a list, under `#[varpack(mmap)]`: an array, [`ArrayOr`], or a `Box`, `Rc` or `Arc` of
/// those.
///
/// ```
/// # use std::sync::Arc;
/// # use varpack::{AnyArray, ArrayOr, MmapArray1, MmapArray2, field::MapEntry};
/// fn entry<T: MapEntry>() {}
///
/// entry::<MmapArray2<f32>>();
/// entry::<AnyArray>();
/// entry::<Arc<MmapArray2<f32>>>();
/// entry::<ArrayOr<MmapArray1<f32>, String>>();
/// entry::<ArrayOr<AnyArray, String>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in a map of arrays",
    label = "not an array",
    note = "use `MmapArray1<T>` to `MmapArray6<T>`, `AnyArray` for arrays of several types, or `ArrayOr` for maps that mix arrays and values; a map of other values goes under `#[varpack(separate)]`"
)]
pub trait MapEntry: SaveItem + Sized {
    /// As [`MmapField::HAS_DTYPE`].
    #[doc(hidden)]
    const HAS_DTYPE: bool = true;

    /// What is opened, on any thread, before it is read.
    #[doc(hidden)]
    fn array_type() -> ArrayType;

    #[doc(hidden)]
    fn read(found: Found<'_>) -> Result<Self>;
}

/// What may be saved in a pickle: anything that implements `serde::Serialize`.
///
/// ```
/// use varpack::Varpack;
/// use varpack::field::{LoadValue, SaveValue};
///
/// #[derive(Varpack)]
/// struct Labelled<T> {
///     label: String,
///     #[varpack(separate)]
///     value: T,
/// }
///
/// fn through<T: SaveValue + LoadValue>(value: T, folder: &std::path::Path) -> varpack::Result<T> {
///     Labelled { label: "one".to_owned(), value }.save(folder)?;
///     Ok(Labelled::load(folder)?.value)
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// assert_eq!(through(vec![(1, true)], &folder)?, [(1, true)]);
/// # Ok::<(), varpack::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved",
    label = "it, or a type in it, does not implement `serde::Serialize`",
    note = "a struct that derives `Varpack` goes under `#[varpack(nested)]` or `flatten`, a list or map of such under `flatten`",
    note = "add `#[derive(serde::Serialize)]` to the type that lacks it, or turn on the feature `serde` of its crate; or leave the field out with `#[varpack(skip)]` (`#[varpack(skip, default = \"a_function\")]` if the type has no `Default`)",
    note = "serde has arrays of at most 32 elements and tuples of at most 16: for longer ones use a `Vec` or a struct"
)]
pub trait SaveValue: Serialize {}
#[diagnostic::do_not_recommend]
impl<T: Serialize> SaveValue for T {}

/// What may be loaded from a pickle: anything that implements `serde::Deserialize` and borrows nothing.
///
/// ```
/// use varpack::Varpack;
/// use varpack::field::LoadValue;
///
/// // Of a field that is never saved nothing but this is asked.
/// #[derive(Varpack)]
/// struct Seeded<T> {
///     #[varpack(skip_save)]
///     seed: T,
/// }
///
/// fn is_varpack<T: varpack::PackFields>() {}
/// fn for_any<T: LoadValue + Default>() {
///     is_varpack::<Seeded<T>>();
/// }
/// for_any::<u64>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded",
    label = "it, or a type in it, does not implement `serde::Deserialize`",
    note = "add `#[derive(serde::Deserialize)]` to the type that lacks it, or turn on the feature `serde` of its crate; or leave the field out with `#[varpack(skip)]` (`#[varpack(skip, default = \"a_function\")]` if the type has no `Default`)",
    note = "serde has arrays of at most 32 elements and tuples of at most 16: for longer ones use a `Vec` or a struct"
)]
pub trait LoadValue: DeserializeOwned {}
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> LoadValue for T {}

/// What a field is that is not loaded: nobody but the derive asks for it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no default value, which a field that is not loaded has",
    label = "it does not implement `Default`",
    note = "derive `Default` for it, or name a function that makes one: `default = \"a_function\"`"
)]
pub trait DefaultField: Sized {
    fn default_field() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> DefaultField for T {
    fn default_field() -> Self {
        T::default()
    }
}

/// What may be saved in a pickle and loaded from it: a field without an attribute, or under `#[varpack(separate)]`.
///
/// ```
/// use varpack::Varpack;
/// use varpack::field::ValueField;
///
/// #[derive(Varpack)]
/// struct Stepped<T> {
///     step: T,
/// }
///
/// fn is_varpack<T: varpack::PackFields>() {}
/// fn for_any<T: ValueField>() {
///     is_varpack::<Stepped<T>>();
/// }
/// for_any::<u64>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved and loaded",
    label = "it, or a type in it, lacks serde's `Serialize` or `Deserialize`",
    note = "a struct that derives `Varpack` goes under `#[varpack(nested)]` or `flatten`, a list or map of such under `flatten`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to the type that lacks them, or turn on the feature `serde` of its crate; or leave the field out with `#[varpack(skip)]` (`#[varpack(skip, default = \"a_function\")]` if the type has no `Default`)",
    note = "serde has arrays of at most 32 elements and tuples of at most 16: for longer ones use a `Vec` or a struct"
)]
pub trait ValueField: Sized {
    #[doc(hidden)]
    fn content(&self) -> Content<'_>;

    #[doc(hidden)]
    fn read(found: Found<'_>) -> Result<Self>;

    /// The value where the folder lacks the variable; `None` where that is an error.
    #[doc(hidden)]
    fn absent() -> Option<Self>;
}

// It has no supertraits: the compiler would ask for each of them apart, in an error of its own.
#[diagnostic::do_not_recommend]
impl<T: SaveValue + LoadValue> ValueField for T {
    fn content(&self) -> Content<'_> {
        Content::value(self)
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.reported_value()
    }

    fn absent() -> Option<Self> {
        absent::absent_value()
    }
}

/// What may stand under `#[varpack(nested)]`: a struct that derives [`Varpack`](crate::Varpack) and
/// has no field under `separate` or `skip_load`. The derive implements it for those.
///
/// ```
/// use varpack::field::NestedField;
/// use varpack::{MmapArray1, Varpack};
///
/// #[derive(Varpack)]
/// struct Layer {
///     #[varpack(mmap)]
///     weights: MmapArray1<f32>,
/// }
///
/// #[derive(Varpack)]
/// struct Model<L> {
///     #[varpack(nested)]
///     layer: L,
/// }
///
/// fn is_varpack<T: varpack::PackFields>() {}
/// fn for_any<L: NestedField>() {
///     is_varpack::<Model<L>>();
/// }
/// for_any::<Layer>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be nested",
    label = "not a struct that derives `Varpack`, or one under `save_only`, or with a field under `separate`, `skip_load` or `flatten`",
    note = "an array, or a map of arrays, goes under `mmap`; a struct with such fields, or a list or map of structs, under `flatten`; what else is not one struct, under `separate`; a `save_only` struct stands in `save_only` structs alone"
)]
pub trait NestedField: SaveNested + PackFields {}

/// What may stand under `#[varpack(flatten)]`: a struct that derives [`Varpack`](crate::Varpack), which implements it,
/// or an `Option`, `Box`, `Rc`, `Arc`, `Vec`, `BTreeMap`, `HashMap` (or, with the feature `indexmap`, `IndexMap`) of
/// such, at any depth.
///
/// ```
/// # use std::collections::BTreeMap;
/// use varpack::field::FlattenField;
/// use varpack::{MmapArray1, Varpack};
///
/// #[derive(Varpack)]
/// struct Layer {
///     #[varpack(mmap)]
///     weights: MmapArray1<f32>,
/// }
///
/// fn flatten<T: FlattenField>() {}
///
/// flatten::<Layer>();
/// flatten::<Option<Layer>>();
/// flatten::<BTreeMap<String, Vec<Box<Layer>>>>();
/// ```
///
/// Where [`PackFields`] is written by hand, so is this:
///
/// ```
/// use varpack::field::{FlattenField, SaveFlatten};
/// use varpack::{PackFields, PackReader, PackWriter, Result, SaveFields, Varpack};
///
/// struct Seconds(f64);
///
/// impl SaveFields for Seconds {
///     fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         writer.field("seconds").value(&self.0)
///     }
/// }
///
/// impl PackFields for Seconds {
///     fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
///         reader.field("seconds").value().map(Self)
///     }
/// }
///
/// impl SaveFlatten for Seconds {
///     fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
///         self.write_fields(writer)
///     }
/// }
///
/// impl FlattenField for Seconds {
///     fn read_flat(reader: &mut PackReader<'_>) -> Result<Self> {
///         Self::read_fields(reader)
///     }
/// }
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(flatten)]
///     took: Vec<Seconds>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// Run { took: vec![Seconds(1.5)] }.save(&folder)?;
/// assert_eq!(Run::load(&folder)?.took[0].0, 1.5); // `took.0.seconds`
/// # Ok::<(), varpack::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened",
    label = "not a struct that derives `Varpack`, nor an option, list or map of such",
    note = "derive `Varpack` for the struct; the keys of a map are texts, integers, or of a type that implements `varpack::field::MapKey`; an array, or a map of arrays, goes under `mmap`, any other value under `separate`; a `save_only` struct stands in `save_only` structs alone"
)]
pub trait FlattenField: SaveFlatten + Sized {
    /// Asks the reader for the fields, as [`PackFields::read_fields`] does.
    ///
    /// # Errors
    /// As for that.
    fn read_flat(reader: &mut PackReader<'_>) -> Result<Self>;

    /// Whether a value is what the field would be under `nested`.
    #[doc(hidden)]
    fn is_nested(node: Node<'_>) -> bool {
        node.entries().is_some()
    }

    /// The value where the folder has nothing of it; `None` where its fields tell.
    #[doc(hidden)]
    fn absent() -> Option<Self> {
        None
    }
}
