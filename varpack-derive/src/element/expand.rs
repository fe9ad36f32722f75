//! The code that `#[derive(NpyElement)]` generates.

use super::model::{Field, Record};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::DeriveInput;
use syn::spanned::Spanned;

/// `Pod`, with all that it rests on checked by the compiler, and `Element`.
///
/// `Pod` holds for a struct that is `Copy + 'static` (bounds of the trait), `repr(C)` and not
/// generic (seen in the tokens), whose fields are all `Pod` (bounds of `Field::of` and
/// `assert_pod`) and follow each other without padding (asserted on the offsets).
pub(super) fn expand(record: &Record<'_>) -> TokenStream {
    let layout = no_padding(record);
    let fields = record.fields.iter().filter(|field| !field.padding).map(|field| {
        let Field { ident, ty, name, .. } = field;
        let (krate, record) = (krate_at(record, ty.span()), record.ident);
        quote_spanned! {ty.span()=>
            #krate::npy::Field::of::<#ty>(#name, ::core::mem::offset_of!(#record, #ident))
        }
    });
    let impls = impls(record, quote! { ::std::vec![#(#fields),*] });
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #layout
            #impls
        };
    }
}

/// Impls that do nothing, beside the errors of a struct that cannot be a record.
pub(super) fn fallback(input: &DeriveInput, record: &Record<'_>) -> TokenStream {
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let impls = impls(record, quote! { ::std::vec::Vec::new() });
    quote! {
        const _: () = {
            #impls
        };
    }
}

fn impls(record: &Record<'_>, fields: TokenStream) -> TokenStream {
    let (krate, ident) = (&record.krate, record.ident);
    quote! {
        #[automatically_derived]
        unsafe impl #krate::npy::bytemuck::Zeroable for #ident {}

        #[automatically_derived]
        unsafe impl #krate::npy::bytemuck::Pod for #ident {}

        #[automatically_derived]
        impl #krate::npy::Element for #ident {
            fn dtype() -> #krate::npy::Dtype {
                #krate::npy::Dtype::Record(#krate::npy::Record::of::<#ident>(#fields))
            }
        }
    }
}

/// Assertions that each field begins where the one before it ends, and the struct ends with the
/// last.
fn no_padding(record: &Record<'_>) -> TokenStream {
    let ident = record.ident;
    let mut end = quote! { 0 };
    let mut assertions = TokenStream::new();
    for Field { ident: field, ty, padding, .. } in &record.fields {
        let name = field.to_string();
        let krate = krate_at(record, field.span());
        let offset = quote! { ::core::mem::offset_of!(#ident, #field) };
        assertions.extend(quote_spanned! {field.span()=>
            const _: () = #krate::npy::record::assert_no_padding_before(#name, #end, #offset);
        });
        if *padding {
            let krate = krate_at(record, ty.span());
            assertions.extend(quote_spanned! {ty.span()=>
                const _: () = #krate::npy::record::assert_pod::<#ty>();
            });
        }
        end = quote! { #offset + ::core::mem::size_of::<#ty>() };
    }
    if let Some(Field { ident: last, .. }) = record.fields.last() {
        let name = last.to_string();
        let krate = krate_at(record, last.span());
        assertions.extend(quote_spanned! {last.span()=>
            const _: () = #krate::npy::record::assert_no_padding_after(
                #name,
                #end,
                ::core::mem::size_of::<#ident>(),
            );
        });
    }
    assertions
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
