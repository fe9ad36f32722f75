//! The derive's tests with varpack renamed to `vp`: those of behaviour, and without the prelude those
//! of what must compile.
#![allow(warnings, clippy::all, reason = "odd on purpose; derive_lints.rs is about lints")]

include!(concat!(env!("OUT_DIR"), "/cases.rs"));

#[test]
fn the_derive_needs_neither_its_crate_name_nor_the_prelude() {
    // That this file compiles is the test; this line tells an empty list of cases from a full one.
    let cases = include_str!(concat!(env!("OUT_DIR"), "/cases.rs")).matches("mod ").count();
    assert!(cases >= 30, "only {cases} cases");
}
