//! The generated code of the structs in `golden/`, token for token.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{FnArg, ImplItem, Item, ItemStruct};

/// Splits a golden file into the struct, its first item, and the code expected for it.
fn golden(file: &str) -> (ItemStruct, TokenStream) {
    let file = syn::parse_file(file).unwrap();
    let mut items = file.items.into_iter();
    let Some(Item::Struct(item)) = items.next() else { panic!("the first item is the struct") };
    (item, items.map(ToTokens::into_token_stream).collect())
}

/// Tokens as text, without the last commas of lists, which depend on where the lines break.
fn text(tokens: &TokenStream) -> String {
    let text = tokens.to_string().parse::<TokenStream>().unwrap().to_string();
    text.replace(" ,)", ")").replace(" , }", " }").replace(" , {", " {")
}

fn assert_expands(file: &str) {
    let (item, expected) = golden(file);
    let expanded = super::derive(&syn::parse_quote!(#item));
    assert_eq!(text(&expanded), text(&expected));
}

#[test]
fn a_field_is_one_call_in_each_direction() {
    assert_expands(include_str!("../golden/run.rs"));
}

#[test]
fn attributes_of_a_field_are_one_chain() {
    assert_expands(include_str!("../golden/attributes.rs"));
}

#[test]
fn a_struct_that_can_be_nested_says_so() {
    assert_expands(include_str!("../golden/nested.rs"));
}

#[test]
fn a_struct_that_is_flattened_is_one_call_and_within_itself_no_bound() {
    assert_expands(include_str!("../golden/flatten.rs"));
}

#[test]
fn bounds_are_on_field_types_with_parameters_only() {
    assert_expands(include_str!("../golden/generic.rs"));
}

#[test]
fn a_struct_that_is_only_saved_has_no_code_for_loads() {
    assert_expands(include_str!("../golden/save_only.rs"));
}

#[test]
fn locals_have_names_that_nobody_gives_to_a_constant() {
    let input: syn::DeriveInput = syn::parse_quote! { struct Run { step: u64 } };
    let fallback = super::fallback::expand(&input, &syn::parse_quote!(::varpack), None);
    for code in [super::derive(&input), fallback] {
        let file: syn::File = syn::parse2(code).unwrap();
        let impls = file.items.iter().filter_map(|item| match item {
            Item::Impl(item) => Some(&item.items),
            _ => None,
        });
        let functions = impls.flatten().filter_map(|item| match item {
            ImplItem::Fn(function) => Some(&function.sig.inputs),
            _ => None,
        });
        let locals = functions.flatten().filter_map(|input| match input {
            FnArg::Typed(local) => Some(local.pat.to_token_stream().to_string()),
            FnArg::Receiver(_) => None,
        });
        let locals: Vec<_> = locals.collect();
        assert_eq!(locals.len(), 4);
        assert!(locals.iter().all(|local| local.starts_with("__varpack_")), "{locals:?}");
    }
}

#[test]
fn after_an_error_comes_an_impl_of_the_same_shape() {
    let input = syn::parse_quote! {
        struct Bad<T: Copy> where T: Send { #[varpack(mapp)] a: T }
    };
    let expanded = text(&super::derive(&input));
    assert!(expanded.contains("did you mean `mmap`?"), "{expanded}");
    assert!(expanded.contains("PackFields for Bad < T > where T : Send"), "{expanded}");
    assert!(expanded.contains("NestedField for Bad < T > where T : Send"), "{expanded}");
}

/// The modules, each before those that may use it.
const MODULES: [(&str, &[&str]); 11] = [
    ("ctxt", &[include_str!("ctxt.rs")]),
    ("suggest", &[include_str!("suggest.rs")]),
    ("case", &[include_str!("case.rs")]),
    ("ty", &[include_str!("ty.rs")]),
    (
        "attr",
        &[include_str!("attr/mod.rs"), include_str!("attr/item.rs"), include_str!("attr/serde.rs")],
    ),
    ("model", &[include_str!("model.rs")]),
    (
        "check",
        &[
            include_str!("check/mod.rs"),
            include_str!("check/attributes.rs"),
            include_str!("check/borrowed.rs"),
            include_str!("check/mmap.rs"),
            include_str!("check/names.rs"),
            include_str!("check/serde.rs"),
            include_str!("check/types.rs"),
        ],
    ),
    ("bound", &[include_str!("bound.rs")]),
    ("expand", &[include_str!("expand.rs"), include_str!("expand/checks.rs")]),
    ("fallback", &[include_str!("fallback.rs")]),
    ("lib", &[]),
];

#[test]
fn modules_depend_on_each_other_in_one_direction() {
    for (place, (name, sources)) in MODULES.iter().enumerate() {
        for (later, _) in &MODULES[place + 1..] {
            let path = format!("crate::{later}");
            assert!(!sources.concat().contains(&path), "`{name}` uses `{later}`");
        }
    }
}
