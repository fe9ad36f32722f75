//! The comparison with expectations sees every difference and names its place.

use varpack_tests::expected::{Datum, Expected};
use varpack_tests::fixtures;

fn datum(json: &str) -> Datum {
    serde_json::from_str(json).expect("a value in the notation")
}

#[test]
fn every_expectation_is_parsed_and_equals_itself() {
    for name in fixtures::names() {
        let expected = fixtures::expected(&name);
        assert!(expected.iter().count() > 0, "{name}");
        expected.assert_same_values(&expected);
    }
}

#[test]
fn both_generations_hold_the_same_values() {
    for content in fixtures::CONTENTS {
        let [one, two] =
            fixtures::GENERATIONS.map(|g| fixtures::expected(&format!("{g}-{content}")));
        one.assert_same_values(&two);
    }
}

#[test]
fn difference_deep_inside_a_value_is_named_by_its_path() {
    let expected = datum(
        r#"{"kind": "list", "items": [{"kind": "none"}, {"kind": "dict", "class": "dict", "items":
            [[{"kind": "str", "value": "loss"}, {"kind": "float", "hex": "0x0.0p+0"}]]}]}"#,
    );
    let mut found = expected.clone();
    if let Datum::List { items } = &mut found
        && let Datum::Dict { items, .. } = &mut items[1]
    {
        items[0].1 = datum(r#"{"kind": "float", "hex": "-0x0.0p+0"}"#);
    }
    let differences = expected.differences(&found);
    assert_eq!(differences.len(), 1);
    assert!(differences[0].starts_with("[1][loss]: expected"), "{differences:?}");
}

#[test]
fn types_that_print_alike_differ() {
    for (one, other) in [
        (r#"{"kind": "int", "value": "1"}"#, r#"{"kind": "str", "value": "1"}"#),
        (r#"{"kind": "bytes", "hex": "00"}"#, r#"{"kind": "bytearray", "hex": "00"}"#),
        (r#"{"kind": "list", "items": []}"#, r#"{"kind": "tuple", "items": []}"#),
        (r#"{"kind": "float", "hex": "0x0.0p+0"}"#, r#"{"kind": "float", "hex": "-0x0.0p+0"}"#),
        (
            r#"{"kind": "dict", "class": "dict", "items": []}"#,
            r#"{"kind": "dict", "class": "OrderedDict", "items": []}"#,
        ),
        (
            r#"{"kind": "numpy_scalar", "descr": "<f4", "hex": "00000000"}"#,
            r#"{"kind": "numpy_scalar", "descr": "<i4", "hex": "00000000"}"#,
        ),
    ] {
        assert_eq!(datum(one).differences(&datum(other)).len(), 1, "{one} and {other}");
    }
}

#[test]
fn order_matters_in_a_dictionary_but_not_in_a_set() {
    let set = |a, b| datum(&format!(r#"{{"kind": "set", "items": [{a}, {b}]}}"#));
    let dict = |a, b| {
        let items = format!(r#"[[{a}, {{"kind": "none"}}], [{b}, {{"kind": "none"}}]]"#);
        datum(&format!(r#"{{"kind": "dict", "class": "dict", "items": {items}}}"#))
    };
    let (one, two) = (r#"{"kind": "int", "value": "1"}"#, r#"{"kind": "int", "value": "2"}"#);
    assert!(set(one, two).differences(&set(two, one)).is_empty());
    assert!(!dict(one, two).differences(&dict(two, one)).is_empty());
}

#[test]
#[should_panic(expected = "gone: missing")]
fn missing_variable_is_named() {
    let expected = r#"{"gone": {"kind": "none", "filename": "__misc_vars__.pickle"}}"#;
    Expected::parse(expected).unwrap().assert_same_values(&Expected::parse("{}").unwrap());
}

#[test]
#[should_panic(expected = "extra: not expected")]
fn variable_that_is_not_expected_is_named() {
    let found = r#"{"extra": {"kind": "none", "filename": "__misc_vars__.pickle"}}"#;
    Expected::parse("{}").unwrap().assert_same_values(&Expected::parse(found).unwrap());
}

#[test]
#[should_panic(expected = "SHA-256")]
fn array_that_differs_in_one_bit_is_refused() {
    let images = &fixtures::expected("numpy2-digits")["images"];
    let array = images.datum.array();
    array.assert_bytes(&[1797, 8, 8], &vec![0; 1797 * 64]);
}

#[test]
fn array_with_the_expected_bytes_is_accepted() {
    let path = fixtures::path("numpy2-digits").join("images.npy");
    let file = std::fs::read(path).unwrap();
    // The file is a header of 128 bytes and 1797 x 8 x 8 elements of one byte.
    fixtures::expected("numpy2-digits")["images"]
        .datum
        .array()
        .assert_bytes(&[1797, 8, 8], &file[128..]);
}
