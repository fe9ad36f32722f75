//! Maps of arrays under `mmap`: each kind of map, of key and of hasher.

use indexmap::IndexMap;
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use varpack::{AnyArray, MmapArray1, Varpack};

type Arrays<K> = BTreeMap<K, MmapArray1<f32>>;

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".npy"))
        .collect();
    files.sort();
    files
}

#[derive(Varpack)]
struct Ordered {
    #[varpack(mmap)]
    layers: IndexMap<String, MmapArray1<f32>>,
}

#[test]
fn index_map_keeps_its_order_through_a_save_and_a_load() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("ordered");
    let names = ["output", "input", "hidden"];
    let layers = names.iter().map(|&name| (name.to_owned(), array(0.5))).collect();
    Ordered { layers }.save(&folder).unwrap();
    let ordered = Ordered::load(&folder).unwrap();
    assert_eq!(ordered.layers.keys().collect::<Vec<_>>(), names);
    assert!(ordered.layers.values().all(MmapArray1::is_mapped));
    assert_eq!(files(&folder), ["layers-hidden.npy", "layers-input.npy", "layers-output.npy"]);
}

#[derive(Varpack)]
struct Hashed {
    #[varpack(mmap)]
    layers: HashMap<String, MmapArray1<f32>, BuildHasherDefault<DefaultHasher>>,
}

#[test]
fn hash_map_of_any_hasher_saves_the_same_files_each_time() {
    let root = tempfile::tempdir().unwrap();
    let save = |name: &str| {
        let folder = root.path().join(name);
        let layers = (0..50).map(|n| (format!("layer {n}"), array(n as f32))).collect();
        Hashed { layers }.save(&folder).unwrap();
        (files(&folder), std::fs::read(folder.join("layers.pickle")).unwrap())
    };
    let (files, pickle) = save("one");
    assert_eq!(files.len(), 50);
    assert_eq!(files[0], "layers-layer%200.npy");
    assert_eq!((files, pickle), save("two"));
    assert_eq!(Hashed::load(root.path().join("one")).unwrap().layers["layer 7"][0], 7.0);
}

#[derive(Varpack)]
struct Folds {
    #[varpack(mmap)]
    inside: Arrays<i64>,
    #[varpack(mmap(int_keys))]
    apart: Arrays<u8>,
}

#[test]
fn integer_keys_keep_their_arrays_in_the_pickle_unless_told_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("folds");
    let inside = BTreeMap::from([(-1, array(1.0)), (1 << 40, array(2.0))]);
    let apart = BTreeMap::from([(7, array(3.0))]);
    Folds { inside, apart }.save(&folder).unwrap();
    assert_eq!(files(&folder), ["apart-7.npy"]);
    let folds = Folds::load(&folder).unwrap();
    assert!(!folds.inside[&-1].is_mapped() && folds.apart[&7].is_mapped());
    assert_eq!(folds.inside[&(1 << 40)][0], 2.0);
    assert_eq!(folds.apart[&7][0], 3.0);
}

#[derive(Varpack)]
struct Thresholds {
    #[varpack(mmap(min_len = 20_000))]
    arrays: Arrays<String>,
}

#[test]
fn arrays_under_min_len_stay_in_the_pickle() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("thresholds");
    let small = MmapArray1::from(vec![1.0; 19_999]);
    let arrays = BTreeMap::from([("large".to_owned(), array(0.0)), ("small".to_owned(), small)]);
    Thresholds { arrays }.save(&folder).unwrap();
    assert_eq!(files(&folder), ["arrays-large.npy"]);
    let arrays = Thresholds::load(&folder).unwrap().arrays;
    assert_eq!((arrays["small"].len(), arrays["large"].len()), (19_999, 20_000));
}

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Split {
    Train,
    Test,
}

#[derive(Varpack)]
struct OtherKeys {
    #[varpack(separate)]
    splits: Arrays<Split>,
    #[varpack(separate)]
    letters: Arrays<char>,
    #[varpack(separate)]
    wide: Arrays<u128>,
    #[varpack(separate)]
    of_any_dtype: BTreeMap<String, AnyArray>,
}

#[test]
fn maps_of_arrays_that_cannot_be_mapped_go_into_pickles() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("keys");
    let splits = BTreeMap::from([(Split::Train, array(1.0)), (Split::Test, array(2.0))]);
    let letters = BTreeMap::from([('ä', array(3.0))]);
    let wide = BTreeMap::from([(1 << 100, array(4.0))]);
    let of_any_dtype = BTreeMap::from([("x".to_owned(), AnyArray::try_from(array(5.0)).unwrap())]);
    OtherKeys { splits, letters, wide, of_any_dtype }.save(&folder).unwrap();
    assert_eq!(files(&folder), [""; 0]);
    let keys = OtherKeys::load(&folder).unwrap();
    assert_eq!((keys.splits[&Split::Train][0], keys.splits[&Split::Test][0]), (1.0, 2.0));
    assert_eq!((keys.letters[&'ä'][0], keys.wide[&(1 << 100)][0]), (3.0, 4.0));
    assert_eq!(keys.of_any_dtype["x"].shape(), [20_000]);
}
