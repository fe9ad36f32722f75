//! The pickles and arrays that the Python program wrote hold what is expected, read without a type.

use std::fs;
use varpack::pickle::Value;
use varpack_tests::expected::{ArrayDatum, Datum, read_npy};
use varpack_tests::fixtures;

#[test]
fn every_pickle_of_the_golden_folders_reads_as_expected() {
    for name in fixtures::names() {
        let folder = fixtures::path(&name);
        for (variable, expected) in fixtures::expected(&name).iter() {
            let Some(stem) = expected.filename.strip_suffix(".pickle") else { continue };
            let file = fs::read(folder.join(&expected.filename)).unwrap();
            let value = Value::from_slice(&file).unwrap();
            let value = match stem {
                "__misc_vars__" => value.get(variable).expect("a variable of the shared pickle"),
                _ => &value,
            };
            let differences = expected.datum.differences(&Datum::of_value(value, &folder));
            assert!(differences.is_empty(), "{name}: {variable}: {}", differences.join("\n"));
        }
    }
}

#[test]
fn every_array_of_the_golden_folders_reads_as_expected() {
    for name in fixtures::names() {
        let folder = fixtures::path(&name);
        for (variable, expected) in fixtures::expected(&name).iter() {
            if expected.filename.ends_with(".npy") {
                let found = ArrayDatum::of_any(&read_npy(&folder.join(&expected.filename)));
                assert!(expected.datum.array().is_same(&found), "{name}: {variable}: {found:?}");
            }
        }
    }
}
