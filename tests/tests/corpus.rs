//! A corpus of values and arrays goes Python -> Rust -> Python and comes back equal, type for type.

use std::fs;
use std::path::Path;
use varpack::pickle::{self, Value};
use varpack_tests::expected::read_npy;
use varpack_tests::python::{self, Python};

/// Reads and writes every file of a folder through `rewrite`; gives how many there were.
fn rewrite_folder(
    from: &Path,
    to: &Path,
    rewrite: impl Fn(&Path) -> varpack::Result<Vec<u8>>,
) -> usize {
    fs::create_dir_all(to).expect("a folder to write to");
    let mut count = 0;
    for entry in fs::read_dir(from).expect("a folder of the corpus") {
        let path = entry.expect("an entry of it").path();
        let rewritten =
            rewrite(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_name().expect("a file has a name");
        fs::write(to.join(name), rewritten).expect("a file to write");
        count += 1;
    }
    count
}

fn rewrite_pickle(path: &Path) -> varpack::Result<Vec<u8>> {
    let file = fs::read(path).expect("a file of the corpus");
    pickle::to_vec(&Value::from_slice(&file)?)
}

fn rewrite_npy(path: &Path) -> varpack::Result<Vec<u8>> {
    let array = read_npy(path);
    let mut file = array.header().encode()?;
    file.extend_from_slice(array.as_bytes());
    Ok(file)
}

fn corpus_goes_through_rust_unharmed(python: &Python) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (made, rewritten) = (folder.path().join("made"), folder.path().join("rewritten"));
    let script = python::script("corpus.py");
    python.run(script.clone(), ["make".as_ref(), made.as_path()]);
    let values = rewrite_folder(&made.join("values"), &rewritten.join("values"), rewrite_pickle);
    let arrays = rewrite_folder(&made.join("arrays"), &rewritten.join("arrays"), rewrite_npy);
    assert_eq!((values, arrays), (2_000 * 6, 300));
    python.run(script, ["check".as_ref(), made.as_path(), rewritten.as_path()]);
}

#[test]
fn corpus_of_python_with_numpy_1_goes_through_rust_unharmed() {
    if let Some(python) = Python::numpy1() {
        corpus_goes_through_rust_unharmed(&python);
    }
}

#[test]
fn corpus_of_python_with_numpy_2_goes_through_rust_unharmed() {
    if let Some(python) = Python::numpy2() {
        corpus_goes_through_rust_unharmed(&python);
    }
}
