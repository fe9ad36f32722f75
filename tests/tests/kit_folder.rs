//! Our reader and writer of the Python program's folder go by the program's rules: they agree with
//! the folders that it wrote, and refuse what it cannot read.

use std::fs;
use varpack_tests::expected::Expected;
use varpack_tests::fixtures;
use varpack_tests::python::{self, NO_ARGS, Python};

/// Saves `variables`, a Python expression, to the folder that is the first argument.
fn save(python: &Python, folder: &std::path::Path, variables: &str) {
    let script =
        format!("import sys, numpy as np, varpack; varpack.save(sys.argv[1], {variables})");
    python.run(script.as_str(), [folder]);
}

const LOAD: &str = "import sys, varpack; varpack.load(sys.argv[1])";

#[test]
fn golden_folders_hold_what_is_expected_under_both_generations() {
    for python in Python::both() {
        for name in fixtures::names() {
            let folder = fixtures::copy(&name);
            let script = python::script("check_folder.py");
            let found = python.run(script, ["--lenient".as_ref(), folder.path()]);
            fixtures::expected(&name).assert_same_values(&Expected::parse(&found).unwrap());
        }
    }
}

#[test]
fn golden_folders_saved_by_our_writer_keep_values_and_files() {
    let resave = "import sys, varpack\n\
                  loaded = varpack.load(sys.argv[1], strict=False)\n\
                  varpack.save(sys.argv[2], loaded, separate=('kept',), min_elements=int(sys.argv[3]))";
    for python in Python::both() {
        for name in fixtures::names() {
            let golden = fixtures::copy(&name);
            let target = tempfile::tempdir().unwrap();
            // `readme` was written with a lower limit for what is split off.
            let min_elements = if name.ends_with("readme") { "1000" } else { "10000" };
            python.run(resave, [golden.path(), target.path(), min_elements.as_ref()]);
            let script = python::script("check_folder.py");
            let found = python.run(script, ["--lenient".as_ref(), target.path()]);
            let (expected, found) = (fixtures::expected(&name), Expected::parse(&found).unwrap());
            expected.assert_same_values(&found);
            for (variable, expected) in expected.iter() {
                assert_eq!(found[variable].filename, expected.filename, "{name}: {variable}");
            }
        }
    }
}

#[test]
fn our_writer_splits_off_arrays_of_ten_thousand_elements_in_dictionaries_under_a_thousand_keys() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    save(
        &python,
        folder.path(),
        "{'split': {'a': np.zeros(10_000), 'b': np.zeros(9_999)},
          'many': {**{i: i for i in range(999)}, 'a': np.zeros(10_000)}}",
    );
    let found =
        Expected::parse(&python.run(python::script("check_folder.py"), [folder.path()])).unwrap();
    assert_eq!(found["split"].datum.get("a").array().mapped, Some(true));
    assert_eq!(found["split"].datum.get("b").array().mapped, Some(false));
    assert_eq!(found["many"].datum.get("a").array().mapped, Some(false));
}

#[test]
fn our_writer_gives_a_variable_of_ten_thousand_bytes_its_own_pickle() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    save(
        &python,
        folder.path(),
        "{'long': b'x' * (10_000 - sys.getsizeof(b'')), 'short': b'x' * 9_000}",
    );
    let found =
        Expected::parse(&python.run(python::script("check_folder.py"), [folder.path()])).unwrap();
    assert_eq!(found["long"].filename, "long.pickle");
    assert_eq!(found["short"].filename, "__misc_vars__.pickle");
}

#[test]
fn manifest_key_that_is_no_variable_is_refused() {
    let Some(python) = Python::numpy2() else { return };
    let folder = fixtures::copy("numpy2-readme");
    let manifest = folder.path().join("varpack.json");
    let text =
        fs::read_to_string(&manifest).unwrap().replacen('{', r#"{"format": {"version": 1},"#, 1);
    fs::write(&manifest, text).unwrap();
    assert!(python.run_refused(LOAD, [folder.path()]).contains("KeyError: 'filename'"));
}

#[test]
fn array_in_a_file_of_another_name_is_refused() {
    let Some(python) = Python::numpy2() else { return };
    let folder = fixtures::copy("numpy2-readme");
    let manifest = folder.path().join("varpack.json");
    let text = fs::read_to_string(&manifest).unwrap().replace("var1.npy", "other.npy");
    fs::write(&manifest, text).unwrap();
    fs::rename(folder.path().join("var1.npy"), folder.path().join("other.npy")).unwrap();
    assert!(python.run_refused(LOAD, [folder.path()]).contains("KeyError: 'other'"));
}

#[test]
fn array_split_off_from_under_an_integer_key_is_refused() {
    let Some(python) = Python::numpy2() else { return };
    let folder = fixtures::copy("numpy2-dicts");
    assert!(python.run_refused(LOAD, [folder.path()]).contains("TypeError"));
}

#[test]
fn value_of_the_shared_pickle_that_the_manifest_lacks_is_refused() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    save(&python, folder.path(), "{'known': 1, 'stray': 2}");
    fs::write(
        folder.path().join("varpack.json"),
        r#"{"known": {"size": NaN, "filename": "__misc_vars__.pickle"}}"#,
    )
    .unwrap();
    assert!(python.run_refused(LOAD, [folder.path()]).contains("KeyError: 'stray'"));
}

#[test]
fn two_variables_on_one_file_are_both_read() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    save(&python, folder.path(), "{'x': np.arange(3)}");
    fs::write(
        folder.path().join("varpack.json"),
        r#"{"x": {"size": 1, "filename": "x.npy"}, "y": {"size": 1, "filename": "x.npy"}}"#,
    )
    .unwrap();
    let found =
        Expected::parse(&python.run(python::script("check_folder.py"), [folder.path()])).unwrap();
    found["x"].datum.assert_equals(&found["y"].datum);
}

#[test]
fn zero_dimensional_array_is_refused_by_our_writer() {
    let Some(python) = Python::numpy2() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = "import sys, numpy as np, varpack; varpack.save(sys.argv[1], {'x': np.array(1)})";
    assert!(python.run_refused(script, [folder.path()]).contains("0-d"));
}

#[test]
fn objects_are_described_by_what_makes_them_again() {
    let Some(python) = Python::numpy2() else { return };
    let script = "
import collections, datetime, check_folder, corpus_types as t
describe = lambda value: check_folder.describe(value)
assert describe(datetime.date(2024, 2, 29))['class'] == 'datetime.date'
assert describe(t.Plain(a=1))['class'] == 'corpus_types.Plain'
assert describe(t.Plain(a=1)) != describe(t.Plain(a=2))
assert describe(collections.deque([1])) != describe(collections.deque([2]))
assert describe(t.function) == {'kind': 'object', 'class': 'corpus_types.function', 'parts': []}
cycle = []
cycle.append(cycle)
try:
    describe(cycle)
except ValueError as error:
    print(error)";
    assert_eq!(python.run(script, NO_ARGS).trim(), "a cycle through a list");
}
