//! What may stand under each attribute of the derive, and the diagnostics for what may not.

use crate::array::MmapArray;
use crate::npy::Element;
use crate::pack::PackFields;
use ndarray::{Array, Dimension};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// What may stand under `#[varpack(mmap)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be memory-mapped",
    label = "not an array or a map of arrays",
    note = "use `MmapArray1<T>` to `MmapArray6<T>` or a map of them, or `#[varpack(npy)]` for a `Vec<T>`"
)]
pub trait MmapField: Sized {}

/// What may stand under `#[varpack(npy)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a `.npy` file",
    label = "not a `Vec` or an `ndarray::Array`",
    note = "use `#[varpack(separate)]` for a value that is not an array"
)]
pub trait NpyField: Sized {}

/// A key of a map of arrays: a string or an integer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a map of arrays",
    label = "a key is a `String` or an integer"
)]
pub trait MapKey: Sized {}
impl MapKey for String {}
impl MapKey for i64 {}

impl<T: Element, D: Dimension> MmapField for MmapArray<T, D> {}
impl<T: Element, D: Dimension> MmapField for Option<MmapArray<T, D>> {}
impl<K: MapKey, T: Element, D: Dimension> MmapField for BTreeMap<K, MmapArray<T, D>> {}
impl<K: MapKey, T: Element, D: Dimension, S> MmapField for HashMap<K, MmapArray<T, D>, S> {}

impl<T: Element> NpyField for Vec<T> {}
impl<T: Element, D: Dimension> NpyField for Array<T, D> {}

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
    label = "does not implement `serde::Serialize`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or leave the field out with `#[varpack(skip)]`"
)]
pub trait SaveValue: Serialize {}
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
/// fn is_varpack<T: Varpack>() {}
/// fn for_any<T: LoadValue + Default>() {
///     is_varpack::<Seeded<T>>();
/// }
/// for_any::<u64>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded",
    label = "does not implement `serde::Deserialize`",
    note = "add `#[derive(serde::Serialize, serde::Deserialize)]` to it, or leave the field out with `#[varpack(skip)]`"
)]
pub trait LoadValue: DeserializeOwned {}
impl<T: DeserializeOwned> LoadValue for T {}

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
/// fn is_varpack<T: Varpack>() {}
/// fn for_any<L: NestedField>() {
///     is_varpack::<Model<L>>();
/// }
/// for_any::<Layer>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be nested",
    label = "needs `#[derive(Varpack)]`, and no field under `separate` or `skip_load`"
)]
pub trait NestedField: PackFields {}
