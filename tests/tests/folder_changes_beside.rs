//! Fields that are one value, over dictionaries of which the Python program has put arrays into files of their own: what
//! is not changed stays, files and all, and no save takes away what its field does not hold.
#![allow(clippy::unwrap_used)]

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use varpack::pickle::Value;
use varpack::{ErrorKind, Loaded, MmapArray1, Pack, PackValue, Varpack};
use varpack_tests::holders::{load, unsynced};
use varpack_tests::python::Python;

/// It leaves out what it does not know, as serde does.
#[derive(Serialize, Deserialize, Clone)]
struct Info {
    epochs: u64,
}

#[derive(Varpack)]
struct Plain<T: Serialize + for<'de> Deserialize<'de>> {
    results: T,
    s: u64,
}

#[derive(Varpack)]
struct Apart<T: Serialize + for<'de> Deserialize<'de>> {
    #[varpack(separate)]
    results: T,
    s: u64,
}

#[derive(Varpack)]
struct Renamed<T: Serialize + for<'de> Deserialize<'de>> {
    #[varpack(alias = "results")]
    found: T,
    s: u64,
}

#[derive(Varpack)]
struct Outer {
    #[varpack(nested)]
    results: Inner,
    s: u64,
}

#[derive(Varpack)]
struct Inner {
    epochs: u64,
    losses: Value,
}

#[derive(Varpack)]
struct OnlyArray {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[derive(Varpack)]
struct WithArray<T: Serialize + for<'de> Deserialize<'de>> {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    results: T,
}

#[derive(Varpack)]
struct OuterWithArray {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(nested)]
    results: Inner,
}

/// Python's folder of `{"results": {"epochs": 3, "losses": array, "big": array}, "s": 1}`.
fn folder(is_apart: bool) -> (tempfile::TempDir, std::path::PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let separate = if is_apart { "['results']" } else { "[]" };
    let script = format!(
        "import numpy as np, sys, varpack\n\
         results = {{'epochs': 3, 'losses': np.ones(20_000), 'big': np.ones(30_000)}}\n\
         varpack.save(sys.argv[1], {{'results': results, 's': 1}}, separate={separate})"
    );
    Python::numpy2().unwrap().run(script.as_str(), [&folder]);
    (parent, folder)
}

#[track_caller]
fn assert_python_sees(folder: &Path, name: &str, epochs: u64, s: u64) {
    let script = format!(
        "import sys, varpack; d = varpack.load(sys.argv[1]); r = d['{name}']; \
         print(sorted(d), r['epochs'], r['losses'].sum(), r['big'].sum(), d['s'])"
    );
    let found = Python::numpy2().unwrap().run(script.as_str(), [folder]);
    assert_eq!(found.trim(), format!("['{name}', 's'] {epochs} 20000.0 30000.0 {s}"));
}

fn unchanged_stays<T: Serialize + for<'de> Deserialize<'de>>() {
    let (_parent, shared) = folder(false);
    let mut plain: Loaded<Plain<T>> = load(&shared);
    plain.save_with(&unsynced()).unwrap();
    assert_python_sees(&shared, "results", 3, 1);
    for s in 2..4 {
        plain.s = s;
        plain.save_with(&unsynced()).unwrap();
        assert_python_sees(&shared, "results", 3, s);
    }
    Plain::<T>::update(&shared, |plain| {
        plain.s = 5;
        Ok(())
    })
    .unwrap();
    assert_python_sees(&shared, "results", 3, 5);
    // Into a pickle of its own, and back.
    let mut apart: Loaded<Apart<T>> = load(&shared);
    apart.s = 6;
    apart.save_with(&unsynced()).unwrap();
    assert!(shared.join("results.pickle").exists());
    assert_python_sees(&shared, "results", 3, 6);
    apart.s = 7;
    apart.save_with(&unsynced()).unwrap();
    assert_python_sees(&shared, "results", 3, 7);
    let mut plain: Loaded<Plain<T>> = load(&shared);
    plain.s = 8;
    plain.save_with(&unsynced()).unwrap();
    assert_python_sees(&shared, "results", 3, 8);
    let mut renamed: Loaded<Renamed<T>> = load(&shared);
    renamed.s = 9;
    for _ in 0..2 {
        renamed.save_with(&unsynced()).unwrap();
        assert_python_sees(&shared, "found", 3, 9);
    }
    let (_parent, own) = folder(true);
    let mut apart: Loaded<Apart<T>> = load(&own);
    apart.s = 2;
    apart.save_with(&unsynced()).unwrap();
    assert_python_sees(&own, "results", 3, 2);
}

#[test]
fn serde_struct_that_is_not_changed_leaves_arrays_in_files_as_they_are() {
    let Some(_) = Python::numpy2() else { return };
    unchanged_stays::<Info>();
}

#[test]
fn value_that_is_not_changed_leaves_arrays_in_files_as_they_are() {
    let Some(_) = Python::numpy2() else { return };
    unchanged_stays::<Value>();
    unchanged_stays::<Option<BTreeMap<String, Value>>>();
}

#[track_caller]
fn assert_refused<T>(saved: varpack::Result<T>, kind: ErrorKind, variable: &str) {
    let error = saved.err().unwrap();
    assert_eq!((error.kind(), error.variable()), (kind, Some(variable)), "{error}");
}

#[test]
fn serde_struct_that_is_changed_does_not_remove_arrays_that_it_lacks() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, shared) = folder(false);
    let mut plain: Loaded<Plain<Info>> = load(&shared);
    plain.results.epochs = 4;
    assert_refused(plain.save_with(&unsynced()), ErrorKind::Exists, "results");
    assert_python_sees(&shared, "results", 3, 1);
    let bare = Plain::<Info>::load(&shared).unwrap();
    assert_refused(bare.save_with(&shared, &unsynced()), ErrorKind::Exists, "results");
    assert_python_sees(&shared, "results", 3, 1);
    let (_parent, own) = folder(true);
    let mut apart: Loaded<Apart<Info>> = load(&own);
    apart.results.epochs = 4;
    assert_refused(apart.save_with(&unsynced()), ErrorKind::Exists, "results");
    assert_python_sees(&own, "results", 3, 1);
    for overwrites in [unsynced().overwrite_field("results"), unsynced().overwrite(true)] {
        let (_parent, folder) = folder(false);
        let mut plain: Loaded<Plain<Info>> = load(&folder);
        plain.results.epochs = 4;
        plain.save_with(&overwrites).unwrap();
        assert_eq!(Plain::<Info>::load(&folder).unwrap().results.epochs, 4);
        let arrays = std::fs::read_dir(&folder).unwrap();
        let is_array = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".npy");
        assert_eq!(
            arrays.filter(|entry| is_array(&entry.as_ref().unwrap().file_name())).count(),
            0
        );
    }
}

/// The array `x`, as a load of another type has it.
type Source = fn(&Path) -> MmapArray1<f64>;

#[test]
fn array_of_another_load_does_not_say_that_a_field_holds_the_arrays_beside_it() {
    let Some(python) = Python::numpy2() else { return };
    let sources: [Source; 3] = [
        |folder| OnlyArray::load(folder).unwrap().x,
        |folder| OuterWithArray::load(folder).unwrap().x,
        |folder| {
            let x = Pack::open(folder).unwrap().remove("x");
            x.and_then(PackValue::into_array).unwrap().downcast().unwrap()
        },
    ];
    for source in sources {
        let (_parent, folder) = folder(false);
        let add = "import numpy as np, sys, varpack; d = varpack.load(sys.argv[1], mmap_mode=None); d['x'] = np.ones(4); varpack.save(sys.argv[1], d)";
        python.run(add, [&folder]);
        let new = WithArray { x: source(&folder), results: Info { epochs: 4 } };
        assert_refused(new.save_with(&folder, &unsynced()), ErrorKind::Exists, "results");
        let check = "import sys, varpack; r = varpack.load(sys.argv[1])['results']; \
                     print(r['epochs'], r['losses'].sum(), r['big'].sum())";
        assert_eq!(python.run(check, [&folder]).trim(), "3 20000.0 30000.0");
        new.save_with(&folder, &unsynced().overwrite_field("results")).unwrap();
        assert_eq!(WithArray::<Info>::load(&folder).unwrap().results.epochs, 4);
    }
}

#[test]
fn value_that_names_a_file_of_another_folder_is_not_saved() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, shared) = folder(false);
    let other = shared.with_extension("other");
    let mut plain: Loaded<Plain<Value>> = load(&shared);
    assert_refused(plain.save_to_with(&other, &unsynced()), ErrorKind::Usage, "results");
    assert!(!other.exists());
    plain.results = Value::Int(1);
    assert_refused(plain.save_with(&unsynced()), ErrorKind::Exists, "results");
    let bare = Plain::<Value>::load(&shared).unwrap();
    let overwrites = unsynced().overwrite_field("results");
    assert_refused(bare.save_with(&shared, &overwrites), ErrorKind::Usage, "results");
    assert_python_sees(&shared, "results", 3, 1);
    // A struct that leaves them out is saved elsewhere as it is.
    let info: Loaded<Plain<Info>> = load(&shared);
    info.into_inner().save_with(&other, &unsynced()).unwrap();
    assert_eq!(Plain::<Info>::load(&other).unwrap().results.epochs, 3);
}

#[test]
fn value_of_a_nested_struct_leaves_its_array_in_the_file() {
    let Some(_) = Python::numpy2() else { return };
    let (_parent, shared) = folder(false);
    let mut outer: Loaded<Outer> = load(&shared);
    outer.s = 2;
    outer.save_with(&unsynced()).unwrap();
    assert_python_sees(&shared, "results", 3, 2);
    outer.results.epochs = 4;
    outer.save_with(&unsynced()).unwrap();
    assert_python_sees(&shared, "results", 4, 2);
    // It has the array itself, and not the name of its file: it can be saved anywhere.
    assert!(matches!(outer.results.losses, Value::Array(_)));
    let other = shared.with_extension("other");
    outer.save_to_with(&other, &unsynced()).unwrap();
    assert_eq!(load::<Outer>(&other).results.losses, outer.results.losses);
}

#[test]
fn value_that_a_load_would_take_for_an_array_in_a_file_is_not_saved() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let placeholder = || Value::Placeholder("foo.npy".into());
    let dict = Value::dict([("a", placeholder())]);
    for value in [placeholder(), dict] {
        let plain = Plain { results: value.clone(), s: 1 };
        assert_refused(plain.save_with(&folder, &unsynced()), ErrorKind::Usage, "results");
        let mut pack = varpack::Pack::new();
        pack.insert("results", value).unwrap();
        assert_refused(pack.save_to(&folder), ErrorKind::Usage, "results");
        assert!(!folder.exists());
    }
    // Deeper no load looks for one.
    let mut pack = varpack::Pack::new();
    pack.insert("results", Value::list([placeholder()])).unwrap();
    pack.save_to(&folder).unwrap();
    assert_eq!(varpack::Pack::open(&folder).unwrap().len(), 1);
}
