//! Constants that fail to compile where an attribute does not go with a type that an alias hides, or a parameter stands for.

use super::{allow, field_of, field_span};
use crate::attr::{DefaultValue, FlattenOptions, MmapOptions, Skip, Storage};
use crate::bound;
use crate::model::{Field, Struct};
use crate::ty::may_be_alias;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Lifetime;
use syn::spanned::Spanned;

/// Whether a struct is one for each type, or constant, that its parameters stand for.
pub(super) fn has_parameters(model: &Struct<'_>) -> bool {
    model.generics.lifetimes().count() < model.generics.params.len()
}

/// Constants that fail to compile where an option of `mmap` or `flatten` is not for the type that an alias stands for; of a
/// struct that [`has_parameters`], statements for one of its functions.
pub(super) fn check_options(
    model: &Struct<'_>,
    number: usize,
    field: &Field<'_>,
) -> Vec<TokenStream> {
    let checks = match field.storage() {
        Storage::Mmap(options) => check_mmap_options(model, number, field, options),
        Storage::Flatten(options) => check_prefix(model, number, field, options),
        Storage::Nested if field.is_saved() => check_nested(model, number, field),
        _ => Vec::new(),
    };
    let checked = if has_parameters(model) { checked_within } else { checked };
    checks.into_iter().map(|check| checked(model, &check)).collect()
}

/// A constant that fails to compile where a check does. The check's path begins with a name of ours, for an error is
/// shown where it begins.
fn checked(model: &Struct<'_>, check: &TokenStream) -> TokenStream {
    let (allow, check) = (allow(), with_path(model, check));
    quote!(#allow const _: () = { #check };)
}

/// The same within a function, which may be of parameters.
fn checked_within(model: &Struct<'_>, check: &TokenStream) -> TokenStream {
    let (allow, check) = (allow(), with_path(model, check));
    quote!(#allow const { #check })
}

fn with_path(model: &Struct<'_>, check: &TokenStream) -> TokenStream {
    let krate = model.attrs.krate();
    quote! {
        use #krate::field::of as __varpack_of;
        #check
    }
}

/// The same where a field without an attribute is an array, which an alias hides.
pub(super) fn check_unmarked(model: &Struct<'_>, field: &Field<'_>) -> Option<TokenStream> {
    let is_value = matches!(field.storage(), Storage::Value) && field.skip() != Skip::Both;
    if !is_value || !may_be_alias(field.ty) || bound::is_of_parameters(model, field) {
        return None;
    }
    // What it is does not hang on how long it borrows.
    let ty = bound::with_static(model, field);
    let check = quote_spanned! {field_span(field)=>
        __varpack_of::check_unmarked(__varpack_of::Unmarked::<#ty>::IS_MAPPED)
    };
    Some(checked(
        model,
        &quote! {
            #[allow(unused_imports)]
            use __varpack_of::AnyField as _;
            #check
        },
    ))
}

/// What the struct says of a field, as the type that it is.
fn of_struct(model: &Struct<'_>, number: usize, field: &Field<'_>) -> Option<TokenStream> {
    let (krate, ident) = (model.attrs.krate(), model.ident);
    if has_parameters(model) {
        let ty = field.ty;
        let of = field_of(&krate, number, field, quote!(#ty))?;
        return Some(quote!(<Self as #of>));
    }
    let of = field_of(&krate, number, field, quote!(_))?;
    let any = model.generics.lifetimes().map(|_| Lifetime::new("'_", Span::mixed_site()));
    let lifetimes = (!model.generics.params.is_empty()).then(|| quote!(<#(#any),*>));
    Some(quote!(<#ident #lifetimes as #of>))
}

fn check_prefix(
    model: &Struct<'_>,
    number: usize,
    field: &Field<'_>,
    options: &FlattenOptions,
) -> Vec<TokenStream> {
    let prefix = options.prefix.as_ref().filter(|prefix| prefix.value.value().is_empty());
    let of = of_struct(model, number, field);
    let check = prefix.zip(of).map(|(prefix, of)| {
        let has_entries = quote!(#of::HAS_ENTRIES);
        quote_spanned!(prefix.span()=> __varpack_of::check_empty_prefix(#has_entries))
    });
    check.into_iter().collect()
}

fn check_nested(model: &Struct<'_>, number: usize, field: &Field<'_>) -> Vec<TokenStream> {
    let check = of_struct(model, number, field).map(|of| {
        let needs_flatten = quote!(#of::NEEDS_FLATTEN);
        quote_spanned!(field_span(field)=> __varpack_of::check_nested(#needs_flatten))
    });
    check.into_iter().collect()
}

fn check_mmap_options(
    model: &Struct<'_>,
    number: usize,
    field: &Field<'_>,
    options: &MmapOptions,
) -> Vec<TokenStream> {
    let of = of_struct(model, number, field);
    let default = field.attrs.default.as_ref().filter(|default| {
        matches!(default.value, DefaultValue::Path(_)) && field.skip() == Skip::Nothing
    });
    let default = default.map(|default| {
        let is_option = quote!(#of::IS_OPTION);
        quote_spanned!(default.span()=> __varpack_of::check_option_default(#is_option))
    });
    let keys = quote!(#of::KEYS);
    let has_int_keys = options.int_keys.is_some();
    let min_len = options.min_len.as_ref().map(|min_len| {
        quote_spanned!(min_len.span()=> __varpack_of::check_min_len(#keys, #has_int_keys))
    });
    let int_keys = options
        .int_keys
        .as_ref()
        .map(|int_keys| quote_spanned!(int_keys.span()=> __varpack_of::check_int_keys(#keys)));
    let cast = field.attrs.cast.as_ref().map(|cast| {
        let has_dtype = quote!(#of::HAS_DTYPE);
        quote_spanned!(cast.span()=> __varpack_of::check_cast(#has_dtype))
    });
    min_len.into_iter().chain(int_keys).chain(default).chain(cast).collect()
}
