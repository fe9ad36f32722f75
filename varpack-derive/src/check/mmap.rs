//! What `mmap` is for: which written types go under it, what needs it, and its options.

use crate::attr::{MmapOptions, Skip, Storage};
use crate::ctxt::Ctxt;
use crate::model::Field;
use crate::ty::{Written, display, innermost, is_mapped, is_of_numbers, is_primitive, mapped_vec};
use syn::Type;

/// Why the type cannot stand under `mmap`.
pub(crate) fn unmappable(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        // These two go under `npy` as they are.
        Written::Array { mapped, .. } => {
            Some(format!("{}, or `npy` in place of `mmap`", in_memory(ty, &mapped)))
        }
        Written::Vec(element) if is_of_numbers(element) => {
            let mapped = mapped_vec(element)?;
            Some(format!("{}, or `npy` in place of `mmap`", in_memory(ty, &mapped)))
        }
        _ => not_mapped(ty),
    }
}

/// The same of a type that `npy` is not for either.
fn not_mapped(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        _ if is_mapped(ty) => None,
        Written::Map { value, .. } => no_entry(value),
        Written::Option(inner) if matches!(Written::of(inner), Written::Option(_)) => {
            Some(option_of_option(ty))
        }
        Written::Option(inner) | Written::Boxed(inner) => not_mapped(inner),
        Written::Vec(entry) if matches!(Written::of(innermost(entry)), Written::Map { .. }) => {
            Some(ONE_LEVEL.to_owned())
        }
        Written::Vec(entry) if may_be_mapped(innermost(entry)) => no_entry(entry),
        _ => no_array(ty, OR_SEPARATE),
    }
}

pub(super) fn option_of_option(ty: &Type) -> String {
    let written = display(ty);
    format!("`{written}` is an option of an option: one is enough to be left out{OR_SEPARATE}")
}

/// Whether the type is an array, or may be one by another name, which the traits tell.
fn may_be_mapped(ty: &Type) -> bool {
    let array = match Written::of(ty) {
        Written::ArrayOr(array) => array,
        _ => ty,
    };
    is_mapped(ty) || matches!((Written::of(array), array), (Written::Other, Type::Path(_)))
}

/// Why the type cannot be in a list or map of arrays.
pub(super) fn no_entry(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        Written::Map { .. } => Some(format!(
            "a map of arrays has one level: join the keys, as in `\"train.images\"`, make the outer map a \
             struct under `flatten`{OR_SEPARATE}"
        )),
        Written::Vec(inner) if is_mapped(inner) => Some(ONE_LEVEL.to_owned()),
        Written::Option(_) => Some(format!(
            "a list or map holds arrays, not options of them: leave out what is none{OR_SEPARATE}"
        )),
        Written::Boxed(inner) => no_entry(inner),
        _ => no_array(ty, OR_SEPARATE),
    }
}

/// What to do with lists of lists and the like.
pub(super) const ONE_LEVEL: &str = "a list or map of arrays has one level: make what is within it a struct, and let all of it go under `flatten`, or `separate` in place of `mmap`";

/// Where a value of the type may stand as it is.
const OR_SEPARATE: &str = ", or `separate` in place of `mmap`";

/// Why the type is not an array that can be mapped. `or`: what else there is to be done, where the type is a value.
fn no_array(ty: &Type, or: &str) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::Array { mapped, .. } => Some(in_memory(ty, &mapped) + or),
        Written::Vec(element) => Some(match (Written::of(element), mapped_vec(element)) {
            (_, Some(mapped)) if is_of_numbers(element) => in_memory(ty, &mapped) + or,
            (_, Some(mapped)) => format!("`{written}` is a list of lists: use `{mapped}`{or}"),
            // It may be a record.
            (Written::Other, None) if matches!(element, Type::Path(_)) => {
                let element = display(element);
                format!(
                    "`{written}` lives in memory: use `MmapArray1<{element}>` if `{element}` is a `varpack::Element`{or}"
                )
            }
            (_, None) => format!("`{written}` is not an array of numbers: use `separate`"),
        }),
        Written::FixedArray(element) => Some(match mapped_vec(element) {
            Some(mapped) => in_memory(ty, &mapped) + or,
            None => format!("`{written}` is not an array of numbers: use `separate`"),
        }),
        Written::ArrayOr(array) => match Written::of(array) {
            Written::Number | Written::Text => Some(format!(
                "the first type of `ArrayOr` is an array, and `{}` is none: write the array first, or leave `ArrayOr` and `mmap` out",
                display(array)
            )),
            _ => no_array(array, ""),
        },
        Written::Map { .. } => Some(format!("`{written}` is not an array: use `separate`")),
        _ => no_value_under_mmap(ty),
    }
}

/// What `mmap` has no meaning for.
pub(super) fn no_value_under_mmap(ty: &Type) -> Option<String> {
    matches!(Written::of(ty), Written::Number | Written::Text).then(|| {
        format!(
            "`{}` is not an array: leave `mmap` out, for a value in the shared pickle",
            display(ty)
        )
    })
}

fn in_memory(ty: &Type, mapped: &str) -> String {
    format!("`{}` lives in memory: use `{mapped}`", display(ty))
}

/// Why the type needs an attribute.
pub(crate) fn unmarked_array(ty: &Type) -> Option<String> {
    let written = display(ty);
    let has_values = match Written::of(innermost(ty)) {
        Written::Vec(entry) | Written::Map { value: entry, .. } => {
            matches!(Written::of(innermost(entry)), Written::ArrayOr(_))
        }
        _ => false,
    };
    match Written::of(ty) {
        _ if has_values => Some(format!("`{written}` needs an attribute: `#[varpack(mmap)]`")),
        _ if is_mapped(ty) => Some(format!(
            "`{written}` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
        )),
        Written::Array { .. } => Some(format!(
            "`{written}` needs an attribute: `#[varpack(npy)]` for a `.npy` file, `separate` for a pickle"
        )),
        _ => None,
    }
}

/// The options of `mmap` go with the maps that they are for.
pub(crate) fn fits_mmap_options(ctxt: &Ctxt, field: &Field<'_>) {
    let [storage] = field.attrs.storage.as_slice() else { return };
    let Storage::Mmap(options) = &storage.value else { return };
    if field.skip() == Skip::Save {
        return;
    }
    let MmapOptions { min_len, int_keys } = options.as_ref();
    match Written::of(innermost(field.ty)) {
        Written::Vec(_) => {
            if let Some(int_keys) = int_keys {
                ctxt.error(
                    int_keys,
                    "`int_keys` is for a map with integer keys: those of a list are texts",
                );
            }
        }
        Written::MmapArray { .. }
        | Written::AnyArray
        | Written::Array { .. }
        | Written::View { .. }
        | Written::Slice(_) => {
            if let Some(min_len) = min_len {
                ctxt.error(
                    min_len,
                    "`min_len` is for a map of arrays: one array always has its file",
                );
            }
            if let Some(int_keys) = int_keys {
                ctxt.error(int_keys, "`int_keys` is for a map of arrays with integer keys");
            }
        }
        Written::Map { key, .. } if matches!(Written::of(innermost(key)), Written::Text) => {
            if let Some(int_keys) = int_keys {
                ctxt.error(
                    int_keys,
                    format!("`int_keys` is for integer keys, not `{}`", display(key)),
                );
            }
        }
        Written::Map { key, .. } if is_primitive(key) && int_keys.is_none() => {
            if let Some(min_len) = min_len {
                ctxt.error(
                    min_len,
                    "`min_len` has no effect without `int_keys`: the arrays of a map with integer keys stay in its pickle",
                );
            }
        }
        _ => {}
    }
}
