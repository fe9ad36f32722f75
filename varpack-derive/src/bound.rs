//! The where clauses of the generated impls.

use crate::attr::{DefaultValue, Storage};
use crate::model::{Field, Struct};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, WhereClause, WherePredicate, parse_quote};

/// The struct's own where clause, and what its fields need.
///
/// A field whose type mentions a type or const parameter asks for its traits on that type
/// (`MmapArray<T, D>: MmapField`), not on the parameter: what the type in turn asks of its
/// parameters only its own impls know. Fields without parameters are checked where they are used,
/// which gives the better errors.
pub(crate) fn where_clause(model: &Struct<'_>) -> WhereClause {
    clause(model, &model.fields)
}

/// The struct's own where clause, and what one field needs: if the struct is in itself, what all do.
pub(crate) fn where_clause_of(model: &Struct<'_>, field: &Field<'_>) -> WhereClause {
    if is_recursive(model, field) {
        return where_clause(model);
    }
    clause(model, std::slice::from_ref(field))
}

fn clause(model: &Struct<'_>, fields: &[Field<'_>]) -> WhereClause {
    let mut clause = model.generics.where_clause.clone().unwrap_or_else(|| parse_quote!(where));
    match model.attrs.bound() {
        Some(bound) => clause.predicates.extend(bound.iter().cloned()),
        None => clause.predicates.extend(field_predicates(model, fields)),
    }
    clause
}

fn field_predicates(model: &Struct<'_>, fields: &[Field<'_>]) -> Vec<WherePredicate> {
    let params: Vec<&Ident> = model
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    let mut seen = Vec::new();
    let mut predicates = Vec::new();
    for field in fields {
        if params.is_empty() || !mentions(field.ty.to_token_stream(), &params) {
            continue;
        }
        let ty = field.ty;
        for bound in traits(model, field) {
            let predicate = quote!(#ty: #bound);
            let text = predicate.to_string();
            if !seen.contains(&text) {
                seen.push(text);
                predicates.push(parse_quote!(#predicate));
            }
        }
    }
    predicates
}

/// The traits that the type of a field has to implement.
fn traits(model: &Struct<'_>, field: &Field<'_>) -> Vec<TokenStream> {
    let krate = model.attrs.krate();
    // Of one that is flattened into itself this very impl tells.
    let place = field.traits().filter(|_| !is_recursive(model, field));
    let place = place.map(|traits| Ident::new(traits.field, Span::call_site()));
    let mut traits: Vec<_> = place.iter().map(|name| quote!(#krate::field::#name)).collect();
    if matches!(field.default(), Some(DefaultValue::Trait)) {
        traits.push(quote!(::core::default::Default));
    }
    traits
}

/// Whether the struct is flattened into itself.
fn is_recursive(model: &Struct<'_>, field: &Field<'_>) -> bool {
    let is_flat = matches!(field.storage(), Storage::Flatten(_));
    is_flat && mentions(field.ty.to_token_stream(), &[model.ident])
}

/// Whether a type may be another for each type or constant that the struct's parameters stand for, or is the struct itself.
pub(crate) fn is_of_parameters(model: &Struct<'_>, field: &Field<'_>) -> bool {
    let params = model.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    });
    mentions(field.ty.to_token_stream(), &params.collect::<Vec<_>>())
}

/// The type of a field with `'static` in the places of the struct's lifetimes, for an item of its own.
pub(crate) fn with_static(model: &Struct<'_>, field: &Field<'_>) -> TokenStream {
    let lifetimes = model.generics.lifetimes().map(|param| &param.lifetime.ident);
    replace_lifetimes(field.ty.to_token_stream(), &lifetimes.collect::<Vec<_>>())
}

fn replace_lifetimes(tokens: TokenStream, lifetimes: &[&Ident]) -> TokenStream {
    let mut is_lifetime = false;
    let replaced = tokens.into_iter().map(|token| {
        let token = match token {
            TokenTree::Ident(ident) if is_lifetime && lifetimes.contains(&&ident) => {
                TokenTree::Ident(Ident::new("static", ident.span()))
            }
            TokenTree::Group(group) => {
                let mut replaced =
                    Group::new(group.delimiter(), replace_lifetimes(group.stream(), lifetimes));
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            token => token,
        };
        is_lifetime = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        token
    });
    replaced.collect()
}

// By name alone: a path that happens to hold a parameter's name only gets a bound that it meets
// anyway. `Self` is the struct with all of its parameters.
fn mentions(tokens: TokenStream, params: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self" || params.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), params),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
