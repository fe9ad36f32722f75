//! Any value goes from CPython to Rust and back, over all protocols, and is the same: as a `Value`.

use std::fs;
use std::path::Path;
use varpack::pickle::{Value, to_vec};
use varpack_tests::python::{self, Python};

fn rewrite(made: &Path, rewritten: &Path) -> usize {
    let mut count = 0;
    for kind in ["values", "arrays"] {
        fs::create_dir_all(rewritten.join(kind)).expect("a folder to write to");
        for file in fs::read_dir(made.join(kind)).expect("a folder of the corpus") {
            let file = file.expect("a file of the corpus").path();
            let name = file.file_name().expect("a name");
            let bytes = fs::read(&file).expect("a file of the corpus");
            let bytes = if kind == "values" {
                let value = Value::from_slice(&bytes)
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let written =
                    to_vec(&value).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let again = Value::from_slice(&written)
                    .unwrap_or_else(|error| panic!("{} again: {error}", file.display()));
                assert_eq!(again, value, "{}", file.display());
                written
            } else {
                bytes
            };
            fs::write(rewritten.join(kind).join(name), bytes).expect("a file to write");
            count += 1;
        }
    }
    count
}

fn goes_through_rust(python: &Python) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (made, rewritten) = (folder.path().join("made"), folder.path().join("rewritten"));
    python.run(python::script("corpus.py"), ["make".as_ref(), made.as_path()]);
    let files = rewrite(&made, &rewritten);
    let args = ["check".as_ref(), made.as_path(), rewritten.as_path()];
    let checked = python.run(python::script("corpus.py"), args);
    assert_eq!(checked.trim(), format!("{files} files, 0 differences"));
}

#[test]
fn corpus_of_numpy_1_is_the_same_after_rust() {
    if let Some(python) = Python::numpy1() {
        goes_through_rust(&python);
    }
}

#[test]
fn corpus_of_numpy_2_is_the_same_after_rust() {
    if let Some(python) = Python::numpy2() {
        goes_through_rust(&python);
    }
}
