//! `#[derive(NpyElement)]`: from the struct's tokens to the generated code, or to all its errors.

mod check;
mod expand;
mod model;

use proc_macro2::TokenStream;

/// The whole derive.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: syn::DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let (record, mut errors) = model::RecordStruct::read(&input);
    check::check(&record, &mut errors);
    match errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    }) {
        None => expand::expand(&record),
        Some(errors) => expand::refuse(&input, &record, errors),
    }
}
