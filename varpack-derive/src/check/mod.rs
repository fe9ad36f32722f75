//! The rules that a struct has to keep, apart from what a single attribute may say.

mod attributes;
mod borrowed;
mod cast;
mod from;
mod mmap;
mod names;
mod serde;
mod types;

use crate::ctxt::Ctxt;
use crate::model::Struct;

/// Reports every broken rule.
pub(crate) fn check(ctxt: &Ctxt, model: &Struct<'_>) {
    for field in &model.fields {
        attributes::one_storage(ctxt, field);
        attributes::one_skip(ctxt, field);
        attributes::skip_stands_alone(ctxt, field);
        if field.is_save_only {
            attributes::nothing_is_for_loads(ctxt, field);
            borrowed::fits_storage(ctxt, field);
        } else {
            attributes::unsaved_has_no_place(ctxt, field);
            attributes::flattened_is_loaded(ctxt, field);
            types::is_owned(ctxt, field);
            types::fits_storage(ctxt, field);
        }
        mmap::fits_mmap_options(ctxt, field);
        cast::has_effect(ctxt, field);
        from::leaves_effect(ctxt, model, field);
        names::can_be_files(ctxt, field);
        names::has_room_for_entries(ctxt, field);
    }
    from::is_one(ctxt, model);
    names::are_distinct(ctxt, &model.fields);
    names::are_of_one_group(ctxt, &model.fields);
    if model.attrs.ignore_serde.is_none() {
        serde::is_settled_on_struct(ctxt, model);
        model.fields.iter().for_each(|field| serde::is_settled_on_field(ctxt, field));
    }
}
