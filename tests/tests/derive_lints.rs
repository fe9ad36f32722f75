//! A derived struct in a crate that denies every lint: of rustc, and of clippy when clippy looks.

#![deny(warnings)]
#![deny(
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    refining_impl_trait,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    unused
)]
#![deny(
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    deprecated_in_future,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    ffi_unwind_calls,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
#![deny(
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::default_trait_access,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::min_ident_chars,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::panic,
    clippy::question_mark_used,
    clippy::shadow_reuse,
    clippy::unwrap_used
)]
#![allow(
    clippy::cargo_common_metadata,
    clippy::multiple_crate_versions,
    reason = "they are about Cargo.toml, not about generated code"
)]

/// A module with what is derived.
pub mod derived {
    use std::borrow::Cow;
    use std::collections::{BTreeMap, HashMap};
    use varpack::{MmapArray, MmapArray1, MmapArray2, NpyElement, Varpack};

    /// A struct with every attribute.
    #[derive(Varpack)]
    #[varpack(rename_all = "camelCase")]
    #[expect(
        missing_debug_implementations,
        reason = "it tells what the derive adds, which is nothing"
    )]
    pub struct Everything {
        /// An array.
        #[varpack(mmap, alias = "w")]
        pub weights: MmapArray2<f32>,
        /// A map of arrays.
        #[varpack(mmap(min_len = 10_000))]
        pub split: BTreeMap<String, MmapArray1<f32>>,
        /// A map with integer keys.
        #[varpack(mmap(int_keys), default)]
        pub folds: HashMap<i64, MmapArray1<f32>>,
        /// An array in memory.
        #[varpack(npy)]
        pub samples: Vec<f32>,
        /// A pickle.
        #[varpack(separate, default = "Vec::new")]
        pub history: Vec<f64>,
        /// A struct.
        #[varpack(nested)]
        pub model: Generic<'static, f32, ndarray::Ix1, 3>,
        /// Saved only.
        #[varpack(skip_load)]
        pub notes: String,
        /// Loaded only.
        #[varpack(skip_save)]
        pub seed: u64,
        /// Neither.
        #[varpack(skip)]
        pub cache: Option<u64>,
        /// Obsolete.
        #[deprecated(note = "the derive still saves it")]
        #[varpack(default)]
        pub old: u64,
    }

    /// A struct with parameters of every kind.
    #[derive(Varpack)]
    #[expect(
        missing_debug_implementations,
        reason = "it tells what the derive adds, which is nothing"
    )]
    pub struct Generic<'a, T: Clone, D, const N: usize>
    where
        D: Clone,
    {
        /// An array.
        #[varpack(mmap)]
        pub weights: MmapArray<T, D>,
        /// Text.
        pub title: Cow<'a, str>,
        /// Borrowed.
        #[varpack(skip)]
        pub borrowed: &'a [u64],
        /// Not saved.
        #[varpack(skip)]
        pub sizes: [u64; 3],
    }

    /// A struct that is not to be used any more.
    #[deprecated(note = "folders of it are still loaded")]
    #[derive(Varpack, Debug, Clone, Copy)]
    pub struct Old<T> {
        /// Of any type.
        pub value: T,
        /// Obsolete too.
        #[deprecated(note = "the derive still saves it")]
        pub other: u64,
    }

    /// A record that is not to be used any more.
    #[deprecated(note = "files of it are still loaded")]
    #[derive(NpyElement, Debug, Clone, Copy)]
    #[repr(C)]
    pub struct OldRecord {
        /// A number.
        pub step: u64,
    }

    /// A struct with fields of those types.
    #[derive(Varpack, Debug)]
    pub struct New<T> {
        /// Of a type with a parameter.
        #[varpack(nested)]
        #[expect(deprecated, reason = "folders have it")]
        pub generic: Old<T>,
        /// Of one without.
        #[varpack(nested)]
        #[expect(deprecated, reason = "folders have it")]
        pub plain: Old<u64>,
        /// Records.
        #[varpack(npy)]
        #[expect(deprecated, reason = "folders have it")]
        pub records: Vec<OldRecord>,
    }

    /// A struct without fields.
    #[derive(Varpack, Debug, Clone, Copy)]
    pub struct Empty {}
}

#[test]
fn no_lint_of_rustc_or_clippy_fires_on_generated_code() {
    // That this file compiles is the test; here the impls are used.
    const fn is_varpack<T: varpack::Varpack>() {}
    is_varpack::<derived::Everything>();
    is_varpack::<derived::New<u64>>();
    is_varpack::<derived::Empty>();
}
