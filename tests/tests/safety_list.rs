//! `docs/safety.md` names the tests of every kind of bad input; here the list and the tests are held
//! against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use varpack_tests::fixtures::workspace;

/// What has to have a test: the heading in the document, and the rows below it.
const INPUTS: &[(&str, &[&str])] = &[
    (
        "`.npy`",
        &[
            "bad magic",
            "unknown version",
            "header length past the file",
            "absurd header length",
            "not a dict",
            "missing, unknown or repeated keys",
            "negative, non-integer or overflowing shape",
            "shape product over `isize::MAX`",
            "data shorter than the shape says",
            "data longer than the shape says",
            "object dtype",
            "dtype other than the field's",
            "ndim other than the field's",
            "last axes other than those of elements that are arrays, or none that tell how many there are",
            "elements that are arrays, scattered in Fortran order",
            "bool bytes other than 0 and 1",
            "not aligned",
            "an expression in the header",
            "a call in the header",
            "a nested bomb in the header",
            "more than 64 axes",
            "overlapping or repeated record fields",
        ],
    ),
    (
        "`varpack.json`",
        &[
            "missing",
            "empty",
            "not JSON",
            "a BOM",
            "not an object",
            "repeated keys",
            "over the size cap",
            "missing `filename`",
            "absolute, `..`, separators, empty, NUL, over-long or reserved names",
            "two variables on one file",
            "names that differ only by case or Unicode form",
            "a folder in place of a file",
            "a FIFO",
            "a socket",
            "a device",
            "a symbolic link",
            "a symbolic link that is followed",
            "a link that leads nowhere, in a circle, or to no regular file",
            "a link that is swapped during the load",
            "a link where a save would write",
            "disagreement with the `.npy` header",
            "names to forge a log or to fill it",
            "what takes more memory than its text",
            "names that take longer the more there are",
            "a variable that the shared pickle lacks",
        ],
    ),
    (
        "`.varpack-commit`",
        &[
            "an unlisted file",
            "a link",
            "a folder",
            "a bad record",
            "over the caller's limit",
            "a removal that names a foreign file",
            "of a stranger",
            "that others may write to, or a stranger's file in it",
            "of a stranger in the folder's own files' stead",
            "a stranger's file in its way",
            "a folder in a stranger's",
            "a lock file that is taken away meanwhile",
            "a staging or new folder that is another's, or swapped for another",
            "read, and not written, by a load",
        ],
    ),
    (
        "Pickles",
        &[
            "truncated",
            "unknown opcode",
            "stack or memo misuse",
            "trailing data",
            "cyclic data",
            "deep nesting",
            "shared references that expand exponentially",
            "shared parts that each reference has made anew",
            "long parts that many short references look at anew, or write anew",
            "huge declared lengths",
            "over the caller's limit",
            "any global outside the allow-list",
            "keys that Python takes for one, or cannot hash",
            "texts and keys to forge a log or to fill it",
            "placeholders that leave the folder or name what is not theirs",
        ],
    ),
    (
        "Traits that may lie",
        &[
            "`Element::dtype` gives another size than the type's",
            "`Element::dtype` gives another dtype at each call",
            "`Element::accepts`, `check_dtype` take anything",
            "`Element` for a type that not every byte is a value of",
            "`Element` for a type aligned to more than 16 bytes",
            "`#[derive(NpyElement)]` with a `crate` that replaces parts of ours",
            "`#[derive(NpyElement)]` in a crate that is called `core`",
            "`#[derive(NpyElement)]` before an attribute that rewrites the struct",
            "the macro behind the derive, called by hand",
            "`Element::sub_array_shape` gives another size than the type's, or another shape at each call",
            "`Resolution`, `FixedResolution`, `Base`, `Dimension` and `Data` of ndarray",
            "`MmapField`, `NpyField`, `MapEntry`, `SaveMmap`, `SaveItem`, `SaveKey`, `ArraySource`",
            "`MapKey` has one text for all keys, or another at each call",
            "`NestedField`, `SaveFields`, `PackFields` read or write a variable twice",
            "`Serialize`, `Deserialize` with the names that stand for arrays",
            "`Serialize` goes on after an error or a panic of a part, or leaves out a value or a key",
            "`ShapeBuilder`, `AsRef` give something else at the second call",
            "a `Header`, `Dtype` or `Record` put together by hand",
        ],
    ),
    ("The struct", &["a missing variable", "wrong type at a path inside a pickle"]),
    (
        "Running",
        &[
            "permission denied",
            "folder missing, or a file",
            "no space",
            "quota",
            "I/O error",
            "too many descriptors",
            "more than memory holds",
            "no memory for a map",
            "interrupted",
            "cancelled",
            "`Busy`",
            "several users",
            "what others may have put in the place of our own",
            "files that are shown as another's",
            "no locks",
            "`Stale`",
            "another folder in its place",
            "in its own way",
            "an error, and on with the same value",
            "no trace of a failed save",
            "a field by two names",
            "a change that two make, or each another one",
            "several saves of several holders in a row",
            "half a save that is to be discarded",
            "a field that was skipped on load",
            "a change that a save leaves out, or that makes a variable another kind of thing",
            "a file whose permissions were changed",
            "a struct that remembers nothing",
        ],
    ),
];

/// The tests of each row, by heading and row.
fn listed() -> BTreeMap<(String, String), Vec<String>> {
    let text = fs::read_to_string(workspace().join("docs/safety.md")).unwrap();
    let mut rows = BTreeMap::new();
    let mut heading = String::new();
    for line in text.lines().skip_while(|line| *line != "## The tests") {
        if let Some(name) = line.strip_prefix("### ") {
            heading = name.to_owned();
        } else if let Some(row) = line.strip_prefix("| ")
            && let Some((input, tests)) = row.trim_end_matches(" |").rsplit_once(" | ")
            && !matches!(tests, "tests" | "---")
        {
            // A column between the two says what comes of it.
            let input = input.split_once(" | ").map_or(input, |(input, _)| input);
            let tests = tests.split(", ").map(|test| test.trim_matches('`').to_owned()).collect();
            let twice = rows.insert((heading.clone(), input.to_owned()), tests);
            assert_eq!(twice, None, "the row `{input}` stands there twice");
        }
    }
    rows
}

/// The names of all functions under `#[test]`.
fn tests_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let mut is_test = false;
            for line in text.lines().map(str::trim) {
                let name = line.strip_prefix("fn ").and_then(|rest| rest.split_once('('));
                match name {
                    Some((name, _)) if is_test => drop(found.insert(name.to_owned())),
                    _ => {}
                }
                is_test = line == "#[test]" || is_test && line.starts_with("#[");
            }
        }
    }
}

#[test]
fn every_test_that_the_document_names_exists() {
    let mut tests = BTreeSet::new();
    tests_in(&workspace().join("tests/tests"), &mut tests);
    for krate in ["varpack", "varpack-npy", "varpack-pickle"] {
        tests_in(&workspace().join(krate).join("src"), &mut tests);
    }
    let rows = listed();
    let named: BTreeSet<&String> = rows.values().flatten().collect();
    let missing: Vec<_> = named.iter().filter(|name| !tests.contains(**name)).collect();
    assert!(missing.is_empty(), "there are no tests of these names: {missing:#?}");
    println!("{} tests for {} kinds of bad input", named.len(), rows.len());
    assert!(named.len() >= 100, "{}", named.len());
}

#[test]
fn every_kind_of_bad_input_has_its_tests() {
    let rows = listed();
    let mut expected = BTreeSet::new();
    for (heading, inputs) in INPUTS {
        for input in *inputs {
            expected.insert(((*heading).to_owned(), (*input).to_owned()));
        }
    }
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for ((heading, input), tests) in rows {
        assert!(!tests.is_empty() && !tests[0].is_empty(), "{heading}: {input}");
    }
}
