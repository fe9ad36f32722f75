//! `#[varpack(save_only)]`: a struct that borrows what it saves, and what others read of its folder.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Ix1, arr2, s};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use varpack::{ArrayOr, MmapArray1, MmapArray2, Pack, PackValue, Varpack};
use varpack_tests::child::{told, under_limit};
use varpack_tests::fixtures;
use varpack_tests::holders::{saved, unsynced};
use varpack_tests::python::Python;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
struct Notes {
    author: String,
    seeds: Vec<u32>,
}

/// What owns all of it and is loaded.
#[derive(Varpack, Clone, Debug, PartialEq)]
struct Owned {
    step: u64,
    #[varpack(mmap)]
    w: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(npy)]
    raw: Vec<f32>,
    #[varpack(mmap)]
    m: MmapArray2<f32>,
    #[varpack(npy)]
    o: Array2<f64>,
    #[varpack(mmap)]
    mask: Option<MmapArray1<u8>>,
    #[varpack(mmap)]
    none: Option<MmapArray1<u8>>,
    #[varpack(mmap)]
    stages: Vec<MmapArray1<i32>>,
    #[varpack(mmap)]
    mixed: BTreeMap<String, ArrayOr<MmapArray1<f64>, String>>,
    #[varpack(mmap(min_len = 3))]
    small: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(mmap(int_keys))]
    numbered: BTreeMap<u32, MmapArray1<f64>>,
    #[varpack(nested)]
    model: OwnedLayer,
    #[varpack(flatten)]
    layers: BTreeMap<String, Vec<OwnedLayer>>,
    #[varpack(flatten)]
    last: Option<OwnedLayer>,
    #[varpack(separate)]
    notes: Notes,
    #[varpack(rename = "title")]
    name: String,
    labels: Option<Vec<String>>,
}

#[derive(Varpack, Clone, Debug, PartialEq)]
struct OwnedLayer {
    #[varpack(mmap)]
    weights: MmapArray1<f64>,
    rate: f64,
}

/// The same, of which nothing is its own.
#[derive(Varpack)]
#[varpack(save_only)]
struct Ckpt<'a> {
    step: u64,
    #[varpack(mmap)]
    w: BTreeMap<&'a str, ArrayView2<'a, f32>>,
    #[varpack(mmap)]
    x: ArrayView1<'a, f64>,
    #[varpack(mmap)]
    raw: &'a [f32],
    #[varpack(mmap)]
    m: &'a MmapArray2<f32>,
    #[varpack(mmap)]
    o: &'a Array2<f64>,
    #[varpack(mmap)]
    mask: Option<&'a [u8]>,
    #[varpack(mmap)]
    none: Option<ArrayView1<'a, u8>>,
    #[varpack(mmap)]
    stages: Vec<&'a Vec<i32>>,
    #[varpack(mmap)]
    mixed: HashMap<&'a String, ArrayOr<&'a [f64], &'a str>>,
    #[varpack(mmap(min_len = 3))]
    small: BTreeMap<Cow<'a, str>, ArrayView1<'a, f64>>,
    #[varpack(mmap(int_keys))]
    numbered: BTreeMap<u32, Arc<Array1<f64>>>,
    #[varpack(nested)]
    model: Layer<'a>,
    #[varpack(flatten)]
    layers: BTreeMap<&'a str, Vec<Layer<'a>>>,
    #[varpack(flatten)]
    last: Option<Box<Layer<'a>>>,
    #[varpack(separate)]
    notes: &'a Notes,
    #[varpack(rename = "title")]
    name: &'a str,
    labels: Option<Vec<&'a str>>,
    /// Neither `Serialize` nor `Default`.
    #[varpack(skip)]
    used: &'a Cell<bool>,
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Layer<'a> {
    #[varpack(mmap)]
    weights: ArrayView1<'a, f64>,
    rate: &'a f64,
}

fn owned() -> Owned {
    let layer = |first: f64| OwnedLayer { weights: vec![first, 0.5].into(), rate: first / 2.0 };
    let one = |name: &str, array: &[f64]| (name.to_owned(), MmapArray1::from(array.to_vec()));
    Owned {
        step: 7,
        w: BTreeMap::from([
            ("a/b".to_owned(), arr2(&[[1.0, 2.0], [3.0, 4.0]]).into()),
            ("bias".to_owned(), arr2(&[[5.0_f32]]).into()),
        ]),
        x: vec![1.0, 2.0, 3.0].into(),
        raw: vec![0.5; 9],
        m: Array2::ones((3, 5)).into(),
        o: arr2(&[[0.25, 0.75]]),
        mask: Some(vec![0, 1, 1].into()),
        none: None,
        stages: vec![vec![1, 2].into(), vec![3].into()],
        mixed: BTreeMap::from([
            ("array".to_owned(), ArrayOr::Array(vec![1.5].into())),
            ("text".to_owned(), ArrayOr::Value("no array".to_owned())),
        ]),
        small: BTreeMap::from([one("large", &[1.0, 2.0, 3.0]), one("tiny", &[4.0, 5.0])]),
        numbered: BTreeMap::from([(3, vec![0.125].into())]),
        model: layer(8.0),
        layers: BTreeMap::from([
            ("decoder".to_owned(), vec![]),
            ("encoder".to_owned(), vec![layer(1.0), layer(2.0)]),
        ]),
        last: Some(layer(9.0)),
        notes: Notes { author: "Ada".to_owned(), seeds: vec![1, 2, 3] },
        name: "baseline".to_owned(),
        labels: Some(vec!["cat".to_owned(), "dog".to_owned()]),
    }
}

fn layer(owned: &OwnedLayer) -> Layer<'_> {
    Layer { weights: owned.weights.view(), rate: &owned.rate }
}

/// Hands a struct that borrows from another to `save`.
fn with_borrowed<R>(owned: &Owned, save: impl FnOnce(&Ckpt<'_>) -> R) -> R {
    let used = Cell::new(true);
    let stages: Vec<_> = owned.stages.iter().map(|stage| stage.to_vec()).collect();
    save(&Ckpt {
        step: owned.step,
        w: owned.w.iter().map(|(key, array)| (key.as_str(), array.view())).collect(),
        x: owned.x.view(),
        raw: &owned.raw,
        m: &owned.m,
        o: &owned.o,
        mask: owned.mask.as_ref().map(|mask| mask.as_slice().unwrap()),
        none: None,
        stages: stages.iter().collect(),
        mixed: owned
            .mixed
            .iter()
            .map(|(key, value)| match value {
                ArrayOr::Array(array) => (key, ArrayOr::Array(array.as_slice().unwrap())),
                ArrayOr::Value(text) => (key, ArrayOr::Value(text.as_str())),
            })
            .collect(),
        small: owned.small.iter().map(|(key, array)| (key.into(), array.view())).collect(),
        numbered: owned
            .numbered
            .iter()
            .map(|(key, it)| (*key, Arc::new(it.view().to_owned())))
            .collect(),
        model: layer(&owned.model),
        layers: owned
            .layers
            .iter()
            .map(|(key, layers)| (key.as_str(), layers.iter().map(layer).collect()))
            .collect(),
        last: owned.last.as_ref().map(|last| Box::new(layer(last))),
        notes: &owned.notes,
        name: &owned.name,
        labels: owned.labels.as_ref().map(|labels| labels.iter().map(String::as_str).collect()),
        used: &used,
    })
}

fn save_borrowed(owned: &Owned) -> (TempDir, PathBuf) {
    with_borrowed(owned, |checkpoint| saved(checkpoint))
}

/// The bytes of each file, but for the lock's.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    });
    files.filter(|(name, _)| name != ".varpack.lock").collect()
}

#[test]
fn what_is_borrowed_makes_the_folder_that_the_owner_makes() {
    let (_parent, of_owner) = saved(&owned());
    let (_other, of_borrower) = save_borrowed(&owned());
    assert_eq!(files(&of_borrower), files(&of_owner));
    assert!(with_borrowed(&owned(), |checkpoint| checkpoint.used.get()));
}

#[test]
fn what_is_borrowed_is_loaded_by_a_struct_that_owns_it() {
    let (_parent, folder) = save_borrowed(&owned());
    assert_eq!(Owned::load(&folder).unwrap(), owned());
}

#[test]
fn what_is_borrowed_is_opened_as_a_pack() {
    let (_parent, folder) = save_borrowed(&owned());
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.value::<String>("title").unwrap(), "baseline");
    let raw = pack.get("raw").and_then(PackValue::as_array).unwrap();
    assert_eq!(raw.view::<f32, Ix1>().unwrap().to_vec(), [0.5; 9]);
    assert_eq!(pack.value::<f64>("layers.encoder.1.rate").unwrap(), 1.0);
    assert!(pack.get("none").is_none() && pack.get("used").is_none());
}

#[test]
fn what_is_borrowed_is_read_by_numpy_and_pickle_alone() {
    let (_parent, folder) = save_borrowed(&owned());
    let reader = fixtures::workspace().join("docs/python-reader.py");
    for python in Python::both() {
        let script = "
import pickle, runpy, sys, numpy
shared = pickle.load(open(sys.argv[2] + '/__misc_vars__.pickle', 'rb'))
print(shared['step'], shared['title'], shared['labels'])
print(pickle.load(open(sys.argv[2] + '/notes.pickle', 'rb')))
print(numpy.load(sys.argv[2] + '/raw.npy', mmap_mode='r').tolist())
print(numpy.load(sys.argv[2] + '/layers.encoder.1.weights.npy').tolist())
run = runpy.run_path(sys.argv[1])['read'](sys.argv[2])
print(run['w']['a/b'].tolist(), run['w']['bias'].dtype, run['mixed']['text'])
print(run['small']['tiny'].tolist(), run['numbered'][3].tolist(), run['model']['rate'])";
        let read = python.clone().alone().run(script, [reader.as_path(), folder.as_path()]);
        let expected = "7 baseline ['cat', 'dog']
{'author': 'Ada', 'seeds': [1, 2, 3]}
[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
[2.0, 0.5]
[[1.0, 2.0], [3.0, 4.0]] float32 no array
[4.0, 5.0] [0.125] 4.0";
        assert_eq!(read.trim().replace("\r\n", "\n"), expected, "{}", python.name());
    }
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Large<'a> {
    #[varpack(mmap)]
    view: ArrayView2<'a, u8>,
    #[varpack(mmap)]
    stepped: ArrayView2<'a, u8>,
    #[varpack(mmap)]
    map: BTreeMap<&'a str, &'a [u8]>,
    #[varpack(npy)]
    list: &'a Vec<u8>,
}

/// Of each array, and so of any copy.
const LARGE: usize = 256 << 20;

#[test]
fn no_copy_of_an_array_is_made_in_memory() {
    if let Some(folder) = told() {
        let list = vec![7_u8; LARGE];
        let view = ArrayView2::from_shape((LARGE / 1024, 1024), &list).unwrap();
        let stepped = view.slice(s![.., ..;2]);
        let map = BTreeMap::from([("all", list.as_slice())]);
        let large = Large { view, stepped, map, list: &list };
        large.save_with(&folder, &unsynced().threads(1)).unwrap();
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    // The array itself, and less than half of another, which the stepped one would be.
    under_limit("no_copy_of_an_array_is_made_in_memory", &folder, (LARGE >> 20) * 3 / 2 - 16);
    let written = ["view.npy", "map-all.npy", "list.npy"];
    let length = |name: &str| fs::metadata(folder.join(name)).unwrap().len() as usize;
    assert!(written.iter().all(|name| length(name) > LARGE));
    assert!(length("stepped.npy") > LARGE / 2);
}

#[test]
fn keys_that_are_one_file_are_told_as_of_any_map() {
    #[derive(Varpack)]
    #[varpack(save_only)]
    struct Keys<'a> {
        #[varpack(mmap)]
        w: BTreeMap<&'a str, &'a [f64]>,
    }
    let owner = |keys: [&str; 2]| {
        #[derive(Varpack)]
        struct Keys {
            #[varpack(mmap)]
            w: BTreeMap<String, MmapArray1<f64>>,
        }
        Keys { w: keys.map(|key| (key.to_owned(), vec![1.0].into())).into() }
    };
    for keys in [["a", "A"], ["a/b", "a:b"], ["..", "con"]] {
        let (_parent, of_owner) = saved(&owner(keys));
        let (_other, of_borrower) = saved(&Keys { w: keys.map(|key| (key, &[1.0][..])).into() });
        assert_eq!(files(&of_borrower), files(&of_owner));
    }
}
