//! Maps of `ArrayOr`: an array that is not of the first type is read as the second, wherever it stands, and stays there.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::Value;
use varpack::{
    AnyArray, ArrayOr, ErrorKind, LoadOptions, MmapArray1, MmapArray2, MmapArrayD, Pack, PackMap,
    PackValue, Varpack,
};
use varpack_tests::folders::{MODES, State};
use varpack_tests::python::Python;

/// Where a changed `step` is.
const SHARED: [&str; 2] = ["__misc_vars__.pickle", "varpack.json"];

/// The same, and where a map is that has changed, or that Python has put into the shared pickle.
const MOVED: [&str; 3] = ["__misc_vars__.pickle", "m.pickle", "varpack.json"];

/// Elements of an array that a `Pack`, and Python, put into a file.
const LARGE: i64 = 20_000;

#[derive(Debug, Varpack)]
struct Run<V: serde::Serialize + serde::de::DeserializeOwned> {
    #[varpack(mmap)]
    m: BTreeMap<String, ArrayOr<MmapArrayD<f64>, V>>,
    step: i64,
}

const MAKE: &str = "
import numpy as np, sys, varpack
whole = np.arange(20_000)
varpack.save(sys.argv[1], {'m': {'a': np.arange(20_000.0), 'b': whole, 'few': whole[:3], 'big': whole.astype('>f8'),
    'flags': whole % 2 == 0, 'two': whole.astype('f4').reshape(100, 200), 'n': 3}, 'step': 7})";

const CHECK: &str = "
import numpy as np, sys, varpack
m = varpack.load(sys.argv[1])['m']
whole = np.arange(20_000)
expected = {'a': np.arange(20_000.0), 'b': whole, 'few': whole[:3], 'big': whole.astype('f8'), 'flags': whole % 2 == 0,
    'two': whole.astype('f4').reshape(100, 200)}
for name, array in expected.items():
    found = np.asarray(m[name])
    assert found.dtype.newbyteorder('=') == array.dtype and found.shape == array.shape and (found == array).all(), name
print(m['n'], sorted(m))";

/// The same folder, made by Python and by a `Pack`.
fn folders() -> Vec<(TempDir, PathBuf, Option<Python>)> {
    let mut folders = Vec::new();
    for python in Python::both() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        python.run(MAKE, [&folder]);
        let copy = parent.path().join("pack");
        Pack::open(&folder).unwrap().save_to(&copy).unwrap();
        folders.push((tempfile::tempdir().unwrap(), copy, Some(python.clone())));
        folders.push((parent, folder, Some(python)));
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let whole: Vec<i64> = (0..LARGE).collect();
    let floats: Vec<f64> = (0..20_000).map(f64::from).collect();
    let flags: Vec<bool> = whole.iter().map(|n| n % 2 == 0).collect();
    let singles = (0..20_000_u16).map(f32::from).collect();
    let two = ndarray::Array2::from_shape_vec((100, 200), singles).unwrap();
    let mut m = PackMap::new();
    m.insert("a", AnyArray::try_from(MmapArray1::from(floats.clone())).unwrap());
    m.insert("few", AnyArray::try_from(MmapArray1::from(whole[..3].to_vec())).unwrap());
    m.insert("b", AnyArray::try_from(MmapArray1::from(whole)).unwrap());
    m.insert("big", AnyArray::try_from(MmapArray1::from(floats)).unwrap());
    m.insert("flags", AnyArray::try_from(MmapArray1::from(flags)).unwrap());
    m.insert("two", AnyArray::try_from(MmapArray2::from(two)).unwrap());
    m.insert("n", Value::from(3));
    let mut pack = Pack::new();
    pack.insert("m", m).unwrap();
    pack.insert("step", Value::from(7)).unwrap();
    pack.save_to(&folder).unwrap();
    folders.push((parent, folder, None));
    folders
}

fn check(python: Option<&Python>, folder: &Path, expected: &str) {
    if let Some(python) = python {
        assert_eq!(python.run(CHECK, [folder]).trim(), expected);
    }
}

fn array_files(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|extension| extension == "npy")).count()
}

const ALL: &str = "['a', 'b', 'big', 'few', 'flags', 'n', 'two']";

#[test]
fn array_of_another_type_in_a_file_is_the_value_and_stays_in_its_file() {
    for (_parent, folder, python) in folders() {
        let before = State::of(&folder);
        assert_eq!(array_files(&folder), 5);
        for mode in MODES {
            let options = LoadOptions::new().mode(mode);
            let run = Run::<Value>::load_with(&folder, &options).unwrap();
            assert_eq!(run.m["a"].as_array().unwrap()[[19_999]], 19_999.0);
            assert_eq!(run.m["big"].as_array().unwrap()[[19_999]], 19_999.0);
            for name in ["b", "few", "flags", "two"] {
                assert!(matches!(run.m[name].as_value(), Some(Value::Array(_))), "{name}");
            }
            assert_eq!(run.m["n"].as_value(), Some(&3.into()));
            run.save().unwrap();
            before.assert_untouched(&folder);
        }
        let mut run = Run::<Value>::load(&folder).unwrap();
        run.step = 8;
        run.save(&folder).unwrap();
        let after = State::of(&folder);
        match before.names().contains(&"m.pickle") {
            true => assert_eq!(before.touched(&after), SHARED),
            false => assert_eq!(before.touched(&after), MOVED),
        }
        check(python.as_ref(), &folder, &format!("3 {ALL}"));
        let mut run = Run::<Value>::load_with(&folder, &LoadOptions::new()).unwrap();
        run.m.insert("n".to_owned(), ArrayOr::Value(4.into()));
        run.save().unwrap();
        // Another item was changed: these keep their files.
        assert_eq!(before.touched(&State::of(&folder)), MOVED);
        check(python.as_ref(), &folder, &format!("4 {ALL}"));
        assert_eq!(Pack::open(&folder).unwrap().skipped().count(), 0);
    }
}

#[test]
fn array_of_another_type_that_is_changed_is_saved_as_it_is_now() {
    for (_parent, folder, python) in folders() {
        let mut run = Run::<Value>::load_with(&folder, &LoadOptions::new()).unwrap();
        let few = run.m["few"].as_value().unwrap().clone();
        run.m.insert("b".to_owned(), ArrayOr::Value(few.clone()));
        run.m.remove("two");
        run.save().unwrap();
        assert_eq!(array_files(&folder), 3);
        let again = Run::<Value>::load(&folder).unwrap();
        assert_eq!(again.m["b"].as_value(), Some(&few));
        assert!(matches!(again.m["flags"].as_value(), Some(Value::Array(_))));
        if let Some(python) = &python {
            let script = "
import sys, varpack
m = varpack.load(sys.argv[1])['m']
print(len(m['b']), len(m['flags']), sorted(m))";
            let told = python.run(script, [&folder]);
            assert_eq!(told.trim(), "3 20000 ['a', 'b', 'big', 'few', 'flags', 'n']");
        }
        // Saved elsewhere, it is all there.
        let elsewhere = folder.with_extension("elsewhere");
        again.save(&elsewhere).unwrap();
        let moved = Run::<Value>::load(&elsewhere).unwrap();
        assert_eq!(format!("{:?}", moved.m), format!("{:?}", again.m));
        assert_eq!(Pack::open(&elsewhere).unwrap().skipped().count(), 0);
    }
}

#[derive(Debug, Varpack)]
struct Arrays {
    #[varpack(mmap)]
    m: BTreeMap<String, ArrayOr<MmapArrayD<f64>, AnyArray>>,
}

fn arrays(folder: &Path, few: usize) {
    let mut m = PackMap::new();
    m.insert("a", AnyArray::try_from(MmapArray1::from(vec![0.5_f64; few])).unwrap());
    m.insert("b", AnyArray::try_from(MmapArray1::from(vec![7_i64; few])).unwrap());
    m.insert("c", AnyArray::try_from(MmapArray1::from(vec![7_f32; few])).unwrap());
    let mut pack = Pack::new();
    pack.insert("m", m).unwrap();
    pack.save_to(folder).unwrap();
}

#[test]
fn array_of_neither_type_is_one_error_that_says_what_both_wanted() {
    #[derive(Debug, Varpack)]
    struct Neither {
        #[varpack(mmap)]
        m: BTreeMap<String, ArrayOr<MmapArrayD<f64>, MmapArrayD<f32>>>,
    }
    for len in [3, 20_000] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        arrays(&folder, len);
        let loaded = Arrays::load(&folder).unwrap();
        assert_eq!(loaded.m["b"].as_value().unwrap().dtype().name(), "int64");
        assert_eq!(loaded.m["c"].as_value().unwrap().dtype().name(), "float32");
        let error = Neither::load(&folder).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Dtype, Some("m[b]")), "{error}");
        let found = "expected dtype float64, or dtype float32, found int64";
        assert!(error.to_string().contains(found), "{error}");
        assert!(error.path().is_some());
    }
}

#[test]
fn limit_that_an_array_of_another_type_is_too_large_for_is_told_and_counts_it_once() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let len = 1_000_000_u64;
    arrays(&folder, 9_999); // in the pickle
    let mut pack = Pack::open(&folder).unwrap();
    let mut m = BTreeMap::new();
    for name in ["a", "b"] {
        let array = MmapArray1::from(vec![0.5_f32; usize::try_from(len).unwrap()]);
        m.insert(name.to_owned(), AnyArray::try_from(array).unwrap());
    }
    pack.insert("m", PackValue::serialize(&m).unwrap()).unwrap();
    pack.save_to(&folder).unwrap();
    let load = |max| {
        Arrays::load_with(&folder, &LoadOptions::new().max_in_memory(max))
            .map(|loaded| loaded.m.len())
    };
    // The file of the pickle, and what is made of it.
    assert_eq!(load(17 * len).unwrap(), 2);
    let error = load(15 * len).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert!(error.to_string().contains("max_in_memory"), "{error}");
}

#[test]
fn plain_map_of_arrays_in_files_is_told_to_be_mapped() {
    #[derive(Debug, Varpack)]
    struct Plain {
        #[varpack(separate)]
        m: BTreeMap<String, MmapArray1<f64>>,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    arrays(&folder, 20_000);
    let error = Plain::load(&folder).unwrap_err().to_string();
    assert!(
        error.contains("found an array in a file of its own, m-a.npy: write `mmap`"),
        "{error}"
    );
}
