//! The derive macros of `varpack`.

use proc_macro::TokenStream;

/// Generates `PackFields`.
#[proc_macro_derive(Varpack, attributes(varpack))]
pub fn derive_varpack(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
