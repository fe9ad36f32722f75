//! Folders that the Python program wrote open as a `Pack`, hold what is expected, and saved again by
//! Rust hold it still for Python.

use varpack::{LoadOptions, Mode, Pack};
use varpack_tests::expected::{Datum, Expected};
use varpack_tests::fixtures;
use varpack_tests::python::{self, Python};

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

#[test]
fn every_golden_folder_opens_and_holds_what_is_expected() {
    for name in fixtures::names() {
        let expected = fixtures::expected(&name);
        for mode in MODES {
            let folder = fixtures::copy(&name);
            let pack = Pack::open_with(folder.path(), &LoadOptions::new().mode(mode)).unwrap();
            assert_eq!(pack.names().count(), expected.iter().count(), "{name}");
            for (variable, expected) in expected.iter() {
                let found = pack.get(variable).unwrap_or_else(|| panic!("{name}: no {variable}"));
                let differences = expected.datum.differences(&Datum::of_variable(found));
                assert!(differences.is_empty(), "{name}: {variable}: {}", differences.join("\n"));
            }
        }
    }
}

#[test]
fn every_golden_folder_saved_elsewhere_by_rust_reads_the_same_under_both_generations() {
    for python in Python::both() {
        for name in fixtures::names() {
            let parent = tempfile::tempdir().unwrap();
            let target = parent.path().join("saved");
            let golden = fixtures::copy(&name);
            Pack::open(golden.path()).unwrap().save_to(&target).unwrap();
            let script = python::script("check_folder.py");
            let found = python.run(script, ["--lenient".as_ref(), target.as_path()]);
            fixtures::expected(&name).assert_same_values(&Expected::parse(&found).unwrap());
        }
    }
}

#[test]
fn golden_folders_saved_elsewhere_are_ones_that_the_python_program_can_read() {
    // All but `dicts`, whose arrays under integer keys it writes and cannot read.
    let Some(python) = Python::numpy2() else { return };
    for name in fixtures::names().filter(|name| !name.ends_with("dicts")) {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("saved");
        Pack::open(fixtures::copy(&name).path()).unwrap().save_to(&target).unwrap();
        python.run(python::script("check_folder.py"), [&target]);
    }
}
