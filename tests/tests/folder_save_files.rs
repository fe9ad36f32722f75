//! Which files a save gives its arrays, which names it leaves to others, and which files it removes.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, arr1};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, MmapArray2, Mode, Pack, PackValue, SaveOptions, Varpack,
};
use varpack_tests::fixtures;
use varpack_tests::folders::{Stamp, State};
use varpack_tests::python::{self, Python};

const SHARED: &str = "__misc_vars__.pickle";
const MANIFEST: &str = "varpack.json";

type Map = BTreeMap<String, MmapArray1<f64>>;

#[derive(Varpack)]
struct Split {
    #[varpack(mmap)]
    split: Map,
}

/// An array that tells itself by its first element.
fn marked(mark: u32) -> MmapArray1<f64> {
    Array1::from_iter([f64::from(mark), 0.5]).into()
}

fn map<'k>(keys: impl IntoIterator<Item = &'k str>) -> Map {
    keys.into_iter().zip(0..).map(|(key, mark)| (key.to_owned(), marked(mark))).collect()
}

fn assert_marked(map: &Map, marks: &[(&str, u32)]) {
    let found: Vec<_> = map.iter().map(|(key, array)| (key.as_str(), array[0])).collect();
    let expected: Vec<_> = marks.iter().map(|&(key, mark)| (key, f64::from(mark))).collect();
    assert_eq!(found, expected);
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save(&folder).unwrap();
    (parent, folder)
}

/// The `.npy` files of a folder.
fn arrays(folder: &Path) -> Vec<String> {
    let state = State::of(folder);
    let names = state.names().into_iter().filter(|name| name.ends_with(".npy"));
    names.map(str::to_owned).collect()
}

#[test]
fn map_that_lost_a_key_loses_its_file_and_no_other() {
    let (_parent, folder) = saved(&Split { split: map(["a", "b", "c"]) });
    let before = State::of(&folder);
    let mut loaded = Split::load(&folder).unwrap();
    loaded.split.remove("b");
    loaded.save(&folder).unwrap();
    assert_eq!(before.touched(&State::of(&folder)), ["split-b.npy", "split.pickle", MANIFEST]);
    assert_marked(&Split::load(&folder).unwrap().split, &[("a", 0), ("c", 2)]);
}

#[test]
fn map_that_gained_a_key_gains_its_file_and_rewrites_no_other() {
    let (_parent, folder) = saved(&Split { split: map(["a", "c"]) });
    let before = State::of(&folder);
    let mut loaded = Split::load(&folder).unwrap();
    loaded.split.insert("b".to_owned(), marked(7));
    loaded.save(&folder).unwrap();
    assert_eq!(before.touched(&State::of(&folder)), ["split-b.npy", "split.pickle", MANIFEST]);
    let loaded = Split::load(&folder).unwrap();
    assert_marked(&loaded.split, &[("a", 0), ("b", 7), ("c", 1)]);
}

#[test]
fn names_that_the_python_program_gave_the_arrays_of_a_map_are_kept() {
    #[derive(Varpack)]
    struct Digits {
        #[varpack(mmap)]
        split: BTreeMap<String, varpack::ArrayOr<MmapArray2<f32>, i64>>,
    }
    for name in ["numpy1-digits", "numpy2-digits"] {
        let folder = fixtures::copy(name);
        let before = State::of(&folder);
        let mut digits = Digits::load(folder.path()).unwrap();
        digits.split.insert("more".to_owned(), varpack::ArrayOr::Value(5));
        digits.save(&folder).unwrap();
        // The map moves out of the shared pickle.
        let touched = [SHARED, "split.pickle", MANIFEST];
        assert_eq!(before.touched(&State::of(&folder)), touched, "{name}");
        digits.split.clear();
        digits.save(&folder).unwrap();
        assert_eq!(arrays(folder.path()), ["images.npy", "target.npy"], "{name}");
    }
}

#[test]
fn odd_keys_make_portable_file_names_and_come_back() {
    let long = "é".repeat(200);
    let keys =
        ["../x", "..", "", "a b", "a/b", "a\\b", "a\0b", "%41", "A", "a", "con:", "ключ", &long];
    let split = Split { split: map(keys) };
    let (_parent, folder) = saved(&split);
    let names = arrays(&folder);
    assert_eq!(names.len(), keys.len());
    for name in &names {
        assert!(name.len() <= 255 && name.starts_with("split-"), "{name}");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%~".contains(&byte);
        assert!(name.bytes().all(is_plain), "{name}");
    }
    assert!(names.iter().any(|name| name == "split-..%2Fx.npy"), "{names:?}");
    assert_eq!(Split::load(&folder).unwrap().split, split.split);
}

#[test]
fn keys_that_differ_only_by_case_get_files_that_differ_by_more() {
    let (_parent, folder) = saved(&Split { split: map(["KEY", "Key", "key"]) });
    let lower: Vec<_> = arrays(&folder).iter().map(|name| name.to_lowercase()).collect();
    let distinct: std::collections::BTreeSet<_> = lower.iter().collect();
    assert_eq!(distinct.len(), 3, "{lower:?}");
    let loaded = Split::load(&folder).unwrap();
    assert_marked(&loaded.split, &[("KEY", 0), ("Key", 1), ("key", 2)]);
}

#[test]
fn names_of_long_keys_with_one_beginning_are_told_apart() {
    let long = "k".repeat(300);
    let keys = [format!("{long}1"), format!("{long}2"), format!("{long}3")];
    let split = Split { split: map(keys.iter().map(String::as_str)) };
    let (_parent, folder) = saved(&split);
    assert_eq!(arrays(&folder).len(), 3);
    let before = State::of(&folder);
    let loaded = Split::load(&folder).unwrap();
    assert_eq!(loaded.split, split.split);
    loaded.save(&folder).unwrap();
    before.assert_untouched(&folder);
}

#[derive(Varpack)]
struct Colliding {
    #[varpack(mmap)]
    a: Map,
    #[varpack(mmap, rename = "a-b")]
    a_b: Map,
    #[varpack(mmap, rename = "a-x")]
    array: MmapArray1<f64>,
}

#[test]
fn maps_and_arrays_whose_files_would_have_one_name_are_told_apart() {
    let colliding = Colliding { a: map(["b-c", "x"]), a_b: map(["c"]), array: arr1(&[9.0]).into() };
    let (_parent, folder) = saved(&colliding);
    assert_eq!(arrays(&folder).len(), 4);
    let before = State::of(&folder);
    let mut loaded = Colliding::load(&folder).unwrap();
    loaded.save(&folder).unwrap();
    before.assert_untouched(&folder);

    // The file of a key that is gone does not take that of another variable with it.
    loaded.a.clear();
    loaded.save(&folder).unwrap();
    let loaded = Colliding::load(&folder).unwrap();
    assert!(loaded.a.is_empty());
    assert_marked(&loaded.a_b, &[("c", 0)]);
    assert_eq!(loaded.array[0], 9.0);
}

#[test]
fn array_does_not_take_the_file_of_a_map_that_stays() {
    #[derive(Debug, Varpack)]
    struct Array {
        #[varpack(mmap, rename = "split-a")]
        array: MmapArray1<f64>,
    }
    let (_parent, folder) = saved(&Split { split: map(["a"]) });
    let before = State::of(&folder);
    let error = Array { array: marked(5) }.save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, Some("split-a")));
    assert_eq!(error.path(), Some(folder.join("split-a.npy").as_path()));
    assert!(error.to_string().contains("`split`"), "{error}");
    before.assert_untouched(&folder);
}

#[test]
fn integer_keys_stay_in_the_pickle_unless_the_field_says_otherwise() {
    #[derive(Varpack)]
    struct Layers {
        #[varpack(mmap)]
        inside: BTreeMap<i32, MmapArray1<f64>>,
        #[varpack(mmap(int_keys))]
        outside: HashMap<u64, MmapArray1<f64>>,
    }
    let layers = Layers {
        inside: BTreeMap::from([(-1, marked(1)), (2, marked(2))]),
        outside: HashMap::from([(0, marked(3)), (u64::MAX, marked(4))]),
    };
    let (_parent, folder) = saved(&layers);
    assert_eq!(arrays(&folder), ["outside-0.npy", "outside-18446744073709551615.npy"]);
    let before = State::of(&folder);
    let loaded = Layers::load(&folder).unwrap();
    assert_eq!((loaded.inside[&-1][0], loaded.outside[&u64::MAX][0]), (1.0, 4.0));
    loaded.save(&folder).unwrap();
    before.assert_untouched(&folder);
}

#[test]
fn folder_with_integer_keys_inside_its_pickle_loads_in_python() {
    #[derive(Varpack)]
    struct Layers {
        #[varpack(mmap)]
        layers: BTreeMap<i32, MmapArray1<f64>>,
    }
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&Layers { layers: BTreeMap::from([(1, marked(1))]) });
    python.run(python::script("check_folder.py"), [&folder]);
}

#[derive(Varpack)]
struct Weights {
    #[varpack(mmap)]
    weights: MmapArray1<f64>,
}

#[test]
fn array_does_not_take_the_name_of_a_foreign_file() {
    let (_parent, folder) = saved(&Split { split: map(["a"]) });
    fs::write(folder.join("weights.npy"), "theirs").unwrap();
    let before = State::of(&folder);
    for options in [SaveOptions::new(), SaveOptions::new().overwrite(true)] {
        let error = Weights { weights: marked(1) }.save_with(&folder, &options).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, Some("weights")));
        assert_eq!(error.path(), Some(folder.join("weights.npy").as_path()));
        assert!(error.to_string().contains(r#"save with `overwrite_field("weights")`"#), "{error}");
        before.assert_untouched(&folder);
    }
    // As the error says.
    let options = SaveOptions::new().overwrite_field("weights");
    Weights { weights: marked(1) }.save_with(&folder, &options).unwrap();
    assert_eq!(Weights::load(&folder).unwrap().weights[0], 1.0);
}

#[test]
fn array_takes_the_place_of_a_header_that_the_python_program_left_beside_a_pickled_variable() {
    let Some(python) = Python::numpy2() else { return };
    let (_parent, folder) = saved(&Split { split: map(["a"]) });
    // Its save of an array of objects under the rules of another NumPy stops after the header.
    let script = "
import sys, numpy as np, varpack
varpack.save(sys.argv[1], {'labels': ['a', 'b'], 'step': 7})
path = sys.argv[1] + '/labels.npy'
np.save(path, np.array(['a', 'b'], object))
data = open(path, 'rb').read()
open(path, 'wb').write(data[:128])";
    python.run(script, [&folder]);
    let mut pack = Pack::open(&folder).unwrap();
    let array = || PackValue::try_from(arr1(&[1.5, 2.5])).unwrap();
    pack.insert("labels", array()).unwrap();
    let before = State::of(&folder);
    let error = pack.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, Some("labels")));
    assert!(error.to_string().contains(r#"`overwrite_field("labels")`"#), "{error}");
    before.assert_untouched(&folder);
    pack.save_with(&SaveOptions::new().overwrite_field("labels")).unwrap();
    let script = "
import sys, varpack
found = varpack.load(sys.argv[1])
print(found['labels'].tolist(), found['step'])";
    assert_eq!(python.run(script, [&folder]).trim(), "[1.5, 2.5] 7");
    // From then on it is the variable's.
    pack.insert("labels", array()).unwrap();
    pack.save().unwrap();
    pack.remove("labels");
    pack.save().unwrap();
    assert!(!folder.join("labels.npy").exists());
}

#[test]
fn array_of_a_map_takes_another_name_beside_a_foreign_file() {
    let (_parent, folder) = saved(&Split { split: map(["a"]) });
    fs::write(folder.join("split-b.npy"), "theirs").unwrap();
    Split { split: map(["a", "b"]) }.save(&folder).unwrap();
    assert_eq!(arrays(&folder), ["split-a.npy", "split-b.npy", "split-b~1.npy"]);
    assert_eq!(fs::read_to_string(folder.join("split-b.npy")).unwrap(), "theirs");
    assert_marked(&Split::load(&folder).unwrap().split, &[("a", 0), ("b", 1)]);

    Split { split: map([]) }.save(&folder).unwrap();
    assert_eq!(arrays(&folder), ["split-b.npy"]);
}

#[test]
fn foreign_pickles_in_a_folder_that_is_not_one_yet_are_not_taken() {
    #[derive(Varpack)]
    struct Values {
        #[varpack(separate)]
        history: Vec<f64>,
    }
    let parent = tempfile::tempdir().unwrap();
    for (name, variable) in [("history.pickle", Some("history")), (SHARED, None)] {
        let folder = parent.path().join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(name), "theirs").unwrap();
        let before = State::of(&folder);
        let error = Values { history: vec![1.0] }.save(&folder).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, variable));
        assert_eq!(error.path(), Some(folder.join(name).as_path()));
        before.assert_untouched(&folder);
    }
}

#[test]
fn foreign_files_beside_the_variables_are_left_alone() {
    let (_parent, folder) = saved(&Split { split: map(["a"]) });
    fs::create_dir(folder.join("plots")).unwrap();
    for name in ["README.md", "split-orphan.npy", ".hidden", "plots/loss.svg"] {
        fs::write(folder.join(name), "theirs").unwrap();
    }
    let stamps = || {
        ["README.md", "split-orphan.npy", "plots/loss.svg"].map(|name| Stamp::at(folder.join(name)))
    };
    let before = stamps();
    Split { split: map(["b"]) }.save_with(&folder, &SaveOptions::new().prune(true)).unwrap();
    assert_eq!(before, stamps());
    assert!(folder.join(".hidden").exists() && !folder.join("split-a.npy").exists());
}

#[derive(Varpack)]
struct Pair {
    #[varpack(mmap)]
    left: MmapArray1<f64>,
    #[varpack(mmap)]
    right: MmapArray1<f64>,
}

#[test]
fn swapped_arrays_are_copied_in_every_mode() {
    for len in [2, 20_000] {
        for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
            let (_parent, folder) = saved(&Pair {
                left: Array1::from_elem(len, 1.0).into(),
                right: Array1::from_elem(len, 2.0).into(),
            });
            let mut pair = Pair::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            let Pair { left, right } = &mut *pair;
            std::mem::swap(left, right);
            pair.save().unwrap();
            let found = Pair::load(&folder).unwrap();
            assert_eq!((found.left.sum(), found.right.sum()), (pair.left.sum(), pair.right.sum()));
            assert_eq!((found.left[0], found.right[0]), (2.0, 1.0), "{mode:?}");
            drop(found);

            let before = State::of(&folder);
            pair.save().unwrap();
            before.assert_untouched(&folder);
        }
    }
}

#[test]
fn arrays_under_renamed_keys_are_copied_to_files_of_the_new_names() {
    let (_parent, folder) = saved(&Split { split: map(["a", "b"]) });
    let mut loaded = Split::load(&folder).unwrap();
    let (a, b) = (loaded.split.remove("a").unwrap(), loaded.split.remove("b").unwrap());
    loaded.split.extend([("b".to_owned(), a), ("c".to_owned(), b)]);
    loaded.save(&folder).unwrap();
    assert_eq!(arrays(&folder), ["split-b.npy", "split-c.npy"]);
    assert_marked(&Split::load(&folder).unwrap().split, &[("b", 0), ("c", 1)]);
}

#[test]
fn variable_that_becomes_an_array_or_ceases_to_be_one_leaves_no_file_behind() {
    #[derive(Varpack)]
    struct Value {
        #[varpack(separate)]
        weights: Vec<f64>,
    }
    let (_parent, folder) = saved(&Weights { weights: marked(1) });
    Value { weights: vec![1.0] }.save(&folder).unwrap();
    assert_eq!(State::of(&folder).names(), [SHARED, MANIFEST, "weights.pickle"]);
    Weights { weights: marked(1) }.save(&folder).unwrap();
    assert_eq!(State::of(&folder).names(), [SHARED, MANIFEST, "weights.npy"]);
    let pack = Pack::open(&folder).unwrap();
    assert!(pack.get("weights").unwrap().as_array().is_some());
}

#[test]
fn save_refused_for_a_foreign_file_leaves_no_trace() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("w.npy"), "theirs").unwrap();
    #[derive(Varpack)]
    struct Weights {
        #[varpack(npy)]
        w: Vec<f64>,
    }
    for folder in [root.path().to_owned(), root.path().join("w.npy/run")] {
        Weights { w: vec![1.0] }.save(folder).unwrap_err();
        let names = fs::read_dir(root.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names.collect::<Vec<_>>(), ["w.npy"]);
    }
    assert_eq!(fs::read(root.path().join("w.npy")).unwrap(), b"theirs");
}

#[test]
fn key_that_differs_from_another_by_case_leaves_that_its_file_and_whoever_changes_it() {
    for (first, second) in [("k", "K"), ("K", "k")] {
        let (_parent, folder) = saved(&Split { split: map([first]) });
        let before = Stamp::at(folder.join(format!("split-{first}.npy")));
        let mut loaded = Split::load_with(&folder, &LoadOptions::new()).unwrap();
        Split::update(&folder, |other| {
            other.split.insert(second.to_owned(), marked(7));
            Ok(())
        })
        .unwrap();
        assert_eq!(Stamp::at(folder.join(format!("split-{first}.npy"))), before);
        loaded.split.insert(first.to_owned(), marked(8));
        loaded.save().unwrap();
        let now = Split::load(&folder).unwrap().split;
        assert_eq!((now[first][0], now[second][0]), (8.0, 7.0));
    }
}
