//! The derive macros of `varpack`.

mod element;

use proc_macro::TokenStream;

/// Generates `PackFields`.
#[proc_macro_derive(Varpack, attributes(varpack))]
pub fn derive_varpack(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Generates `varpack::npy::Element` for a `#[repr(C)]` struct; `varpack` documents it where it
/// re-exports it.
#[proc_macro_derive(NpyElement, attributes(varpack))]
pub fn derive_npy_element(input: TokenStream) -> TokenStream {
    element::derive(input.into()).into()
}
