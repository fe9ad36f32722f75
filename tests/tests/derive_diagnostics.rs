//! What the derive refuses, and the words it does it with: one file a mistake, by theme.

#[test]
fn wrong_use_is_told_where_it_is_and_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
