//! What may stand where in a struct that is only saved: whose an array is, and where it lies, is all the same there.

use super::mmap::{ONE_LEVEL, no_entry, no_value_under_mmap, option_of_option};
use super::types::{is_undecided, not_flat, not_nested};
use crate::attr::Storage;
use crate::ctxt::Ctxt;
use crate::model::Field;
use crate::ty::{Written, display, innermost, is_of_numbers, mapped_vec, no_element};
use syn::Type;

/// The type is one that the attribute is for.
pub(super) fn fits_storage(ctxt: &Ctxt, field: &Field<'_>) {
    if is_undecided(field) {
        return;
    }
    if let Some(why) = unsavable(field) {
        return ctxt.error(field.ty, why);
    }
    let element = match field.storage() {
        Storage::Mmap(_) => element(field.ty, false),
        Storage::Npy => element(field.ty, true),
        _ => None,
    };
    if let Some((element, why)) = element.and_then(|ty| Some((ty, no_element(ty)?))) {
        ctxt.error(element, why);
    }
}

/// Why the type cannot stand where it does.
fn unsavable(field: &Field<'_>) -> Option<String> {
    let ty = field.ty;
    match field.storage() {
        Storage::Mmap(_) => not_arrays(ty),
        Storage::Npy => not_one_array(ty),
        Storage::Nested => not_nested(innermost(ty)),
        Storage::Flatten(_) => not_flat(ty),
        Storage::Value => unmarked(ty),
        Storage::Separate => None,
    }
}

/// The elements of the arrays in a type. `is_one`: whether it is one array, and not a list or map of such.
fn element(ty: &Type, is_one: bool) -> Option<&Type> {
    match Written::of(ty) {
        Written::Reference(inner)
        | Written::Boxed(inner)
        | Written::Option(inner)
        | Written::ArrayOr(inner) => element(inner, is_one),
        Written::Map { value: entry, .. } => element(entry, true),
        Written::Vec(entry) if !is_one => element(entry, true),
        Written::MmapArray { element }
        | Written::Array { element, .. }
        | Written::View { element, .. }
        | Written::Slice(element)
        | Written::Vec(element) => Some(element),
        _ => None,
    }
}

fn is_array(ty: &Type) -> bool {
    matches!(
        Written::of(innermost(ty)),
        Written::MmapArray { .. }
            | Written::AnyArray
            | Written::Array { .. }
            | Written::View { .. }
            | Written::ArrayOr(_)
    )
}

/// What to do with a slice of arrays.
const SLICE: &str = "a slice `&[T]` is one array, with elements of type `T`: for a list of arrays use a `Vec` of them, or a reference to one, under `mmap`";

/// Whether a list of such may stand under `mmap`.
fn is_list_entry(ty: &Type) -> bool {
    is_array(ty) || matches!(Written::of(innermost(ty)), Written::Vec(_) | Written::Slice(_))
}

/// Why the type cannot stand under `mmap`.
fn not_arrays(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        Written::Option(inner) if matches!(Written::of(inner), Written::Option(_)) => {
            Some(option_of_option(ty))
        }
        Written::Reference(inner) | Written::Boxed(inner) | Written::Option(inner) => {
            not_arrays(inner)
        }
        Written::Vec(element) if is_of_numbers(element) => {
            let (written, element) = (display(ty), display(element));
            Some(format!(
                "`{written}` is one array, and under `mmap` a `Vec` is a list of arrays: use `&[{element}]`, or, of what is always there, write `npy` in place of `mmap`"
            ))
        }
        Written::Slice(entry) if is_list_entry(entry) => Some(SLICE.to_owned()),
        Written::Vec(entry) | Written::Map { value: entry, .. } => not_entry(entry),
        _ => no_value_under_mmap(ty),
    }
}

/// Why the type cannot be in a list or map of arrays.
fn not_entry(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        Written::Reference(inner) | Written::Boxed(inner) => not_entry(inner),
        Written::Vec(inner) if mapped_vec(inner).is_none() && is_array(inner) => {
            Some(ONE_LEVEL.to_owned())
        }
        Written::Map { .. } | Written::Option(_) | Written::Number | Written::Text => no_entry(ty),
        _ => None,
    }
}

/// Why the type cannot stand under `npy`.
fn not_one_array(ty: &Type) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::Reference(inner) | Written::Boxed(inner) => not_one_array(inner),
        Written::Number | Written::Text => Some(format!(
            "`{written}` is not an array: leave `npy` out, for a value in the shared pickle"
        )),
        Written::Vec(entry) if is_array(entry) => {
            Some(format!("`{written}` is a list of arrays: write `mmap` in place of `npy`"))
        }
        Written::Slice(entry) if is_list_entry(entry) => Some(SLICE.to_owned()),
        Written::Map { .. } => Some(
            "`npy` is for one array: write `mmap` for a map of arrays, `separate` for any other map"
                .to_owned(),
        ),
        Written::Option(_) => Some(
            "`npy` is for an array that is always there: write `mmap` in place of `npy`, with a slice in place of a `Vec`"
                .to_owned(),
        ),
        Written::ArrayOr(_) => Some(format!(
            "`ArrayOr` is for what is in a list or map: use `BTreeMap<&str, {written}>` under `mmap`"
        )),
        _ => None,
    }
}

/// Why the type needs an attribute.
fn unmarked(ty: &Type) -> Option<String> {
    let is_of_arrays = match Written::of(innermost(ty)) {
        Written::Vec(entry) | Written::Map { value: entry, .. } => is_array(entry),
        _ => is_array(ty),
    };
    is_of_arrays.then(|| {
        format!(
            "`{}` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle",
            display(ty)
        )
    })
}
