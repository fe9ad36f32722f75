//! Rules between the attributes of one field.

use crate::attr::Skip;
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
