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

#[derive(Varpack, Clone)]
struct Part {
    r: u64,
    #[varpack(skip_save)]
    cache: u64,
}

#[derive(Varpack, Clone)]
struct Bare {
    #[varpack(nested)]
    n: Part,
    s: u64,
}

/// A folder of which `Bare` knows no array, and not all values: Python's `{'n': {'i': {..}, 'w': array, 'r': 1, 'cache': 7}}`.
fn folder_with_more() -> (tempfile::TempDir, std::path::PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let script = "import numpy as np, sys, varpack\n\
                  n = {'i': {'q': [1], 'r': 1, 'extra': {6}}, 'w': np.ones(30_000), 'r': 1, 'cache': 7}\n\
                  varpack.save(sys.argv[1], {'n': n, 's': 1, 'other': 2})";
    Python::numpy2().unwrap().run(script, [&folder]);
    (parent, folder)
}

#[track_caller]
fn assert_has_more(folder: &Path, r: u64, s: u64) {
    let script = "import sys, varpack\n\
                  d = varpack.load(sys.argv[1]); n = d['n']\n\
                  print(n['w'].sum(), n['i'], n['r'], n['cache'], d['s'], d['other'])";
    let found = Python::numpy2().unwrap().run(script, [folder]);
    assert_eq!(found.trim(), format!("30000.0 {{'q': [1], 'r': 1, 'extra': {{6}}}} {r} 7 {s} 2"));
}

#[test]
fn keys_that_a_struct_without_memory_of_its_load_does_not_know_stay() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder_with_more();
    let mut bare = Bare::load(&folder).unwrap();
    assert_eq!(bare.n.cache, 7);
    bare.save_with(&folder, &unsynced()).unwrap();
    assert_has_more(&folder, 1, 1);
    (bare.n.r, bare.s) = (2, 3);
    bare.save_with(&folder, &unsynced()).unwrap();
    assert_has_more(&folder, 2, 3);
    bare.save_with(&folder, &unsynced().prune(true)).unwrap();
    assert_python_sees(&folder, "{'r': 2} 3");
    assert!(!folder.join("n-w.npy").exists());
}

#[test]
fn keys_that_a_nested_struct_does_not_know_stay_where_it_is_written_over_what_is_there() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder_with_more();
    let mut loaded: Loaded<Bare> = load(&folder);
    loaded.n.r = 2;
    loaded.save_with(&unsynced().overwrite(true)).unwrap();
    assert_has_more(&folder, 2, 1);
    loaded.n.r = 3;
    loaded.save_with(&unsynced().overwrite_field("n")).unwrap();
    assert_has_more(&folder, 3, 1);
    loaded.n.r = 4;
    loaded.save_with(&unsynced()).unwrap();
    assert_has_more(&folder, 4, 1);
}

#[test]
fn keys_of_another_folder_that_a_nested_struct_does_not_know_stay() {
    let Some(_) = Python::numpy2() else { return };
    let (_one, folder) = folder_with_more();
    let (_two, other) = folder_with_more();
    let mut loaded: Loaded<Bare> = load(&folder);
    for r in 2..5 {
        loaded.n.r = r;
        loaded.save_to_with(&other, &unsynced()).unwrap();
        assert_has_more(&other, r, 1);
        loaded.save_with(&unsynced()).unwrap();
        assert_has_more(&folder, r, 1);
    }
}

#[test]
fn keys_of_a_struct_in_a_struct_stay_where_nothing_is_remembered() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, folder) = folder();
    let mut outer = Outer::load(&folder).unwrap();
    outer.n.i.r = 2;
    outer.save_with(&folder, &unsynced()).unwrap();
    assert_python_sees(
        &folder,
        "{'i': {'q': [1, 2], 'r': 2, 'extra': [5]}, 'r': 1, 'extra': {6}} 1",
    );
}

#[test]
fn pickle_that_cannot_be_read_is_written_over_where_that_is_said() {
    let bare = Bare { n: Part { r: 1, cache: 0 }, s: 1 };
    let (_parent, folder) = saved(&bare);
    std::fs::write(folder.join("__misc_vars__.pickle"), b"\x80\x04broken").unwrap();
    let error = bare.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (varpack::ErrorKind::Pickle, Some("n")));
    bare.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    assert_eq!(Bare::load(&folder).unwrap().n.r, 1);
}

#[derive(Varpack)]
struct Older {
    #[varpack(npy)]
    old: Vec<f32>,
    r: u64,
}

#[derive(Varpack)]
struct Newer {
    #[varpack(npy, alias = "old")]
    new: Vec<f32>,
    r: u64,
}

#[derive(Varpack)]
struct Holds<N> {
    #[varpack(nested)]
    n: N,
}

#[test]
fn array_of_an_inner_struct_is_found_again_after_it_was_renamed() {
    for more in [0, 1] {
        let (_parent, folder) = saved(&Holds { n: Older { old: vec![1.0, 2.0], r: 1 } });
        let mut loaded: Loaded<Holds<Newer>> = load(&folder);
        loaded.n.r += more;
        loaded.save().unwrap();
        let Newer { new, r } = Holds::load(&folder).unwrap().n;
        assert_eq!((new, r), (vec![1.0, 2.0], 1 + more));
        assert!(folder.join("n-new.npy").exists() && !folder.join("n-old.npy").exists());
    }
}
