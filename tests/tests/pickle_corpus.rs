//! What goes through Rust leaves one generation of NumPy behind: the other reads it.

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
                to_vec(&value).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            } else {
                bytes
            };
            fs::write(rewritten.join(kind).join(name), bytes).expect("a file to write");
            count += 1;
        }
    }
    count
}

/// Takes a corpus through Rust; `python` compares what comes back with its own.
fn goes_through_rust(python: &Python, own: &Path, other: &Path) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = rewrite(other, folder.path());
    let args = ["check".as_ref(), own, folder.path()];
    let checked = python.run(python::script("corpus.py"), args);
    assert_eq!(checked.trim(), format!("{files} files, 0 differences"));
}

#[test]
fn what_one_numpy_wrote_the_other_reads_after_rust() {
    let (Some(numpy1), Some(numpy2)) = (Python::numpy1(), Python::numpy2()) else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [made1, made2] = ["made1", "made2"].map(|name| folder.path().join(name));
    for (python, made) in [(&numpy1, &made1), (&numpy2, &made2)] {
        python.run(python::script("corpus.py"), ["make".as_ref(), made.as_path()]);
    }
    goes_through_rust(&numpy1, &made1, &made2);
    goes_through_rust(&numpy2, &made2, &made1);
}
