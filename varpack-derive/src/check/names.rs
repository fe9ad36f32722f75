//! Rules about the names of variables: each is a key of Python's dict, and where it is not in the shared pickle the
//! stem of a file.

use crate::attr::{Skip, Storage};
use crate::ctxt::Ctxt;
use crate::model::{Field, VariableName};
use crate::ty::{Written, display};
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Names that the Python program's own attributes take.
const RESERVED: [&str; 4] =
    ["__internal__", "__class__", "__dict__", "_replace_numpy_placeholders"];

/// Names of the folder's own files.
const RESERVED_STEMS: [&str; 2] = ["__misc_vars__", "varpack"];

/// File systems take 255 bytes, and `.pickle` follows the name.
const MAX_BYTES: usize = 255 - ".pickle".len();

/// Bytes of the longest name of a variable in the shared pickle.
const MAX_KEY_BYTES: usize = 4096;

/// What is wrong with a name; `None` if nothing is. `is_stem`: whether a file is called by it; `instead`: what to do about
/// a name that is taken.
fn fault(name: &str, is_stem: bool, instead: &str) -> Option<String> {
    let stems = if is_stem { RESERVED_STEMS.as_slice() } else { &[] };
    if RESERVED.iter().chain(stems).any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return Some(format!(
            "`{name}` is a name that the folder or the Python program needs: {instead}"
        ));
    }
    if !is_stem {
        let len = name.len();
        return (len > MAX_KEY_BYTES).then(|| {
            format!("this name is {len} bytes long, and a variable's can have {MAX_KEY_BYTES}")
        });
    }
    if name.is_empty() {
        return Some("the name of a variable with a file of its own cannot be empty".to_owned());
    }
    if name.starts_with('.') {
        return Some(format!("`{name}` would be a hidden file: a name cannot start with a dot"));
    }
    if let Some(bad) = name.chars().find(|c| matches!(c, '/' | '\\') || c.is_control()) {
        return Some(format!(
            "{bad:?} cannot be in the name of a variable with a file of its own, which has its name"
        ));
    }
    if name.len() > MAX_BYTES {
        let len = name.len();
        return Some(format!(
            "this name is {len} bytes long, and a file's name can have {MAX_BYTES}"
        ));
    }
    None
}

/// Names and aliases are such that a folder can hold them.
pub(crate) fn can_be_files(ctxt: &Ctxt, field: &Field<'_>) {
    if field.skip() == Skip::Both {
        return;
    }
    let is_stem = !matches!(field.storage(), Storage::Value | Storage::Flatten(_));
    let instead = "give the field another name or `rename = \"…\"`";
    if let Some(fault) = fault(&field.name.value, is_stem, instead) {
        ctxt.error(&field.name, fault);
    }
    for alias in &field.attrs.aliases {
        let name = alias.value.value();
        // In a flattened struct the slash leads to the top of the folder.
        let name = name.strip_prefix('/').filter(|_| is_stem).unwrap_or(&name);
        if let Some(fault) = fault(name, is_stem, "leave the alias out") {
            ctxt.error(&alias.value, fault);
        }
    }
}

/// No two fields share a variable, or a file where case does not count.
pub(crate) fn are_distinct(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let fields: Vec<_> = fields.iter().filter(|field| field.skip() != Skip::Both).collect();
    for (i, field) in fields.iter().enumerate() {
        if let Some(other) = fields[..i].iter().find(|other| same_file(&other.name, &field.name)) {
            let (one, two, name) = (&other.ident, &field.ident, &field.name.value);
            let message = if other.name.value == *name {
                format!("`{one}` and `{two}` would share the variable `{name}`")
            } else {
                let first = &other.name.value;
                format!("`{first}` and `{name}` would share a file where case does not count")
            };
            ctxt.error_between(&other.name, &field.name, message);
        }
    }
    aliases_are_distinct(ctxt, &fields);
}

/// The entries of an option, list or map are told from other variables by their prefix.
pub(crate) fn has_room_for_entries(ctxt: &Ctxt, field: &Field<'_>) {
    let Storage::Flatten(options) = field.storage() else { return };
    let Some(prefix) = options.prefix.as_ref().filter(|prefix| prefix.value.value().is_empty())
    else {
        return;
    };
    let mut written = Written::of(field.ty);
    while let Written::Boxed(inner) | Written::Reference(inner) = written {
        written = Written::of(inner);
    }
    if let Written::Option(_) | Written::Vec(_) | Written::Slice(_) | Written::Map { .. } = written
    {
        ctxt.error(
            prefix,
            format!(
                "`{}` needs a prefix, by which its variables are told from others",
                display(field.ty)
            ),
        );
    }
}

/// A variable is of one flattened field, and of no other.
pub(crate) fn are_of_one_group(ctxt: &Ctxt, fields: &[Field<'_>]) {
    let groups = || {
        let groups = fields.iter().filter(|field| field.skip() != Skip::Both);
        let groups = groups.filter_map(|field| Some((field, field.prefix()?)));
        groups.filter(|(_, prefix)| !prefix.is_empty())
    };
    for (i, (field, prefix)) in groups().enumerate() {
        if let Some((other, _)) = groups().take(i).find(|(_, other)| *other == prefix) {
            let (one, two) = (&other.ident, &field.ident);
            let message =
                format!("the variables of `{one}` and `{two}` would both begin with `{prefix}`");
            ctxt.error_between(one, two, message);
        }
    }
    for (group, prefix) in groups() {
        let is_below = |field: &&Field<'_>| {
            field.skip() != Skip::Both && field.name.value.starts_with(&prefix)
        };
        // Another prefix is a choice, and so is what stands beside it.
        let is_plain = prefix == format!("{}.", group.name.value);
        for field in fields.iter().filter(|_| is_plain).filter(is_below) {
            let (name, group) = (&field.name.value, &group.ident);
            let message =
                format!("`{name}` is the name of a variable of the flattened field `{group}`");
            ctxt.error(&field.name, message);
        }
    }
}

fn same_file(one: &VariableName<'_>, other: &VariableName<'_>) -> bool {
    one.value.to_lowercase() == other.value.to_lowercase()
}

/// An alias leads to one field only.
fn aliases_are_distinct(ctxt: &Ctxt, fields: &[&Field<'_>]) {
    let names = fields.iter().map(|field| {
        let name = &field.name;
        (name.value.clone(), name.to_token_stream(), *field)
    });
    let mut taken: Vec<(String, TokenStream, &Field<'_>)> = names.collect();
    for field in fields {
        for alias in &field.attrs.aliases {
            let value = alias.value.value();
            if let Some((_, place, owner)) = taken.iter().find(|(name, ..)| *name == value) {
                let message = if std::ptr::eq(*owner, *field) {
                    format!("`{value}` is a name of this field already")
                } else {
                    format!("`{value}` is a name of the field `{}` already", owner.ident)
                };
                ctxt.error_between(place, &alias.value, message);
            }
            taken.push((value, alias.value.to_token_stream(), *field));
        }
    }
}
