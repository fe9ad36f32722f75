//! What the derive accepts, whatever surrounds the struct. `tests/renamed` compiles the same files
//! with the crate under another name and without the prelude.

#[test]
fn correct_use_compiles() {
    trybuild::TestCases::new().pass("tests/pass/*.rs");
}
