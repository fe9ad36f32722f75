//! A struct as the derive sees it: everything that its attributes say, read once.

use crate::attr::{SerdeItem, serde_items};
use crate::ty;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Generics, Ident, LitStr, Path, Type};

/// A struct that is to be a record.
pub(super) struct RecordStruct<'a> {
    pub(super) ident: &'a Ident,
    pub(super) generics: &'a Generics,
    pub(super) repr: Repr,
    /// The path of the crate `varpack`.
    pub(super) krate: Path,
    /// What serde's derives read is for them alone.
    pub(super) ignores_serde: bool,
    /// What serde's derives read above the struct.
    pub(super) serde: Vec<SerdeItem>,
    pub(super) fields: Vec<RecordField<'a>>,
}

/// What `#[repr(..)]` says, as far as it fixes the layout.
#[derive(Default)]
pub(super) struct Repr {
    pub(super) c: bool,
    pub(super) transparent: bool,
}

/// A field of the struct, or padding.
pub(super) struct RecordField<'a> {
    pub(super) ident: &'a Ident,
    pub(super) ty: &'a Type,
    /// The name in the dtype, and where it is written.
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) padding: bool,
    pub(super) is_renamed: bool,
    pub(super) serde: Vec<SerdeItem>,
}

impl<'a> RecordStruct<'a> {
    /// Reads what can be read; what is malformed comes as errors.
    pub(super) fn read(input: &'a DeriveInput) -> (Self, Vec<Error>) {
        let mut errors = Vec::new();
        let mut krate: Option<Path> = None;
        let mut ignore_serde: Option<()> = None;
        read_attributes(&input.attrs, &mut errors, |meta| {
            if meta.path.is_ident("crate") {
                let path = string(&meta)?.parse_with(Path::parse_mod_style)?;
                set_once(&mut krate, path, &meta)
            } else if meta.path.is_ident("ignore_serde") {
                set_once(&mut ignore_serde, (), &meta)
            } else {
                Err(meta.error(
                    "unknown attribute: on a record there are `crate = \"..\"` and `ignore_serde`",
                ))
            }
        });
        let record = Self {
            ident: &input.ident,
            generics: &input.generics,
            repr: Repr::read(&input.attrs, &mut errors),
            krate: krate.unwrap_or_else(|| syn::parse_quote!(::varpack)),
            ignores_serde: ignore_serde.is_some(),
            serde: serde_items(&input.attrs),
            fields: fields(input, &mut errors),
        };
        (record, errors)
    }
}

impl Repr {
    fn read(attrs: &[Attribute], errors: &mut Vec<Error>) -> Self {
        let mut repr = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
            let result = attr.parse_nested_meta(|meta| {
                repr.c |= meta.path.is_ident("C");
                repr.transparent |= meta.path.is_ident("transparent");
                // `align(8)`, `packed(2)`: the offsets that the compiler gives tell the rest.
                if meta.input.peek(syn::token::Paren) {
                    let content;
                    syn::parenthesized!(content in meta.input);
                    content.parse::<proc_macro2::TokenStream>()?;
                }
                Ok(())
            });
            errors.extend(result.err());
        }
        repr
    }
}

fn fields<'a>(input: &'a DeriveInput, errors: &mut Vec<Error>) -> Vec<RecordField<'a>> {
    let why = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => {
                return fields
                    .named
                    .iter()
                    .filter_map(|field| RecordField::read(field, errors))
                    .collect();
            }
            Fields::Unnamed(_) => {
                "a NumPy record's fields have names: write `{ name: Type, .. }` in place of `(Type, ..)`"
            }
            Fields::Unit => "a NumPy record needs at least one field",
        },
        Data::Enum(_) => {
            "an enum cannot be an element of a NumPy array, for not every byte is one of its variants: \
             keep its number, as a `u8` say, and convert"
        }
        Data::Union(_) => {
            "a union cannot be an element of a NumPy array: derive `NpyElement` on a struct"
        }
    };
    errors.push(Error::new_spanned(&input.ident, why));
    Vec::new()
}

impl<'a> RecordField<'a> {
    /// `None` for a field without a name, of which a struct with named fields has none.
    fn read(field: &'a syn::Field, errors: &mut Vec<Error>) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        let mut rename: Option<LitStr> = None;
        let mut padding: Option<()> = None;
        read_attributes(&field.attrs, errors, |meta| {
            if meta.path.is_ident("rename") {
                let name = string(&meta)?;
                set_once(&mut rename, name, &meta)
            } else if meta.path.is_ident("padding") {
                set_once(&mut padding, (), &meta)
            } else {
                Err(meta.error(
                    "unknown attribute: on a record's field there are `rename = \"..\"` and `padding`",
                ))
            }
        });
        if let (Some(rename), Some(())) = (&rename, padding) {
            errors.push(Error::new_spanned(rename, "padding has no name in the dtype"));
        }
        Some(Self {
            ident,
            ty: ty::ungroup(&field.ty),
            name_span: rename.as_ref().map_or_else(|| ident.span(), LitStr::span),
            is_renamed: rename.is_some(),
            name: rename.map_or_else(|| ident.unraw().to_string(), |name| name.value()),
            padding: padding.is_some(),
            serde: serde_items(&field.attrs),
        })
    }
}

/// Hands each item of each `#[varpack(..)]` to `item`.
fn read_attributes(
    attrs: &[Attribute],
    errors: &mut Vec<Error>,
    mut item: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("varpack")) {
        errors.extend(attr.parse_nested_meta(&mut item).err());
    }
}

fn set_once<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error(format!("`{}` is given twice", word(meta)))),
    }
}

/// The string of `word = "string"`.
fn string(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let takes = |error: Error| {
        Error::new(error.span(), format!("`{0}` takes a string: `{0} = \"…\"`", word(meta)))
    };
    meta.value().and_then(|value| value.parse()).map_err(takes)
}

fn word(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map(Ident::to_string).unwrap_or_default()
}
