//! Structs in structs: what is not changed is the same to Python, and what a struct does not know stays, at any depth.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use varpack::{Loaded, Varpack};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

#[derive(Varpack, Clone)]
struct Inner {
    q: Vec<u64>,
    #[varpack(alias = "older")]
    r: u64,
}

#[derive(Varpack, Clone)]
struct Middle {
    #[varpack(nested, alias = "in")]
    i: Inner,
    r: u64,
}

#[derive(Varpack, Clone)]
struct Outer {
    #[varpack(nested)]
    n: Middle,
    s: u64,
}

/// The folder as Python has filled it: a `deque`, and keys that the structs do not know.
fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let inner = Inner { q: vec![1, 2], r: 1 };
    let (parent, folder) = saved(&Outer { n: Middle { i: inner, r: 1 }, s: 1 });
    python(
        &folder,
        "n['i']['extra'] = [5]; n['extra'] = {6}; n['i']['q'] = collections.deque([1, 2], maxlen=9)\n\
         pickle.dump(d, open(path, 'wb'))",
    );
    (parent, folder)
}

fn python(folder: &Path, code: &str) -> String {
    let script = format!(
        "import collections, pickle, sys\n\
         path = sys.argv[1] + '/__misc_vars__.pickle'\n\
         d = pickle.load(open(path, 'rb')); n = d['n']\n{code}\n"
    );
    Python::numpy2().unwrap().run(script.as_str(), [folder])
}

#[track_caller]
fn assert_python_sees(folder: &Path, expected: &str) {
    assert_eq!(python(folder, "print(n, d['s'])").trim(), expected);
}

#[test]
fn inner_struct_that_is_not_changed_is_the_same_to_python() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    let mut loaded: Loaded<Outer> = load(&folder);
    loaded.n.r = 2;
    loaded.save_with(&unsynced()).unwrap();
    assert_python_sees(
        &folder,
        "{'i': {'q': deque([1, 2], maxlen=9), 'r': 1, 'extra': [5]}, 'r': 2, 'extra': {6}} 1",
    );
    loaded.s = 3;
    loaded.save_with(&unsynced()).unwrap();
    assert_python_sees(
        &folder,
        "{'i': {'q': deque([1, 2], maxlen=9), 'r': 1, 'extra': [5]}, 'r': 2, 'extra': {6}} 3",
    );
}

#[test]
fn keys_that_an_inner_struct_does_not_know_stay_where_it_is_changed() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    let mut loaded: Loaded<Outer> = load(&folder);
    for r in 2..4 {
        loaded.n.i.r = r;
        loaded.save_with(&unsynced()).unwrap();
        assert_python_sees(
            &folder,
            &format!(
                "{{'i': {{'q': deque([1, 2], maxlen=9), 'r': {r}, 'extra': [5]}}, 'r': 1, 'extra': {{6}}}} 1"
            ),
        );
    }
    loaded.n.i.q.push(3);
    loaded.save_with(&unsynced()).unwrap();
    assert_python_sees(
        &folder,
        "{'i': {'q': [1, 2, 3], 'r': 3, 'extra': [5]}, 'r': 1, 'extra': {6}} 1",
    );
    loaded.n.i.r = 4;
    loaded.save_with(&unsynced().prune(true)).unwrap();
    assert_python_sees(&folder, "{'i': {'q': [1, 2, 3], 'r': 4}, 'r': 1} 1");
}

#[test]
fn older_names_of_inner_fields_are_renamed_and_the_rest_stays() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    python(
        &folder,
        "n['in'] = n.pop('i'); n['in']['older'] = n['in'].pop('r'); pickle.dump(d, open(path, 'wb'))",
    );
    let mut loaded: Loaded<Outer> = load(&folder);
    assert_eq!(loaded.n.i.r, 1);
    loaded.n.i.r = 2;
    loaded.save_with(&unsynced()).unwrap();
    let found = python(&folder, "print(sorted(n), sorted(n['i']), n['i']['q'], n['i']['r'])");
    assert_eq!(found.trim(), "['extra', 'i', 'r'] ['extra', 'q', 'r'] deque([1, 2], maxlen=9) 2");
}

#[test]
fn inner_structs_that_two_have_changed_are_stale() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    let (mut first, mut second): (Loaded<Outer>, Loaded<Outer>) = (load(&folder), load(&folder));
    first.n.i.r = 2;
    second.n.i.q.push(3);
    first.save_with(&unsynced()).unwrap();
    let error = second.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (varpack::ErrorKind::Stale, Some("n[i]")));
}
