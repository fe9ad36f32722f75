//! The derive macros of `varpack`. They are documented where they are re-exported.
//!
//! The pipeline of `#[derive(Varpack)]`, each step knowing only those before it:
//! `ctxt` (errors) -> `attr` (attributes, parsed once) -> `model` (the struct, its attributes
//! resolved) -> `check` (rules) -> `bound` (where clauses) -> `expand` (code), and `fallback` (a
//! stub, after an error).

mod attr;
mod bound;
mod case;
mod check;
mod ctxt;
mod element;
mod expand;
mod fallback;
mod model;
mod suggest;
mod ty;

use attr::StructAttrs;
use ctxt::Ctxt;
use model::Struct;
use proc_macro::TokenStream;
use syn::DeriveInput;

/// Saves and loads a struct as a folder of `.npy` arrays and pickles.
#[proc_macro_derive(Varpack, attributes(varpack))]
pub fn derive_varpack(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    derive(&input).into()
}

/// Generates `varpack::npy::Element` for a `#[repr(C)]` struct; `varpack` documents it where it re-exports it.
#[proc_macro_derive(NpyElement, attributes(varpack))]
pub fn derive_npy_element(input: TokenStream) -> TokenStream {
    element::derive(input.into()).into()
}

/// The whole derive, from a parsed item to the code generated for it.
fn derive(input: &DeriveInput) -> proc_macro2::TokenStream {
    let ctxt = Ctxt::new();
    let attrs = StructAttrs::parse(&ctxt, &input.attrs);
    let model = Struct::from_input(&ctxt, input, &attrs);
    if let Some(model) = &model {
        check::check(&ctxt, model);
    }
    let error = ctxt.finish();
    match model {
        Some(model) if error.is_none() => expand::expand(&model),
        _ => fallback::expand(input, &attrs.krate(), error.as_ref()),
    }
}

#[cfg(test)]
mod tests;
