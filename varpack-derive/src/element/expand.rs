//! The code that `#[derive(NpyElement)]` generates.

use super::model::{RecordField, RecordStruct};
use crate::expand::allow;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{DeriveInput, Ident};

/// One call of the macro `implement` of `varpack`, which checks the struct and implements the traits: there it is
/// said why that is sound. The derive hands it the fields, and for each of them an expression that says at its place
/// what is wrong.
pub(super) fn expand(record: &RecordStruct<'_>) -> TokenStream {
    let (krate, ident) = (&record.krate, record.ident);
    let fields = record.fields.iter().map(|field| {
        let RecordField { ident, ty, .. } = field;
        let name = if field.padding { "" } else { &field.name };
        quote! { #ident: #ty = #name, }
    });
    let (allow, faults) = (allow(), faults(record));
    quote! {
        #allow
        const _: () = {
            use #krate::npy::record as __varpack_record;

            #(const _: () = #faults;)*
            #krate::npy::record::implement! { #ident { #(#fields)* } #(#faults,)* }
        };
    }
}

/// The errors, and impls that keep what uses the struct from failing as well.
pub(super) fn refuse(
    input: &DeriveInput,
    record: &RecordStruct<'_>,
    errors: syn::Error,
) -> TokenStream {
    if !input.generics.params.is_empty() {
        return errors.into_compile_error();
    }
    let (krate, ident, allow) = (&record.krate, record.ident, allow());
    let errors = errors.into_iter().map(syn::Error::into_compile_error);
    quote! {
        #allow
        const _: () = {
            #krate::npy::record::implement! { refused #ident #(#errors,)* }
        };
    }
}

/// Calls that fail to compile where the struct is laid out otherwise than a record: each field begins where the one
/// before it ends, and the struct ends with the last.
///
/// The compiler shows a call where its path begins. That has the span of the field, and with it the edition of the
/// user's crate, in which a path from `::` may be another: so it begins with a name of ours.
fn faults(record: &RecordStruct<'_>) -> Vec<TokenStream> {
    let ident = record.ident;
    let mut faults = vec![quote_spanned! {ident.span()=>
        __varpack_record::assert_alignment::<#ident>()
    }];
    let mut end = quote! { 0 };
    for RecordField { ident: field, ty, .. } in &record.fields {
        let (name, padding) = (field.unraw().to_string(), padding(record, "before", field));
        let offset = quote! { ::core::mem::offset_of!(#ident, #field) };
        let size = quote! { ::core::mem::size_of::<#ty>() };
        faults.push(quote_spanned! {field.span()=>
            __varpack_record::assert_no_padding_before(#name, #padding, #end, #offset)
        });
        end = quote! { #offset + #size };
    }
    if let Some(RecordField { ident: last, .. }) = record.fields.last() {
        let (name, padding) = (last.unraw().to_string(), padding(record, "after", last));
        let size = quote! { ::core::mem::size_of::<#ident>() };
        faults.push(quote_spanned! {last.span()=>
            __varpack_record::assert_no_padding_after(#name, #padding, #end, #size)
        });
    }
    faults
}

/// A name for the padding beside a field that no other has.
fn padding(record: &RecordStruct<'_>, place: &str, field: &Ident) -> String {
    let mut name = format!("_padding_{place}_{}", field.unraw());
    while record.fields.iter().any(|field| field.ident == &name) {
        name.push('_');
    }
    name
}
