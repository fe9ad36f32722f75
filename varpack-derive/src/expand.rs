//! The generated code: one call a field in each direction.

use crate::attr::{DefaultValue, Skip, Storage};
use crate::bound;
use crate::model::{Field, Struct};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Generics, Lifetime};

pub(crate) fn expand(model: &Struct<'_>) -> TokenStream {
    let (krate, ident) = (model.attrs.krate(), model.ident);
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let where_clause = bound::where_clause(model);
    let pack = fresh_lifetime(model.generics);
    let writes: Vec<_> = model.fields.iter().filter(|field| field.is_saved()).map(write).collect();
    let reads = model.fields.iter().map(read);
    // A struct may leave out all of its fields.
    let writer = local("writer", !writes.is_empty());
    let reader = local("reader", model.fields.iter().any(|field| field.skip() != Skip::Both));
    let nested_field = model.is_nestable().then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #krate::field::NestedField for #ident #ty_generics #where_clause {}
        }
    });
    // Locals are hygienic, so that a `default = "reader"` finds the user's function.
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #[allow(deprecated, unused_qualifications)]
        impl #impl_generics #krate::PackFields for #ident #ty_generics #where_clause {
            fn write_fields<#pack>(
                &#pack self,
                #writer: &mut #krate::PackWriter<#pack>,
            ) -> #krate::Result<()> {
                #(#writes)*
                ::core::result::Result::Ok(())
            }

            fn read_fields(#reader: &mut #krate::PackReader<'_>) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self {
                    #(#reads,)*
                })
            }
        }

        #nested_field
    }
}

/// A lifetime that the struct does not use: unlike locals, lifetimes are not hygienic.
pub(crate) fn fresh_lifetime(generics: &Generics) -> Lifetime {
    let mut name = "'pack".to_owned();
    while generics.lifetimes().any(|param| param.lifetime.to_string() == name) {
        name.push('_');
    }
    Lifetime::new(&name, Span::mixed_site())
}

fn local(name: &str, used: bool) -> syn::Ident {
    let name = if used { name.to_owned() } else { format!("_{name}") };
    syn::Ident::new(&name, Span::mixed_site())
}

/// Errors about a field's type point at the type.
fn field_span(field: &Field<'_>) -> Span {
    Span::mixed_site().located_at(field.ty.span())
}

fn write(field: &Field<'_>) -> TokenStream {
    let span = field_span(field);
    let (ident, name) = (field.ident, &field.name.value);
    let aliases = aliases(field, span);
    let skip_load = (field.skip() == Skip::Load).then(|| {
        let default = default(field, span);
        quote_spanned!(span=> .skip_load(#default))
    });
    let end = match field.storage() {
        Storage::Value => quote_spanned!(span=> .value(&self.#ident)),
        Storage::Separate => quote_spanned!(span=> .separate(&self.#ident)),
        Storage::Nested => quote_spanned!(span=> .nested(&self.#ident)),
        Storage::Npy => quote_spanned!(span=> .npy(&self.#ident)),
        Storage::Mmap(options) => {
            let min_len = options.min_len.as_ref().map(|min_len| {
                let min_len = &min_len.value;
                quote_spanned!(span=> .min_len(#min_len))
            });
            let int_keys = options.int_keys.as_ref().map(|_| quote_spanned!(span=> .int_keys()));
            quote_spanned!(span=> #min_len #int_keys .mmap(&self.#ident))
        }
    };
    quote_spanned!(span=> writer.field(#name) #aliases #skip_load #end?;)
}

fn read(field: &Field<'_>) -> TokenStream {
    let span = field_span(field);
    let (ident, name) = (field.ident, &field.name.value);
    let default = default(field, span);
    if field.skip() == Skip::Both {
        return quote_spanned!(span=> #ident: #default());
    }
    let aliases = aliases(field, span);
    let default = field.default().map(|_| quote_spanned!(span=> .default(#default)));
    let end = match field.storage() {
        _ if field.skip() == Skip::Load => quote_spanned!(span=> .skip_load()),
        Storage::Value => quote_spanned!(span=> .value()),
        Storage::Separate => quote_spanned!(span=> .separate()),
        Storage::Nested => quote_spanned!(span=> .nested()),
        Storage::Npy => quote_spanned!(span=> .npy()),
        Storage::Mmap(_) => quote_spanned!(span=> .mmap()),
    };
    // A function of another type is to be the error itself, not what `?` makes of it.
    let ty = matches!(field.default(), Some(DefaultValue::Path(_))).then(|| {
        let ty = field.ty;
        quote_spanned!(span=> ::<#ty>)
    });
    quote_spanned!(span=> #ident: reader.field #ty (#name) #aliases #default #end?)
}

fn aliases(field: &Field<'_>, span: Span) -> TokenStream {
    let aliases = field.attrs.aliases.iter().map(|alias| &alias.value);
    quote_spanned!(span=> #(.alias(#aliases))*)
}

/// The path of the function that makes the default value.
fn default(field: &Field<'_>, span: Span) -> TokenStream {
    match field.default() {
        Some(DefaultValue::Path(path)) => quote!(#path),
        _ => quote_spanned!(span=> ::core::default::Default::default),
    }
}
