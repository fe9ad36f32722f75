//! The generated code: one call a field in each direction.

mod checks;

use crate::attr::{CastRule, DefaultValue, Skip, Storage};
use crate::bound;
use crate::model::{Field, Struct};
use crate::ty::{Written, innermost};
use checks::{check_options, check_unmarked, has_parameters};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Generics, Lifetime, Path};

pub(crate) fn expand(model: &Struct<'_>) -> TokenStream {
    let (krate, ident) = (model.attrs.krate(), model.ident);
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let allow = allow();
    let fields = || model.fields.iter().enumerate();
    let types = fields().filter_map(|(number, field)| {
        let ty = field.ty;
        let of = field_of(&krate, number, field, quote!(#ty))?;
        let where_clause = bound::where_clause_of(model, field);
        Some(quote_spanned! {Span::mixed_site()=>
            #[automatically_derived]
            #allow
            impl #impl_generics #of for #ident #ty_generics #where_clause {
                type Field = #ty;
            }
        })
    });
    let checks = (!has_parameters(model)).then(|| checks_of(model));
    let unmarked = model.fields.iter().filter_map(|field| check_unmarked(model, field));
    let saving = saving(model);
    let loading = model.attrs.save_only.is_none().then(|| loading(model));
    quote_spanned! {Span::mixed_site()=>
        #(#types)*

        #checks

        #(#unmarked)*

        #saving

        #loading
    }
}

/// What fails to compile where an attribute does not go with a field's type.
fn checks_of(model: &Struct<'_>) -> TokenStream {
    let fields = model.fields.iter().enumerate();
    let checks = fields.flat_map(|(number, field)| check_options(model, number, field));
    quote!(#(#checks)*)
}

/// What a struct is saved by, also where it is nested or flattened.
fn saving(model: &Struct<'_>) -> TokenStream {
    let (krate, ident, allow) = (model.attrs.krate(), model.ident, allow());
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let where_clause = bound::where_clause(model);
    let (pack, writer) = (fresh_lifetime(model.generics), local("writer"));
    let saved = model.fields.iter().enumerate().filter(|(_, field)| field.is_saved());
    let writes = saved.map(|(number, field)| write(&krate, number, field));
    // What the parameters of a struct stand for is known where it is saved.
    let checks = has_parameters(model).then(|| checks_of(model));
    let save_nested = model.is_nestable().then(|| {
        let consts = nested_consts(model);
        quote! {
            #[automatically_derived]
            #allow
            impl #impl_generics #krate::field::SaveNested for #ident #ty_generics #where_clause {
                #consts
            }
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #allow
        impl #impl_generics #krate::SaveFields for #ident #ty_generics #where_clause {
            fn write_fields<#pack>(
                &#pack self,
                #writer: &mut #krate::PackWriter<#pack>,
            ) -> #krate::Result<()> {
                #checks
                #(#writes)*
                ::core::result::Result::Ok(())
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::field::SaveFlatten for #ident #ty_generics #where_clause {
            fn write_flat<#pack>(
                &#pack self,
                #writer: &mut #krate::PackWriter<#pack>,
            ) -> #krate::Result<()> {
                #krate::SaveFields::write_fields(self, #writer)
            }
        }

        #save_nested
    }
}

/// What it is loaded by.
fn loading(model: &Struct<'_>) -> TokenStream {
    let (krate, ident, allow) = (model.attrs.krate(), model.ident, allow());
    let (impl_generics, ty_generics, _) = model.generics.split_for_impl();
    let where_clause = bound::where_clause(model);
    let reader = local("reader");
    let reads = reads(model);
    let nested_field = model.is_nestable().then(|| {
        quote! {
            #[automatically_derived]
            #allow
            impl #impl_generics #krate::field::NestedField for #ident #ty_generics #where_clause {}
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        #allow
        impl #impl_generics #krate::PackFields for #ident #ty_generics #where_clause {
            fn read_fields(#reader: &mut #krate::PackReader<'_>) -> #krate::Result<Self> {
                #reads
            }
        }

        #[automatically_derived]
        #allow
        impl #impl_generics #krate::field::FlattenField for #ident #ty_generics #where_clause {
            fn read_flat(#reader: &mut #krate::PackReader<'_>) -> #krate::Result<Self> {
                #krate::PackFields::read_fields(#reader)
            }
        }

        #nested_field
    }
}

/// The lints that are off in generated code: what is deprecated is told where the struct is written and used, and its
/// paths are whole whatever is in scope.
pub(crate) fn allow() -> TokenStream {
    quote!(#[allow(deprecated, unused_qualifications)])
}

/// A lifetime that the struct does not use: unlike locals, lifetimes are not hygienic.
pub(crate) fn fresh_lifetime(generics: &Generics) -> Lifetime {
    let mut name = "'pack".to_owned();
    while generics.lifetimes().any(|param| param.lifetime.to_string() == name) {
        name.push('_');
    }
    Lifetime::new(&name, Span::mixed_site())
}

/// A local. It is hygienic, so that a `default = "reader"` finds the user's function; but no pattern can be named as a
/// constant in scope is, so its name is one that nobody gives to a constant. A struct may leave out all of its
/// fields: names that begin so need no use.
pub(crate) fn local(name: &str) -> syn::Ident {
    syn::Ident::new(&format!("__varpack_{name}"), Span::mixed_site())
}

/// Errors about a field's type point at the type.
fn field_span(field: &Field<'_>) -> Span {
    Span::mixed_site().located_at(field.ty.span())
}

/// The trait of the struct that says what type a field has, and that it may stand there: see `varpack::field::of`.
/// None for a field that is not in the folder, or of which only the default is loaded.
fn field_of(
    krate: &Path,
    number: usize,
    field: &Field<'_>,
    ty: TokenStream,
) -> Option<TokenStream> {
    let name = syn::Ident::new(field.traits()?.of, Span::mixed_site());
    let number = Literal::usize_unsuffixed(number);
    Some(quote!(#krate::field::of::#name<#ty, #number>))
}

/// What a struct says of its arrays to those that it is nested in: which of them would have no files of their own.
fn nested_consts(model: &Struct<'_>) -> TokenStream {
    let (krate, fields) = (model.attrs.krate(), || model.fields.iter().enumerate());
    let fields = || fields().filter(|(_, field)| field.is_saved());
    let nested = fields().filter(|(_, field)| matches!(field.storage(), Storage::Nested));
    let nested: Vec<_> = nested
        .filter_map(|(number, field)| {
            let ty = field.ty;
            let of = field_of(&krate, number, field, quote!(#ty))?;
            Some(quote!(<Self as #of>::HAS_ARRAYS))
        })
        .collect();
    let maps = fields().filter_map(|(number, field)| {
        match (field.storage(), Written::of(innermost(field.ty))) {
            (Storage::Mmap(_), Written::MmapArray { .. } | Written::AnyArray) => None,
            (Storage::Mmap(_), _) => {
                let ty = field.ty;
                let of = field_of(&krate, number, field, quote!(#ty))?;
                Some(quote!(#krate::field::of::is_map(<Self as #of>::KEYS)))
            }
            _ => None,
        }
    });
    let needs: Vec<_> = maps.chain(nested.iter().cloned()).collect();
    let is_array = |field: &Field<'_>| matches!(field.storage(), Storage::Mmap(_) | Storage::Npy);
    let has_arrays = match fields().any(|(_, field)| is_array(field)) {
        true => vec![quote!(true)],
        false => nested,
    };
    let has_arrays = (!has_arrays.is_empty())
        .then(|| quote!(const HAS_ARRAYS: ::core::primitive::bool = #(#has_arrays)||*;));
    let needs_flatten = (!needs.is_empty())
        .then(|| quote!(const NEEDS_FLATTEN: ::core::primitive::bool = #(#needs)||*;));
    quote!(#has_arrays #needs_flatten)
}

fn write(krate: &Path, number: usize, field: &Field<'_>) -> TokenStream {
    let span = field_span(field);
    let (ident, name) = (field.ident, &field.name.value);
    let (writer, of) = (local("writer"), field_of(krate, number, field, quote!(_)));
    let aliases = aliases(field, span);
    let skip_load = (field.skip() == Skip::Load).then(|| {
        let default = default(krate, field, span);
        quote_spanned!(span=> .skip_load(#default))
    });
    let (options, how) = match field.storage() {
        Storage::Value => (None, "value"),
        Storage::Separate => (None, "separate"),
        Storage::Nested => (None, "nested"),
        Storage::Flatten(_) => (prefix(field, span), "flatten"),
        Storage::Npy => (None, "npy"),
        Storage::Mmap(options) => {
            let min_len = options.min_len.as_ref().map(|min_len| {
                let min_len = &min_len.value;
                quote_spanned!(span=> .min_len(#min_len))
            });
            let int_keys = options.int_keys.as_ref().map(|_| quote_spanned!(span=> .int_keys()));
            (Some(quote!(#min_len #int_keys)), "mmap")
        }
    };
    let (how, rust_name) = (syn::Ident::new(how, span), rust_name(field, span));
    quote_spanned! {span=>
        <Self as #of>::#how(
            #writer.field(#name) #rust_name #aliases #skip_load #options,
            &self.#ident,
        )?;
    }
}

/// Reads every field, or the struct that this one is made of.
fn reads(model: &Struct<'_>) -> TokenStream {
    let (krate, reader) = (model.attrs.krate(), local("reader"));
    let Some(older) = model.attrs.older() else {
        let fields = model.fields.iter().enumerate();
        let reads = fields.map(|(number, field)| read(&krate, number, field));
        return quote!(::core::result::Result::Ok(Self { #(#reads,)* }));
    };
    let (older, span) = (&older.value, Span::mixed_site().located_at(older.value.span()));
    let read = quote_spanned!(span=> <#older as #krate::PackFields>::read_fields(#reader)?);
    match model.attrs.from {
        Some(_) => quote_spanned! {span=>
            ::core::result::Result::Ok(<Self as ::core::convert::From<#older>>::from(#read))
        },
        None => quote_spanned! {span=>
            let __varpack_made = <Self as ::core::convert::TryFrom<#older>>::try_from(#read);
            #krate::field::of::made(#reader, __varpack_made)
        },
    }
}

fn read(krate: &Path, number: usize, field: &Field<'_>) -> TokenStream {
    let span = field_span(field);
    let (ident, name) = (field.ident, &field.name.value);
    let default = default(krate, field, span);
    if field.skip() == Skip::Both {
        return quote_spanned!(span=> #ident: #default());
    }
    let (reader, of) = (local("reader"), field_of(krate, number, field, quote!(_)));
    let aliases = aliases(field, span);
    let default = field.default().map(|_| quote_spanned!(span=> .default(#default)));
    // A function of another type is to be the error itself, not what `?` makes of it.
    let ty = matches!(field.default(), Some(DefaultValue::Path(_))).then(|| {
        let ty = field.ty;
        quote_spanned!(span=> ::<#ty>)
    });
    let (rust_name, prefix) = (rust_name(field, span), prefix(field, span));
    let cast = cast(krate, field, span);
    let reader =
        quote_spanned!(span=> #reader.field #ty (#name) #rust_name #aliases #prefix #cast #default);
    if field.skip() == Skip::Load {
        quote_spanned!(span=> #ident: #reader.skip_load()?)
    } else {
        quote_spanned!(span=> #ident: <Self as #of>::read(#reader)?)
    }
}

/// Where the folder calls the field otherwise than Rust.
fn rust_name(field: &Field<'_>, span: Span) -> Option<TokenStream> {
    let name = field.ident.unraw().to_string();
    (name != field.name.value).then(|| quote_spanned!(span=> .of_field(#name)))
}

fn prefix(field: &Field<'_>, span: Span) -> Option<TokenStream> {
    let Storage::Flatten(options) = field.storage() else { return None };
    let prefix = &options.prefix.as_ref()?.value;
    Some(quote_spanned!(span=> .prefix(#prefix)))
}

fn cast(krate: &Path, field: &Field<'_>, span: Span) -> Option<TokenStream> {
    let rule = match field.attrs.cast.as_ref()?.value {
        CastRule::Lossless => "Lossless",
        CastRule::Lossy => "Lossy",
    };
    let rule = syn::Ident::new(rule, span);
    Some(quote_spanned!(span=> .cast(#krate::npy::Cast::#rule)))
}

fn aliases(field: &Field<'_>, span: Span) -> TokenStream {
    let aliases = field.attrs.aliases.iter().map(|alias| &alias.value);
    quote_spanned!(span=> #(.alias(#aliases))*)
}

/// The path of the function that makes the default value.
fn default(krate: &Path, field: &Field<'_>, span: Span) -> TokenStream {
    match field.default() {
        Some(DefaultValue::Path(path)) => quote!(#path),
        _ => {
            let ty = field.ty;
            quote_spanned!(span=> <#ty as #krate::field::DefaultField>::default_field)
        }
    }
}
