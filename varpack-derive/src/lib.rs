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

/// Makes a struct with named fields a folder, and each field of it a variable there.
///
/// On a field:
///
/// | attribute | the variable |
/// | --- | --- |
/// | (none) | goes through `serde` into the shared pickle, `__misc_vars__.pickle` |
/// | `mmap` | is an array, or a list or map of arrays, in `.npy` files that a load maps |
/// | `mmap(min_len = N)` | the same for a map; its arrays of fewer than `N` elements stay in the pickle |
/// | `mmap(int_keys)` | the same for a map with integer keys, which the Python program then cannot load |
/// | `mmap(cast)`, `npy(cast)` | the same; an array of another dtype is cast to the field's on load, where that loses nothing |
/// | `mmap(cast = "lossy")`, `npy(cast = "lossy")` | the same where it may lose digits; what is out of range is an error |
/// | `npy` | is a `Vec` or an `ndarray::Array` in a `.npy` file that a load reads |
/// | `separate` | has a pickle of its own, `<name>.pickle` |
/// | `nested` | is a struct that derives `Varpack`; Python sees a dictionary |
/// | `flatten` | is a struct that derives `Varpack`, or a list or map of such: each field of it is a variable, `<name>.<field>` |
/// | `flatten(prefix = "…")` | the same of a struct; its variables' names begin with this in place of `<name>.` |
/// | `skip_load` | is saved and not loaded; a later save keeps what the folder holds |
/// | `skip_save` | is loaded and not saved |
/// | `skip` | does not exist |
/// | `default`, `default = "path"` | has this value where the folder lacks it, or the caller skips it |
/// | `rename = "…"` | has another name than the field |
/// | `alias = "…"` | is also found under this older name; may be given several times |
///
/// On the struct:
///
/// | attribute | |
/// | --- | --- |
/// | `rename_all = "…"` | one of serde's rules for the names of all fields without a `rename` |
/// | `from = "Older"`, `try_from = "Older"` | a load reads this struct, and makes the other of it by `From` or `TryFrom` |
/// | `save_only` | it is saved and not loaded, and its fields may borrow what they save |
/// | `bound = "…"` | where clauses in place of those that the derive makes |
/// | `crate = "…"` | the path of the `varpack` crate, where it is not `::varpack` |
/// | `ignore_serde` | serde's attributes are for serde's derives alone, and no error |
#[proc_macro_derive(Varpack, attributes(varpack, serde))]
pub fn derive_varpack(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    derive(&input).into()
}

/// Generates `varpack::npy::Element` for a `#[repr(C)]` struct; `varpack` documents it where it
/// re-exports it.
#[proc_macro_derive(NpyElement, attributes(varpack, serde))]
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
