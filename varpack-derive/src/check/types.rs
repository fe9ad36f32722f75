//! Rules about the written types of fields. What hides behind an alias is left to the traits.

use crate::attr::{MmapOptions, Skip, Storage};
use crate::ctxt::Ctxt;
use crate::model::Field;
use crate::ty::{Written, display, is_primitive, mapped_vec, no_element, owned, parts, references};
use syn::Type;

/// A loaded struct owns its data.
pub(crate) fn is_owned(ctxt: &Ctxt, field: &Field<'_>) {
    if field.skip() == Skip::Both {
        return;
    }
    match Written::of(field.ty) {
        Written::Reference(referent) => ctxt.error(field.ty, borrows(referent)),
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

/// What to write in the place of a reference.
fn borrows(referent: &Type) -> String {
    let why = "a loaded struct owns its data, it cannot borrow";
    match owned(referent) {
        // These references have a default.
        Some(owned) if matches!(owned.as_str(), "String") || matches!(referent, Type::Slice(_)) => {
            format!("{why}: use `{owned}`, or leave the field out, `#[varpack(skip)]`")
        }
        Some(owned) => format!("{why}: use `{owned}`, or {LEFT_OUT}"),
        None => format!("{why}: {LEFT_OUT}"),
    }
}

/// The type is one that the attribute is for.
pub(crate) fn fits_storage(ctxt: &Ctxt, field: &Field<'_>) {
    let attrs = &field.attrs;
    if field.skip() == Skip::Both || attrs.is_faulty || attrs.storage.len() > 1 {
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
    match Written::of(field.ty) {
        Written::Map { value, .. } if is_array_or(value) => match field.storage() {
            Storage::Mmap(_) | Storage::Value => None,
            Storage::Separate | Storage::Nested | Storage::Flatten(_) | Storage::Npy => {
                Some(format!(
                    "a map of arrays and values goes under `mmap`: write it in place of `{word}`"
                ))
            }
        },
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
                "`ArrayOr` is for the values of a map: use `BTreeMap<String, {}>` under `mmap`",
                display(part)
            )
        }),
    }
}

/// The elements of the arrays in a type are such that NumPy has.
fn elements(ctxt: &Ctxt, ty: &Type) {
    let element = match Written::of(ty) {
        Written::MmapArray { element } | Written::Array { element, .. } | Written::Vec(element) => {
            element
        }
        Written::Option(inner) | Written::ArrayOr(inner) | Written::Map { value: inner, .. } => {
            return elements(ctxt, inner);
        }
        _ => return,
    };
    if let Some(why) = no_element(element) {
        ctxt.error(element, why);
    }
}

/// Why the type cannot stand under `mmap`.
fn unmappable(ty: &Type) -> Option<String> {
    match Written::of(ty) {
        // These two go under `npy` as they are.
        Written::Array { mapped, .. } => {
            Some(format!("{}, or `npy` in place of `mmap`", in_memory(ty, &mapped)))
        }
        Written::Vec(element) if matches!(Written::of(element), Written::Number) => {
            let mapped = mapped_vec(element)?;
            Some(format!("{}, or `npy` in place of `mmap`", in_memory(ty, &mapped)))
        }
        Written::Map { value, .. } => match Written::of(value) {
            Written::Map { .. } => Some(format!(
                "a map of arrays has one level: join the keys, as in `\"train.images\"`, make the outer map a \
                 struct under `flatten`{OR_SEPARATE}"
            )),
            Written::Option(_) => Some(format!(
                "a map holds arrays, not options of them: leave the key out{OR_SEPARATE}"
            )),
            _ => no_array(value, OR_SEPARATE),
        },
        Written::Option(inner) => no_array(inner, OR_SEPARATE),
        _ => no_array(ty, OR_SEPARATE),
    }
}

/// Where a value of the type may stand as it is.
const OR_SEPARATE: &str = ", or `separate` in place of `mmap`";

/// Why the type is not an array that can be mapped. `or`: what else there is to be done, where the type is a value.
fn no_array(ty: &Type, or: &str) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::Array { mapped, .. } => Some(in_memory(ty, &mapped) + or),
        Written::Vec(element) => Some(match (Written::of(element), mapped_vec(element)) {
            (Written::MmapArray { .. }, _) => format!(
                "a list of arrays cannot be mapped: use a map, `BTreeMap<String, {}>`{or}",
                display(element)
            ),
            (Written::Number, Some(mapped)) => in_memory(ty, &mapped) + or,
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
        Written::Boxed(inner) => boxed_array(inner),
        Written::ArrayOr(array) => match Written::of(array) {
            Written::Number | Written::Text => Some(format!(
                "the first type of `ArrayOr` is an array, and `{}` is none: leave `ArrayOr` and `mmap` out",
                display(array)
            )),
            _ => no_array(array, ""),
        },
        Written::Map { .. } => Some(format!("`{written}` is not an array: use `separate`")),
        Written::Number | Written::Text => Some(format!(
            "`{written}` is not an array: leave `mmap` out, for a value in the shared pickle"
        )),
        _ => None,
    }
}

fn in_memory(ty: &Type, mapped: &str) -> String {
    format!("`{}` lives in memory: use `{mapped}`", display(ty))
}

/// Why an array stands in the folder itself, and not behind a pointer.
fn boxed_array(inner: &Type) -> Option<String> {
    matches!(Written::of(inner), Written::MmapArray { .. }).then(|| {
        format!(
            "an array to be mapped is no pointer to one: write `{}`, and share what holds it",
            display(inner)
        )
    })
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
        Written::MmapArray { .. } => {
            Some(format!("`{written}` is mapped: write `mmap` in place of `npy`"))
        }
        Written::Vec(element) => match (Written::of(element), mapped_vec(element)) {
            (Written::Number | Written::Other, _) => None,
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
        Written::Option(inner) => match (Written::of(inner), mapped(inner)) {
            (Written::MmapArray { .. }, _) => {
                Some(format!("`{written}` is mapped: write `mmap` in place of `npy`"))
            }
            (_, Some(mapped)) => Some(format!(
                "`npy` is for an array that is always there: use `Option<{mapped}>` under `mmap`, or `separate` in place of `npy`"
            )),
            (_, None) => None,
        },
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
fn not_nested(ty: &Type) -> Option<String> {
    is_primitive(ty).then(|| {
        format!(
            "`{}` is not a struct: leave `nested` out, for a value in the shared pickle",
            display(ty)
        )
    })
}

/// Why the type cannot stand under `flatten`.
fn not_flat(ty: &Type) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::MmapArray { .. } => {
            Some(format!("`{written}` is one array: write `mmap` in place of `flatten`"))
        }
        Written::Option(inner) | Written::Map { value: inner, .. }
            if matches!(Written::of(inner), Written::MmapArray { .. }) =>
        {
            Some(format!("`{written}` has arrays, no structs: write `mmap` in place of `flatten`"))
        }
        Written::Option(inner) if matches!(Written::of(inner), Written::Option(_)) => {
            Some(format!("`{written}` is an option of an option: one is enough to be flattened"))
        }
        Written::Array { .. } => {
            Some(format!("`{written}` is one array: write `npy` in place of `flatten`"))
        }
        Written::Vec(inner)
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

/// Why the type needs an attribute.
fn unmarked_array(ty: &Type) -> Option<String> {
    let written = display(ty);
    match Written::of(ty) {
        Written::MmapArray { .. } => {}
        Written::Option(inner) | Written::Map { value: inner, .. }
            if matches!(Written::of(inner), Written::MmapArray { .. }) => {}
        Written::Map { value, .. } if matches!(Written::of(value), Written::ArrayOr(_)) => {
            return Some(format!("`{written}` needs an attribute: `#[varpack(mmap)]`"));
        }
        Written::Boxed(inner) => return boxed_array(inner),
        Written::Array { .. } => {
            return Some(format!(
                "`{written}` needs an attribute: `#[varpack(npy)]` for a `.npy` file, `separate` for a pickle"
            ));
        }
        _ => return None,
    }
    Some(format!(
        "`{written}` needs an attribute: `#[varpack(mmap)]` for `.npy` files, `separate` for a pickle"
    ))
}

/// The options of `mmap` go with the maps that they are for.
pub(crate) fn fits_mmap_options(ctxt: &Ctxt, field: &Field<'_>) {
    let [storage] = field.attrs.storage.as_slice() else { return };
    let Storage::Mmap(options) = &storage.value else { return };
    if field.skip() == Skip::Save {
        return;
    }
    let MmapOptions { min_len, int_keys } = options.as_ref();
    match Written::of(field.ty) {
        Written::MmapArray { .. } | Written::Option(_) => {
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
        Written::Map { key, .. } if matches!(Written::of(key), Written::Text) => {
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
