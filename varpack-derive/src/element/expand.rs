//! The code that `#[derive(NpyElement)]` generates.

use super::model::{Field, Record};
use crate::expand::allow;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

/// One call of the macro `implement` of `varpack`, which checks the struct and implements the traits: there it is
/// said why that is sound. The derive hands it the fields, and for each of them an expression that says at its place
/// what is wrong.
pub(super) fn expand(record: &Record<'_>) -> TokenStream {
    let (krate, ident) = (&record.krate, record.ident);
    let fields = record.fields.iter().map(|field| {
        let Field { ident, ty, .. } = field;
        let name = if field.padding { "" } else { &field.name };
        quote! { #ident: #ty = #name, }
    });
    let (allow, faults) = (allow(), faults(record));
    quote! {
        #allow
        const _: () = {
            #(const _: () = #faults;)*
            #krate::npy::record::implement! { #ident { #(#fields)* } #(#faults,)* }
        };
    }
}

/// The errors, and impls that keep what uses the struct from failing as well.
pub(super) fn refuse(input: &DeriveInput, record: &Record<'_>, errors: syn::Error) -> TokenStream {
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
fn faults(record: &Record<'_>) -> Vec<TokenStream> {
    let ident = record.ident;
    let krate = krate_at(record, ident.span());
    let mut faults = vec![quote_spanned! {ident.span()=>
        #krate::npy::record::assert_alignment::<#ident>()
    }];
    let mut end = quote! { 0 };
    for Field { ident: field, ty, .. } in &record.fields {
        let name = field.to_string();
        let krate = krate_at(record, field.span());
        let offset = quote! { ::core::mem::offset_of!(#ident, #field) };
        faults.push(quote_spanned! {field.span()=>
            #krate::npy::record::assert_no_padding_before(#name, #end, #offset)
        });
        end = quote! { #offset + ::core::mem::size_of::<#ty>() };
    }
    if let Some(Field { ident: last, .. }) = record.fields.last() {
        let name = last.to_string();
        let krate = krate_at(record, last.span());
        faults.push(quote_spanned! {last.span()=>
            #krate::npy::record::assert_no_padding_after(
                #name,
                #end,
                ::core::mem::size_of::<#ident>(),
            )
        });
    }
    faults
}

/// The path of the crate, as if written at `span`: the compiler shows a call where its path begins.
fn krate_at(record: &Record<'_>, span: Span) -> TokenStream {
    let tokens = record.krate.to_token_stream().into_iter();
    tokens
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}
