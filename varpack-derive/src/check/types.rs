//! Rules about the written types of fields. What hides behind an alias is left to the traits.

use super::mmap::{unmappable, unmarked_array};
use crate::attr::{Skip, Storage};
use crate::ctxt::Ctxt;
use crate::model::Field;
use crate::ty::{
    Written, display, innermost, is_mapped, is_mapped_entry, is_primitive, mapped_vec, no_element,
    owned, parts, references,
};
use syn::Type;

/// A loaded struct owns its data.
pub(crate) fn is_owned(ctxt: &Ctxt, field: &Field<'_>) {
    if field.skip() == Skip::Both {
        return;
    }
    match Written::of(field.ty) {
        Written::Reference(referent) => ctxt.error(field.ty, borrows(referent)),
        // Another's type of that name may own what it has.
        Written::View { mapped, .. } if display(field.ty).contains('\'') => {
            ctxt.error(field.ty, format!("{OWNS}: use `{mapped}`; {ONLY_SAVED}"));
        }
        Written::Pointer => {
            let why = format!("a pointer means nothing in another process: {LEFT_OUT}");
            ctxt.error(field.ty, why);
        }
        _ if field.skip() == Skip::Load => {}
        _ if matches!(field.storage(), Storage::Value | Storage::Separate) => {
            // To a type of the user's own a reference may implement serde's traits.
            let is_of_std =
                |referent: &Type| owned(referent).is_some_and(|owned| owned != display(referent));
            for (reference, referent) in references(field.ty) {
                if is_of_std(referent) {
                    ctxt.error(reference, borrows(referent));
                }
            }
        }
        _ => {}
    }
}

const LEFT_OUT: &str =
    "leave the field out, `#[varpack(skip, default = \"…\")]`, with a function that makes one";

const OWNS: &str = "a loaded struct owns its data, it cannot borrow";

const ONLY_SAVED: &str =
    "one that is saved and never loaded can: write `#[varpack(save_only)]` above it";

/// What to write in the place of a reference.
fn borrows(referent: &Type) -> String {
    let why = OWNS;
    match owned(referent) {
        // These references have a default.
        Some(owned) if matches!(owned.as_str(), "String") || matches!(referent, Type::Slice(_)) => {
            format!(
                "{why}: use `{owned}`, or leave the field out, `#[varpack(skip)]`; {ONLY_SAVED}"
            )
        }
        Some(owned) => format!("{why}: use `{owned}`, or {LEFT_OUT}; {ONLY_SAVED}"),
        None => format!("{why}: {LEFT_OUT}; {ONLY_SAVED}"),
    }
}

/// Whether nothing tells where the field is to live, so that its type is not to be judged.
pub(super) fn is_undecided(field: &Field<'_>) -> bool {
    let attrs = &field.attrs;
    field.skip() == Skip::Both || attrs.is_faulty || attrs.storage.len() > 1
}

/// The type is one that the attribute is for.
pub(crate) fn fits_storage(ctxt: &Ctxt, field: &Field<'_>) {
    if is_undecided(field) {
        return;
    }
    let why = misplaced_array_or(field).or_else(|| match field.storage() {
        Storage::Mmap(_) => unmappable(field.ty),
        Storage::Npy => not_npy(field.ty),
        Storage::Nested => not_nested(field.ty),
        Storage::Flatten(_) => not_flat(field.ty),
        Storage::Value => unmarked_array(field.ty),
        Storage::Separate => None,
    });
    if let Some(why) = why {
        ctxt.error(field.ty, why);
    } else if matches!(field.storage(), Storage::Mmap(_) | Storage::Npy) {
        elements(ctxt, field.ty);
    }
}

/// Why a type with an `ArrayOr` in it cannot stand where it does. A type of that name and of another's is left alone.
fn misplaced_array_or(field: &Field<'_>) -> Option<String> {
    let is_array_or = |ty: &Type| {
        matches!(Written::of(ty), Written::ArrayOr(array)
            if matches!(Written::of(array), Written::MmapArray { .. }))
    };
    let word = field.storage().word();
    match Written::of(innermost(field.ty)) {
        Written::Map { value: entry, .. } | Written::Vec(entry)
            if is_array_or(innermost(entry)) && is_mapped(field.ty) =>
        {
            match field.storage() {
                Storage::Mmap(_) | Storage::Value => None,
                Storage::Separate | Storage::Nested | Storage::Flatten(_) | Storage::Npy => {
                    Some(format!(
                        "a list or map of arrays and values goes under `mmap`: write it in place of `{word}`"
                    ))
                }
            }
        }
        // Of this more is said than that.
        Written::Map { value, .. }
            if matches!(
                (field.storage(), Written::of(value)),
                (Storage::Mmap(_), Written::Map { .. })
            ) =>
        {
            None
        }
        _ => parts(field.ty).into_iter().find(|part| is_array_or(part)).map(|part| {
            format!(
                "`ArrayOr` is for what is in a list or map: use `BTreeMap<String, {}>` under `mmap`",
                display(part)
            )
        }),
    }
}

/// The elements of the arrays in a type are such that NumPy has.
fn elements(ctxt: &Ctxt, ty: &Type) {
    let element = match Written::of(ty) {
        Written::Vec(entry) if is_mapped_entry(entry) => return elements(ctxt, entry),
        Written::MmapArray { element } | Written::Array { element, .. } | Written::Vec(element) => {
            element
        }
        Written::Option(inner)
        | Written::Boxed(inner)
        | Written::ArrayOr(inner)
        | Written::Map { value: inner, .. } => return elements(ctxt, inner),
        _ => return,
    };
    if let Some(why) = no_element(element) {
        ctxt.error(element, why);
    }
}

/// The `MmapArray` of what an array or a list in memory holds; `None` for what is neither, or no numbers.
fn mapped(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        Written::Array { mapped, .. } => Some(mapped),
        Written::Vec(element) | Written::FixedArray(element) => mapped_vec(element),
        _ => None,
    }
}

/// Why the type cannot stand under `npy`.
fn not_npy(ty: &Type) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::MmapArray { .. } | Written::AnyArray => {
            Some(format!("`{written}` is mapped: write `mmap` in place of `npy`"))
        }
        Written::Vec(_) | Written::Option(_) | Written::Boxed(_) if is_mapped(ty) => {
            Some(format!("`{written}` is mapped: write `mmap` in place of `npy`"))
        }
        Written::Vec(element) => match (Written::of(element), mapped_vec(element)) {
            (Written::Number | Written::Other | Written::FixedArray(_), _) => None,
            (_, Some(mapped)) => {
                let array = mapped.replacen("Mmap", "", 1);
                Some(format!(
                    "`{written}` is a list of lists: use `ndarray::{array}`, or `separate` in place of `npy`"
                ))
            }
            (_, None) => Some(format!("`{written}` is not an array of numbers: use `separate`")),
        },
        Written::Map { value, .. } => Some(match mapped(value) {
            Some(mapped) => format!(
                "`npy` is for one array: a map of them is a `BTreeMap<String, {mapped}>` under `mmap`, or goes under `separate`"
            ),
            None => "`npy` is for one array: write `mmap` for a map of `MmapArray`s, `separate` for any other map".to_owned(),
        }),
        Written::Option(inner) => mapped(inner).map(|mapped| {
            format!(
                "`npy` is for an array that is always there: use `Option<{mapped}>` under `mmap`, or `separate` in place of `npy`"
            )
        }),
        Written::FixedArray(_) => {
            let array = mapped(ty)?.replacen("Mmap", "", 1);
            Some(format!(
                "`{written}` has a fixed length, and a `.npy` file has any: use `ndarray::{array}`, or `separate` in place of `npy`"
            ))
        }
        Written::Number | Written::Text => {
            Some(format!("`{written}` is not an array: leave `npy` out, for a value in the shared pickle"))
        }
        _ => None,
    }
}

/// Why the type cannot stand under `nested`. All but the numbers of the language may be the names of the user's own
/// structs: of those the trait tells.
pub(super) fn not_nested(ty: &Type) -> Option<String> {
    is_primitive(ty).then(|| {
        format!(
            "`{}` is not a struct: leave `nested` out, for a value in the shared pickle",
            display(ty)
        )
    })
}

/// Why the type cannot stand under `flatten`.
pub(super) fn not_flat(ty: &Type) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::MmapArray { .. } | Written::AnyArray => {
            Some(format!("`{written}` is one array: write `mmap` in place of `flatten`"))
        }
        _ if is_mapped(ty) => {
            Some(format!("`{written}` has arrays, no structs: write `mmap` in place of `flatten`"))
        }
        Written::Option(inner) if matches!(Written::of(inner), Written::Option(_)) => {
            Some(format!("`{written}` is an option of an option: one is enough to be flattened"))
        }
        Written::Array { .. } => {
            Some(format!("`{written}` is one array: write `npy` in place of `flatten`"))
        }
        Written::Reference(inner) => not_flat(inner),
        Written::Vec(inner)
        | Written::Slice(inner)
        | Written::Option(inner)
        | Written::Boxed(inner)
        | Written::Map { value: inner, .. } => not_flat(inner).map(|why| match is_primitive(inner) {
            true => format!("`{written}` has no structs in it: write `separate` in place of `flatten`"),
            false if has_arrays(inner) => format!(
                "`{written}` has arrays, no structs: put them into a struct that derives `Varpack`, each under `mmap`"
            ),
            false => why,
        }),
        _ => is_primitive(ty).then(|| {
            format!(
                "`{written}` is not a struct: leave `flatten` out, for a value in the shared pickle"
            )
        }),
    }
}

fn has_arrays(ty: &Type) -> bool {
    let is_array =
        |ty: &&Type| matches!(Written::of(ty), Written::MmapArray { .. } | Written::Array { .. });
    parts(ty).iter().any(is_array)
}

/// Whether the type may stand without an attribute.
pub(crate) fn needs_no_attribute(ty: &Type) -> bool {
    unmarked_array(ty).is_none()
}
