//! What stands in for the generated code after an error: impls that type-check everywhere, so
//! that the uses of the struct do not give errors of their own.

use crate::expand::{allow, fresh_lifetime, local};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Path};

pub(crate) fn expand(input: &DeriveInput, krate: &Path, error: Option<&syn::Error>) -> TokenStream {
    let error = error.map(syn::Error::to_compile_error);
    let allow = allow();
    let pack = fresh_lifetime(&input.generics);
    let (writer, reader) = (local("writer"), local("reader"));
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote! {
        #error

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::SaveFields for #ident #ty_generics #where_clause {
            fn write_fields<#pack>(
                &#pack self,
                #writer: &mut #krate::PackWriter<#pack>,
            ) -> #krate::Result<()> {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::PackFields for #ident #ty_generics #where_clause {
            fn read_fields(#reader: &mut #krate::PackReader<'_>) -> #krate::Result<Self> {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::field::SaveFlatten for #ident #ty_generics #where_clause {
            fn write_flat<#pack>(
                &#pack self,
                #writer: &mut #krate::PackWriter<#pack>,
            ) -> #krate::Result<()> {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::field::FlattenField for #ident #ty_generics #where_clause {
            fn read_flat(#reader: &mut #krate::PackReader<'_>) -> #krate::Result<Self> {
                ::core::unreachable!()
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::field::SaveNested for #ident #ty_generics #where_clause {}

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::field::NestedField for #ident #ty_generics #where_clause {}
    }
}
