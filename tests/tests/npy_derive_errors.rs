//! What `#[derive(NpyElement)]` says to a struct that cannot be a record.

#[test]
fn mistakes_in_records_are_explained_where_they_are() {
    trybuild::TestCases::new().compile_fail("tests/ui_element/*.rs");
}
