//! Safe programs that try to get by the checks of `#[derive(NpyElement)]` and of `Element`: none compiles.

/// Each of these programs, `tests/ui_soundness/<name>.rs`, fails to compile with its message.
fn refused(programs: &[&str]) {
    let cases = trybuild::TestCases::new();
    for program in programs {
        cases.compile_fail(format!("tests/ui_soundness/{program}.rs"));
    }
}

#[test]
fn what_may_be_mapped_is_no_method() {
    refused(&["is_mappable_is_no_method"]);
}

#[test]
fn crate_path_replaces_the_checks_and_the_unsafe_impls_or_none() {
    refused(&["crate_that_replaces_the_checks", "crate_that_replaces_the_macro"]);
}

#[test]
fn crate_named_core_replaces_no_check() {
    refused(&["crate_named_core"]);
}

#[test]
fn record_that_an_attribute_rewrites_behind_the_derive_is_checked_as_it_is_in_the_end() {
    refused(&["rewritten_fields", "uninhabited_field"]);
}

#[test]
fn macro_of_the_derive_called_by_hand_takes_nothing_on_trust() {
    refused(&["macro_called_by_hand", "macro_called_by_hand_on_a_union"]);
}

#[test]
fn record_aligned_to_over_16_bytes_is_refused() {
    refused(&["aligned_over_16"]);
}

#[test]
fn traits_of_fields_and_keys_cannot_be_implemented_elsewhere() {
    refused(&["traits_with_hidden_types"]);
}
