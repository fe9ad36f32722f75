//! What serde's attributes would have been for: `Varpack` does not read them, and must not pass over them in
//! silence. A field marked `skip` for serde is not to land on the disk.

use crate::attr::{IGNORE_SERDE, OF_SERDE_ALONE, SerdeItem, Skip, Storage};
use crate::ctxt::Ctxt;
use crate::model::{Field, Struct};
use crate::ty::Written;

/// Each word that serde reads on a field has one of ours beside it that settles the matter.
pub(crate) fn is_settled_on_field(ctxt: &Ctxt, field: &Field<'_>) {
    if field.skip() == Skip::Both || field.attrs.is_faulty {
        return;
    }
    for item in &field.attrs.serde {
        if !OF_SERDE_ALONE.contains(&item.word.as_str()) && !is_settled(field, item) {
            tell(ctxt, item, &instead_on_field(field, item));
        }
    }
}

/// Whether an attribute of ours says what becomes of the field where serde's would have.
fn is_settled(field: &Field<'_>, item: &SerdeItem) -> bool {
    let attrs = &field.attrs;
    match item.word.as_str() {
        "skip_deserializing" | "default" | "deserialize_with" if field.is_save_only => true,
        "skip_serializing" => field.skip() == Skip::Save,
        "skip_deserializing" => field.skip() == Skip::Load,
        "rename" => attrs.rename.is_some(),
        "alias" => !attrs.aliases.is_empty(),
        "default" => attrs.default.is_some() || (field.skip() != Skip::Nothing && !item.has_value),
        // Whatever says that the field lives in a place of its own.
        "flatten" => !matches!(field.storage(), Storage::Value),
        "skip_serializing_if" => matches!(field.storage(), Storage::Mmap(_)),
        // What does not go through serde.
        "with" | "serialize_with" | "deserialize_with" => {
            matches!(
                field.storage(),
                Storage::Mmap(_) | Storage::Npy | Storage::Nested | Storage::Flatten(_)
            )
        }
        _ => false,
    }
}

/// What to write on the field in place of serde's word, or beside it.
fn instead_on_field(field: &Field<'_>, item: &SerdeItem) -> String {
    let with_value = |word: &str| match item.value() {
        Some(value) => format!("write `#[varpack({word} = {value})]`"),
        None => format!("write `#[varpack({word} = \"…\")]`"),
    };
    match item.word.as_str() {
        "skip" => "write `#[varpack(skip)]`".to_owned(),
        "skip_serializing" if field.is_save_only => "write `#[varpack(skip)]`".to_owned(),
        "skip_serializing" => "write `#[varpack(skip_save)]`".to_owned(),
        "skip_deserializing" => "write `#[varpack(skip_load)]`".to_owned(),
        "rename" => with_value("rename"),
        "alias" => with_value("alias"),
        "default" if item.has_value => with_value("default"),
        "default" => "write `#[varpack(default)]`".to_owned(),
        "flatten" => match Written::of(field.ty) {
            Written::Map { .. } => "write `#[varpack(separate)]`, for a variable of its own, or \
                                    `#[varpack(flatten)]` for a map of structs that derive `Varpack` too"
                .to_owned(),
            _ => "write `#[varpack(flatten)]` for a struct that derives `Varpack` too, \
                  `#[varpack(separate)]` for all else"
                .to_owned(),
        },
        "skip_serializing_if" => "it saves every field".to_owned(),
        "with" | "serialize_with" | "deserialize_with" => {
            "give the field a type of your own, and implement serde's traits for it".to_owned()
        }
        _ => String::new(),
    }
}

/// The same for the words above the struct.
pub(crate) fn is_settled_on_struct(ctxt: &Ctxt, model: &Struct<'_>) {
    for item in &model.attrs.serde {
        let word = item.word.as_str();
        // The name of a struct is in no folder.
        if word == "rename" || OF_SERDE_ALONE.contains(&word) {
            continue;
        }
        let is_settled = match word {
            "rename_all" => model.attrs.rename_all.is_some(),
            "from" => model.attrs.from.is_some(),
            "try_from" => model.attrs.try_from.is_some(),
            "default" | "deny_unknown_fields" if model.attrs.save_only.is_some() => true,
            "default" => model.fields.iter().all(|field| field.default().is_some()),
            _ => false,
        };
        if !is_settled {
            tell(ctxt, item, &instead_on_struct(item));
        }
    }
}

fn instead_on_struct(item: &SerdeItem) -> String {
    match item.word.as_str() {
        "rename_all" => {
            let rule = item.value().unwrap_or_else(|| "\"…\"".to_owned());
            format!("write `#[varpack(rename_all = {rule})]`")
        }
        word @ ("from" | "try_from") => {
            let older = item.value().unwrap_or_else(|| "\"…\"".to_owned());
            format!("write `#[varpack({word} = {older})]`, if a load is to go that way")
        }
        "default" => "write `#[varpack(default)]` on each field".to_owned(),
        "deny_unknown_fields" => {
            "it keeps variables that no field asks for, and `LoadReport` names them".to_owned()
        }
        "transparent" => "a struct is a folder, and its field a variable there".to_owned(),
        _ => String::new(),
    }
}

fn tell(ctxt: &Ctxt, item: &SerdeItem, instead: &str) {
    let what = match item.word.as_str() {
        "" => "this attribute of serde".to_owned(),
        word => format!("serde's `{word}`"),
    };
    let instead = if instead.is_empty() { String::new() } else { format!("{instead}; ") };
    ctxt.error(item, format!("`Varpack` does not read {what}: {instead}{IGNORE_SERDE}"));
}
