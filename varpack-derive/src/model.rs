//! The struct as the derive sees it: every attribute resolved to what it means for its field.

use crate::attr::{DefaultValue, FieldAttrs, Skip, Storage, StructAttrs};
use crate::ctxt::Ctxt;
use crate::ty;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, FieldsNamed, Generics, Ident, LitStr, Type};

/// A struct with named fields.
pub(crate) struct Struct<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) generics: &'i Generics,
    pub(crate) attrs: &'i StructAttrs,
    pub(crate) fields: Vec<Field<'i>>,
}

/// A field of it.
pub(crate) struct Field<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) ty: &'i Type,
    pub(crate) name: VariableName<'i>,
    pub(crate) attrs: FieldAttrs,
    /// Whether the struct that it is in is saved and never loaded.
    pub(crate) is_save_only: bool,
}

/// Names of traits, of `varpack::field`.
pub(crate) struct FieldTraits {
    /// The struct's, in `of`, which says what type the field has.
    pub(crate) of: &'static str,
    /// The type's.
    pub(crate) field: &'static str,
}

/// The name of a field's variable in the folder.
pub(crate) struct VariableName<'i> {
    pub(crate) value: String,
    /// What gave the name: `rename`, or the field itself.
    source: NameSource<'i>,
}

enum NameSource<'i> {
    Field(&'i Ident),
    Rename(LitStr),
}

impl ToTokens for VariableName<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.source {
            NameSource::Field(ident) => ident.to_tokens(tokens),
            NameSource::Rename(string) => string.to_tokens(tokens),
        }
    }
}

impl<'i> Struct<'i> {
    /// The struct, or `None` after an error about the shape of the item.
    pub(crate) fn from_input(
        ctxt: &Ctxt,
        input: &'i DeriveInput,
        attrs: &'i StructAttrs,
    ) -> Option<Self> {
        let is_save_only = attrs.save_only.is_some();
        let rename_all = attrs.rename_all.as_ref().map(|case| case.value);
        let fields = named_fields(ctxt, input)?
            .named
            .iter()
            .filter_map(|field| {
                let ident = field.ident.as_ref()?;
                let attrs = FieldAttrs::parse(ctxt, &field.attrs);
                let name = match &attrs.rename {
                    Some(rename) => VariableName {
                        value: rename.value.value(),
                        source: NameSource::Rename(rename.value.clone()),
                    },
                    None => {
                        let plain = ident.unraw().to_string();
                        let value =
                            rename_all.map_or_else(|| plain.clone(), |case| case.apply(&plain));
                        VariableName { value, source: NameSource::Field(ident) }
                    }
                };
                Some(Field { ident, ty: ty::ungroup(&field.ty), name, attrs, is_save_only })
            })
            .collect();
        Some(Self { ident: &input.ident, generics: &input.generics, attrs, fields })
    }

    /// Whether it may stand under `nested`: a dict of its own has neither further pickles nor a
    /// state to keep what was not loaded.
    pub(crate) fn is_nestable(&self) -> bool {
        self.fields.iter().all(|field| {
            !matches!(field.storage(), Storage::Separate | Storage::Flatten(_))
                && field.skip() != Skip::Load
        })
    }
}

impl Field<'_> {
    /// Where it lives in the folder.
    pub(crate) fn storage(&self) -> &Storage {
        self.attrs.storage.first().map_or(&Storage::Value, |storage| &storage.value)
    }

    /// In which directions it is left out.
    pub(crate) fn skip(&self) -> Skip {
        self.attrs.skip.first().map_or(Skip::Nothing, |skip| skip.value)
    }

    /// What the names of its variables begin with, if it is flattened.
    pub(crate) fn prefix(&self) -> Option<String> {
        let Storage::Flatten(options) = self.storage() else { return None };
        let given = options.prefix.as_ref().map(|prefix| prefix.value.value());
        Some(given.unwrap_or_else(|| format!("{}.", self.name.value)))
    }

    /// The traits that say what may stand there; none of a field that is not in the folder.
    pub(crate) fn traits(&self) -> Option<FieldTraits> {
        let (of, field) = match (self.storage(), self.is_save_only, self.skip()) {
            (_, _, Skip::Both) => return None,
            (Storage::Mmap(_), true, _) => ("SavedMmap", "SaveMmap"),
            (Storage::Npy, true, _) => ("SavedNpy", "SaveItem"),
            (Storage::Nested, true, _) => ("SavedNested", "SaveNested"),
            (Storage::Flatten(_), true, _) => ("SavedFlatten", "SaveFlatten"),
            (Storage::Mmap(_), false, _) => ("Mmap", "MmapField"),
            (Storage::Npy, false, _) => ("Npy", "NpyField"),
            (Storage::Nested, false, _) => ("Nested", "NestedField"),
            (Storage::Flatten(_), false, _) => ("Flatten", "FlattenField"),
            (Storage::Value | Storage::Separate, true, _)
            | (Storage::Value | Storage::Separate, false, Skip::Load) => ("Saved", "SaveValue"),
            (Storage::Value | Storage::Separate, false, Skip::Save) => ("Loaded", "LoadValue"),
            (Storage::Value | Storage::Separate, false, Skip::Nothing) => ("Value", "ValueField"),
        };
        Some(FieldTraits { of, field })
    }

    /// What is said of loads, each with its word: it has no effect where the field is not loaded.
    pub(crate) fn said_of_loads(&self) -> impl Iterator<Item = (&'static str, &dyn ToTokens)> {
        let FieldAttrs { cast, default, skip, .. } = &self.attrs;
        let skip = skip.iter().filter(|skip| skip.value == Skip::Load);
        let skip = skip.map(|skip| ("skip_load", skip as &dyn ToTokens));
        let default = default.iter().map(|default| ("default", default as _));
        skip.chain(default).chain(cast.iter().map(|cast| ("cast", cast as _)))
    }

    pub(crate) fn is_saved(&self) -> bool {
        matches!(self.skip(), Skip::Nothing | Skip::Load)
    }

    /// The function that makes its value where the folder does not: what is skipped has one always, if its struct is loaded.
    pub(crate) fn default(&self) -> Option<&DefaultValue> {
        match &self.attrs.default {
            _ if self.is_save_only => None,
            Some(default) => Some(&default.value),
            None if self.skip() == Skip::Nothing => None,
            None => Some(&DefaultValue::Trait),
        }
    }
}

fn named_fields<'i>(ctxt: &Ctxt, input: &'i DeriveInput) -> Option<&'i FieldsNamed> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => ctxt.error(
                fields,
                "`Varpack` needs named fields, for each becomes a variable of the folder: \
                 write `struct Run { images: … }`",
            ),
            Fields::Unit => ctxt.error(
                &input.ident,
                "a struct without fields has nothing to save: write `struct Run { step: u64 }`",
            ),
        },
        Data::Enum(data) => ctxt.error_between(
            data.enum_token,
            &input.ident,
            "an enum cannot be a folder: derive serde's traits for it, and make it a field of a \
             struct that derives `Varpack`",
        ),
        Data::Union(data) => ctxt.error_between(
            data.union_token,
            &input.ident,
            "a union cannot be saved, for nothing tells which field is the live one: use a struct",
        ),
    }
    None
}
