//! What may stand under each attribute in a struct that is only saved: the half of the traits beside it that is for saves.

use super::fields::SaveFields;
use super::of::Keys;
use crate::folder::content::Content;
use crate::{PackWriter, Result};

/// What may stand under `#[varpack(mmap)]` in a struct that is only saved, [`#[varpack(save_only)]`](macro@crate::Varpack#save_only):
/// a [`MmapField`](super::MmapField), and any array that someone else holds, where it lies. The elements go into the file without a copy in memory.
///
/// ```
/// # use std::collections::BTreeMap;
/// use ndarray::{Array2, ArrayView2};
/// use varpack::MmapArray1;
/// use varpack::field::SaveMmap;
///
/// fn mmap<T: SaveMmap>() {}
///
/// mmap::<&[f32]>();
/// mmap::<&Array2<f32>>();
/// mmap::<ArrayView2<'_, f32>>(); // and every other array of `ndarray`
/// mmap::<BTreeMap<&str, ArrayView2<'_, f32>>>(); // a file an array
/// mmap::<Vec<&Vec<f32>>>(); // as a map with the keys `0`, `1`, …
/// mmap::<Option<&MmapArray1<f32>>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved as arrays",
    label = "not an array, nor a list or map of arrays",
    note = "use a slice `&[T]`, any array of `ndarray` or `varpack`, a reference to one, or a list or map of them (with texts or integers as keys); `#[varpack(npy)]` for a `Vec<T>` of elements, `#[varpack(nested)]` for a struct that derives `Varpack`, `#[varpack(separate)]` for any other value"
)]
pub trait SaveMmap {
    /// What the options of `mmap` are for.
    #[doc(hidden)]
    const KEYS: Keys = Keys::None;

    #[doc(hidden)]
    const IS_OPTION: bool = false;

    /// Whether it is, or holds, an array that is no mere list of numbers: without an attribute it would go into a pickle.
    #[doc(hidden)]
    const NEEDS_ATTRIBUTE: bool = true;

    #[doc(hidden)]
    fn content(&self) -> Content<'_>;
}

/// What may be a value of a map, or in a list, under `#[varpack(mmap)]`, or stand under `#[varpack(npy)]`, in a struct that is only
/// saved: any one array, wherever it lies.
///
/// ```
/// # use ndarray::{Array2, ArrayView2};
/// # use varpack::{ArrayOr, MmapArray1, field::SaveItem};
/// fn entry<T: SaveItem>() {}
///
/// entry::<&[f32]>();
/// entry::<Vec<f32>>();
/// entry::<&Array2<f32>>();
/// entry::<ArrayView2<'_, f32>>();
/// entry::<ArrayOr<&MmapArray1<f32>, &str>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved as an array",
    label = "not an array",
    note = "use a slice `&[T]`, any array of `ndarray` or `varpack`, or a reference to one; `ArrayOr` for maps that mix arrays and values; other values go under `#[varpack(separate)]`"
)]
pub trait SaveItem {
    /// As [`SaveMmap::NEEDS_ATTRIBUTE`].
    #[doc(hidden)]
    const NEEDS_ATTRIBUTE: bool = true;

    #[doc(hidden)]
    fn content(&self) -> Content<'_>;
}

/// What may stand under `#[varpack(nested)]` in a struct that is only saved: one that derives [`Varpack`](crate::Varpack), loaded
/// or not, and has no field under `separate` or `skip_load`, or a reference to such. The derive implements it for those.
///
/// ```
/// use varpack::Varpack;
/// use varpack::field::SaveNested;
///
/// #[derive(Varpack)]
/// #[varpack(save_only)]
/// struct Layer<'s> {
///     #[varpack(mmap)]
///     weights: &'s [f32],
/// }
///
/// fn nested<T: SaveNested>() {}
///
/// nested::<Layer<'_>>();
/// nested::<&Layer<'_>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be nested",
    label = "not a struct that derives `Varpack`, or one with a field under `separate`, `skip_load` or `flatten`",
    note = "an array, or a map of arrays, goes under `mmap`; a struct with such fields, or a list or map of structs, under `flatten`; what else is not one struct, under `separate`"
)]
pub trait SaveNested: SaveFields {
    /// Whether it has arrays that would have files of their own.
    #[doc(hidden)]
    const HAS_ARRAYS: bool = false;

    /// Whether some of those would stay in the pickle where it is nested: `mmap` and `npy` would be without effect.
    #[doc(hidden)]
    const NEEDS_FLATTEN: bool = false;
}

#[diagnostic::do_not_recommend]
impl<T: SaveNested> SaveNested for &T {
    const HAS_ARRAYS: bool = T::HAS_ARRAYS;
    const NEEDS_FLATTEN: bool = T::NEEDS_FLATTEN;
}

/// What may stand under `#[varpack(flatten)]` in a struct that is only saved: a struct that derives [`Varpack`](crate::Varpack), loaded
/// or not, a reference to one, or an `Option`, `Box`, `Rc`, `Arc`, `Vec`, slice or map of such, at any depth.
///
/// ```
/// # use std::collections::BTreeMap;
/// use varpack::Varpack;
/// use varpack::field::SaveFlatten;
///
/// #[derive(Varpack)]
/// #[varpack(save_only)]
/// struct Layer<'s> {
///     #[varpack(mmap)]
///     weights: &'s [f32],
/// }
///
/// fn flatten<T: SaveFlatten>() {}
///
/// flatten::<Layer<'_>>();
/// flatten::<&[Layer<'_>]>();
/// flatten::<BTreeMap<&str, Vec<&Layer<'_>>>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened",
    label = "not a struct that derives `Varpack`, nor an option, list or map of such",
    note = "derive `Varpack` for the struct; the keys of a map are texts, integers, or of a type that implements `varpack::field::MapKey`; an array, or a map of arrays, goes under `mmap`, any other value under `separate`"
)]
pub trait SaveFlatten {
    /// Whether a variable of the field's own name tells what there is.
    #[doc(hidden)]
    const HAS_ENTRIES: bool = false;

    #[doc(hidden)]
    const IS_OPTION: bool = false;

    /// Hands the fields to the writer, as [`SaveFields::write_fields`](crate::SaveFields::write_fields) does.
    ///
    /// # Errors
    /// As for that.
    fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()>;
}
