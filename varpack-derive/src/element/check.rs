//! What makes a struct a record, as far as its tokens tell; each rule a function.

use super::model::{RecordField, RecordStruct};
use crate::attr::{IGNORE_SERDE, OF_SERDE_ALONE};
use crate::ty::{SIZES_I64, SIZES_U64, USE_BOOL8, Written, of_std, ungroup};
use proc_macro2::Span;
use std::collections::HashMap;
use syn::{Error, Type};

pub(super) fn check(record: &RecordStruct<'_>, errors: &mut Vec<Error>) {
    // Without fields there is an error about those already.
    let is_struct = errors.is_empty() || !record.fields.is_empty();
    errors.extend(not_generic(record));
    if is_struct {
        errors.extend(fixed_layout(record));
        errors.extend(some_field(record));
    }
    errors.extend(different_names(record));
    for field in &record.fields {
        errors.extend(if field.padding { padding_type(field) } else { field_type(field.ty) });
        errors.extend(has_name(field));
    }
    if !record.ignores_serde {
        errors.extend(serde_has_no_say(record));
    }
}

fn not_generic(record: &RecordStruct<'_>) -> Option<Error> {
    let generics = record.generics;
    (!generics.params.is_empty()).then(|| {
        Error::new_spanned(
            generics,
            "a NumPy record cannot be generic, for its layout has to be known: write a struct for each type",
        )
    })
}

fn fixed_layout(record: &RecordStruct<'_>) -> Option<Error> {
    let message = match (record.repr.c, record.repr.transparent) {
        (true, _) => return None,
        (false, true) => "a NumPy record is `#[repr(C)]`, not `#[repr(transparent)]`",
        (false, false) => {
            "a NumPy record needs a fixed layout: add `#[repr(C)]` to the struct, or \
             `#[repr(C, packed)]` to have no padding"
        }
    };
    Some(Error::new(record.ident.span(), message))
}

fn some_field(record: &RecordStruct<'_>) -> Option<Error> {
    record.fields.iter().all(|field| field.padding).then(|| {
        Error::new(
            record.ident.span(),
            "a NumPy record needs at least one field that is not padding",
        )
    })
}

fn different_names(record: &RecordStruct<'_>) -> Option<Error> {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    let mut all: Option<Error> = None;
    for field in record.fields.iter().filter(|field| !field.padding) {
        if let Some(&first) = seen.get(field.name.as_str()) {
            let name = &field.name;
            let mut error = Error::new(field.name_span, format!("a second field named `{name}`"));
            error.combine(Error::new(first, format!("the first field named `{name}`")));
            match &mut all {
                Some(all) => all.combine(error),
                None => all = Some(error),
            }
        }
        seen.entry(&field.name).or_insert(field.name_span);
    }
    all
}

fn has_name(field: &RecordField<'_>) -> Option<Error> {
    field.name.is_empty().then(|| Error::new(field.name_span, "a field's name cannot be empty"))
}

/// A record's bytes are saved whole, under the names of its fields: one that serde skips would be on the disk with the
/// others, and one that it renames under another name.
fn serde_has_no_say<'r>(record: &'r RecordStruct<'_>) -> impl Iterator<Item = Error> + 'r {
    let are_renamed = record.fields.iter().all(|field| field.is_renamed || field.padding);
    let above = record.serde.iter().filter_map(move |item| match item.word.as_str() {
        // The name of a struct is in no dtype.
        "rename" => None,
        "rename_all" if are_renamed => None,
        "rename_all" => Some((item, "write `#[varpack(rename = \"…\")]` on each field")),
        _ => Some((item, "all bytes of a record are in the file")),
    });
    let on_fields = record.fields.iter().flat_map(|field| {
        field.serde.iter().filter_map(|item| match item.word.as_str() {
            "rename" if field.is_renamed => None,
            "rename" => Some((item, "write `#[varpack(rename = \"…\")]`")),
            _ => Some((item, "all bytes of a record are in the file")),
        })
    });
    let all = above.chain(on_fields);
    all.filter(|(item, _)| !OF_SERDE_ALONE.contains(&item.word.as_str())).map(|(item, instead)| {
        let word = &item.word;
        let message =
            format!("`NpyElement` does not read serde's `{word}`: {instead}; {IGNORE_SERDE}");
        Error::new_spanned(item, message)
    })
}

fn padding_type(field: &RecordField<'_>) -> Option<Error> {
    let is_bytes = match Written::of(field.ty) {
        Written::FixedArray(element) => is_named(element, "u8"),
        _ => false,
    };
    (!is_bytes).then(|| Error::new_spanned(field.ty, "padding has the type `[u8; N]`"))
}

/// Types that are often written and have no dtype, with what to write in their place. Any other is
/// up to the compiler, which says that it is no `FieldType`.
fn field_type(ty: &Type) -> Option<Error> {
    let instead = match ungroup(ty) {
        Type::Array(array) => return field_type(&array.elem),
        Type::Reference(_) | Type::Ptr(_) => {
            "a record holds values, not references: for text use `varpack::npy::FixedText<N>`"
        }
        Type::Tuple(_) => {
            "for a record in a record, use a `#[repr(C)]` struct with `#[derive(varpack::NpyElement, Clone, Copy)]`"
        }
        Type::Path(path) => {
            let (name, types) = of_std(&path.path)?;
            match (name.as_str(), types.as_slice()) {
                ("bool", []) => USE_BOOL8,
                ("char", []) => {
                    "use `varpack::npy::FixedText<1>`, for not every code point in a file is a `char`"
                }
                ("String", []) => {
                    "use `varpack::npy::FixedText<N>`, text of at most `N` characters"
                }
                ("usize", []) => SIZES_U64,
                ("isize", []) => SIZES_I64,
                ("Vec", [_]) => "use an array `[T; N]`, a sub-array of fixed size",
                ("Option", [_]) => {
                    "use a number that stands for none, such as NaN, or a second field that tells"
                }
                ("Box", [_]) => {
                    "a record holds values, not pointers to them: use the type in the `Box`"
                }
                ("u128" | "i128", []) => "NumPy has no integers of 128 bits: use `[u64; 2]`",
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(Error::new_spanned(ty, format!("NumPy records have no fields of this type: {instead}")))
}

fn is_named(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}
