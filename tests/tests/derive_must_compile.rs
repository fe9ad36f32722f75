//! What the derive accepts, whatever surrounds the struct. `tests/renamed` compiles the same files
//! with the crate under another name and without the prelude.
#![allow(warnings, clippy::all, reason = "odd on purpose; derive_lints.rs is about lints")]

/// All files in one binary: one for each would take minutes to link.
macro_rules! cases {
    ($($file:literal $case:ident)*) => {
        $(#[path = $file] mod $case;)*

        const CASES: &[&str] = &[$($file),*];
    };
}

cases! {
    "pass/aliases_of_types.rs" aliases_of_types
    "pass/aliases_without_attribute.rs" aliases_without_attribute
    "pass/all_fields_skipped.rs" all_fields_skipped
    "pass/arrays_inside_values.rs" arrays_inside_values
    "pass/associated_types.rs" associated_types
    "pass/attribute_forms.rs" attribute_forms
    "pass/attributes_through_macros.rs" attributes_through_macros
    "pass/beside_other_derives.rs" beside_other_derives
    "pass/bound_overrides.rs" bound_overrides
    "pass/const_parameters.rs" const_parameters
    "pass/constants_named_as_our_locals.rs" constants_named_as_our_locals
    "pass/defaults.rs" defaults
    "pass/deprecated_fields.rs" deprecated_fields
    "pass/elements.rs" elements
    "pass/functions_named_as_our_locals.rs" functions_named_as_our_locals
    "pass/glob_imports.rs" glob_imports
    "pass/in_a_function.rs" in_a_function
    "pass/lifetime_parameters.rs" lifetime_parameters
    "pass/macro_generated.rs" macro_generated
    "pass/macro_generated_locals.rs" macro_generated_locals
    "pass/maps.rs" maps
    "pass/methods_of_other_traits.rs" methods_of_other_traits
    "pass/mixed_maps_and_records.rs" mixed_maps_and_records
    "pass/names.rs" names
    "pass/names_of_our_locals.rs" names_of_our_locals
    "pass/nested_generic.rs" nested_generic
    "pass/nested_levels.rs" nested_levels
    "pass/nested_with_default.rs" nested_with_default
    "pass/no_fields.rs" no_fields
    "pass/one_direction_needs_one_trait.rs" one_direction_needs_one_trait
    "pass/only_loaded_or_only_saved.rs" only_loaded_or_only_saved
    "pass/optional_arrays.rs" optional_arrays
    "pass/own_types_named_as_others.rs" own_types_named_as_others
    "pass/parameter_defaults.rs" parameter_defaults
    "pass/plain_arrays.rs" plain_arrays
    "pass/raw_identifiers.rs" raw_identifiers
    "pass/readme.rs" readme
    "pass/records_through_macros.rs" records_through_macros
    "pass/recursive_values.rs" recursive_values
    "pass/references_to_own_types.rs" references_to_own_types
    "pass/rename_all.rs" rename_all
    "pass/save_only.rs" save_only
    "pass/serde_attributes_beside_ours.rs" serde_attributes_beside_ours
    "pass/shadowed_std.rs" shadowed_std
    "pass/skip_with_every_storage.rs" skip_with_every_storage
    "pass/tuples_and_arrays_as_values.rs" tuples_and_arrays_as_values
    "pass/type_parameters.rs" type_parameters
    "pass/type_parameters_that_are_not_used.rs" type_parameters_that_are_not_used
    "pass/visibility.rs" visibility
    "pass/where_clauses.rs" where_clauses
}

#[test]
fn correct_use_compiles() {
    // That this file compiles is the test; these lines tell that no case is left out.
    let cases = std::fs::read_dir("tests/pass").unwrap().count();
    assert_eq!(CASES.len() + 1, cases);
}

#[test]
fn correct_use_compiles_where_the_crate_has_a_path_of_its_own() {
    trybuild::TestCases::new().pass("tests/pass/crate_path.rs");
}
