//! `from` and `try_from`: a load reads another struct, and makes this one of it.

use crate::ctxt::Ctxt;
use crate::model::{Field, Struct};

/// A save would take what the folder has by the older name for what this field is, and leave it so.
const ALIAS: &str = "`alias` goes on the fields of the struct that is loaded, not beside `from` or `try_from`: what it has by that name is no value of this field";

/// There is one struct that it is made of, and it is loaded.
pub(crate) fn is_one(ctxt: &Ctxt, model: &Struct<'_>) {
    if let (Some(older), Some(save_only)) = (model.attrs.older(), &model.attrs.save_only) {
        let message =
            "`from` and `try_from` have no effect beside `save_only`: the struct is not loaded";
        ctxt.error_between(older, save_only, message);
    }
    if let (Some(from), Some(try_from)) = (&model.attrs.from, &model.attrs.try_from) {
        let message =
            "`from` and `try_from` exclude each other: a load makes the struct of one other";
        ctxt.error_between(from, try_from, message);
    }
}

/// Its own fields are saved and not read.
pub(crate) fn leaves_effect(ctxt: &Ctxt, model: &Struct<'_>, field: &Field<'_>) {
    if model.attrs.older().is_none() {
        return;
    }
    let idle = |word: &str| {
        format!(
            "`{word}` has no effect beside `from` or `try_from`: a load reads the other struct, and not this field"
        )
    };
    for (word, said) in field.said_of_loads() {
        ctxt.error(said, idle(word));
    }
    for alias in &field.attrs.aliases {
        ctxt.error(alias, ALIAS);
    }
}
