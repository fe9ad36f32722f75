//! Rules between the attributes of one field.

use super::types::needs_no_attribute;
use crate::attr::{Skip, Storage};
use crate::ctxt::Ctxt;
use crate::model::Field;

/// A field lives in one place.
pub(crate) fn one_storage(ctxt: &Ctxt, field: &Field<'_>) {
    let [first, second, ..] = field.attrs.storage.as_slice() else { return };
    let (one, other) = (first.value.word(), second.value.word());
    let message = if one == other {
        format!("`{one}` is given twice")
    } else {
        format!("`{one}` and `{other}` exclude each other: a field lives in one place")
    };
    ctxt.error_between(first, second, message);
}

/// `skip` covers `skip_load` and `skip_save`, and both of them together are `skip`.
pub(crate) fn one_skip(ctxt: &Ctxt, field: &Field<'_>) {
    let [first, second, ..] = field.attrs.skip.as_slice() else { return };
    let (one, other) = (first.value.word(), second.value.word());
    let message = if one == other {
        format!("`{one}` is given twice")
    } else {
        format!("`{one}` and `{other}` together: write `skip`")
    };
    ctxt.error_between(first, second, message);
}

/// What is neither saved nor loaded has neither a place nor a name in the folder.
pub(crate) fn skip_stands_alone(ctxt: &Ctxt, field: &Field<'_>) {
    let Some(skip) = field.attrs.skip.iter().find(|skip| skip.value == Skip::Both) else { return };
    let attrs = &field.attrs;
    let idle = |word: &str| {
        format!("`{word}` has no effect beside `skip`: the field is not in the folder")
    };
    for storage in &attrs.storage {
        ctxt.error_between(storage, skip, idle(storage.value.word()));
    }
    if let Some(rename) = &attrs.rename {
        ctxt.error_between(rename, skip, idle("rename"));
    }
    for alias in &attrs.aliases {
        ctxt.error_between(alias, skip, idle("alias"));
    }
}

/// Of a flattened struct each field says for itself whether it is loaded.
pub(crate) fn flattened_is_loaded(ctxt: &Ctxt, field: &Field<'_>) {
    let [skip] = field.attrs.skip.as_slice() else { return };
    let [storage] = field.attrs.storage.as_slice() else { return };
    if skip.value == Skip::Load && matches!(storage.value, Storage::Flatten(_)) {
        ctxt.error_between(
            skip,
            storage,
            "`skip_load` goes on the fields of a flattened struct, not on the struct: each is a variable of its own",
        );
    }
}

/// What is not saved needs no place, and no choice of one: a load finds a value wherever it is.
pub(crate) fn unsaved_has_no_place(ctxt: &Ctxt, field: &Field<'_>) {
    let [skip] = field.attrs.skip.as_slice() else { return };
    let [storage] = field.attrs.storage.as_slice() else { return };
    if skip.value != Skip::Save || field.attrs.is_faulty {
        return;
    }
    let idle =
        |word: &str| format!("`{word}` has no effect beside `skip_save`: the field is not saved");
    match &storage.value {
        // Where it says that an array is a value, or answers serde, it has one.
        Storage::Separate if needs_no_attribute(field.ty) && field.attrs.serde.is_empty() => {
            ctxt.error_between(storage, skip, idle("separate"));
        }
        Storage::Mmap(options) => {
            if let Some(min_len) = &options.min_len {
                ctxt.error(min_len, idle("min_len"));
            }
            if let Some(int_keys) = &options.int_keys {
                ctxt.error(int_keys, idle("int_keys"));
            }
        }
        _ => {}
    }
}

/// A struct that is never loaded needs nothing that only a load looks at. An `alias` a save looks at too: what the folder has
/// by that name it replaces.
pub(crate) fn nothing_is_for_loads(ctxt: &Ctxt, field: &Field<'_>) {
    let idle = |word: &str| {
        format!(
            "`{word}` has no effect in a `save_only` struct, which is never loaded: leave it out"
        )
    };
    for (word, said) in field.said_of_loads() {
        ctxt.error(said, idle(word));
    }
    for skip in field.attrs.skip.iter().filter(|skip| skip.value == Skip::Save) {
        ctxt.error(
            skip,
            "a `save_only` struct is never loaded, so this field would be neither saved nor loaded: write `skip` in place of `skip_save`",
        );
    }
}
