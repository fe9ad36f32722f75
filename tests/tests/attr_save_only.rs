//! `#[varpack(save_only)]`: a struct that borrows what it saves, and what others read of its folder.
#![allow(clippy::unwrap_used)]

use ndarray::{
    Array1, Array2, ArrayRef, ArrayView1, ArrayView2, ArrayView3, ArrayViewMut1, CowArray, Ix1,
    Ix2, arr1, arr2, s,
};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use varpack::{
    AnyArray, ArrayOr, Element, ErrorKind, LoadOptions, MmapArray, MmapArray1, MmapArray2, Mode,
    Pack, PackValue, PackWriter, SaveFields, SaveOptions, Varpack,
};
use varpack_tests::child::{told, under_limit};
use varpack_tests::fixtures;
use varpack_tests::folders::{Stamp, State};
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
    small: BTreeMap<&'a str, ArrayView1<'a, f64>>,
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
        small: owned.small.iter().map(|(key, array)| (key.as_str(), array.view())).collect(),
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
struct Views<'a> {
    #[varpack(mmap)]
    turned: ArrayView2<'a, i32>,
    #[varpack(mmap)]
    stepped: ArrayView2<'a, i32>,
    #[varpack(npy)]
    backwards: ArrayView1<'a, i32>,
    #[varpack(mmap)]
    of_many: &'a ArrayRef<i32, Ix2>,
    #[varpack(npy)]
    may_be_owned: CowArray<'a, i32, Ix2>,
    #[varpack(mmap)]
    written_to: ArrayViewMut1<'a, i32>,
    #[varpack(mmap)]
    any: &'a AnyArray,
    #[varpack(mmap)]
    empty: ArrayView3<'a, f32>,
    #[varpack(mmap(min_len = 100))]
    in_the_pickle: BTreeMap<&'a str, ArrayView2<'a, i32>>,
}

#[test]
fn views_are_saved_in_their_own_order_and_shape() {
    let array = Array2::from_shape_fn((4, 6), |(row, column)| (10 * row + column) as i32);
    let any = AnyArray::try_from(MmapArray::from(array.clone())).unwrap();
    let mut line = arr1(&[1, 2, 3]);
    let stepped = array.slice(s![..;2, 1..;3]);
    let views = Views {
        turned: array.t(),
        stepped,
        backwards: array.slice(s![2, ..;-1]),
        of_many: &array,
        may_be_owned: CowArray::from(&array),
        written_to: line.view_mut(),
        any: &any,
        empty: ArrayView3::from_shape((2, 0, 3), &[]).unwrap(),
        in_the_pickle: BTreeMap::from([("stepped", stepped), ("turned", array.t())]),
    };
    let (_parent, folder) = saved(&views);
    let open = |name: &str| MmapArray2::<i32>::open(folder.join(name), Mode::ReadOnly).unwrap();
    assert_eq!(open("turned.npy").view(), array.t());
    assert!(!open("turned.npy").is_standard_layout(), "Fortran order, as it lies");
    assert_eq!(open("stepped.npy").view(), stepped);
    for name in ["of_many.npy", "may_be_owned.npy", "any.npy"] {
        assert_eq!(open(name).view(), array, "{name}");
    }
    let pack = Pack::open(&folder).unwrap();
    let one = |name| pack.get(name).and_then(PackValue::as_array).unwrap();
    assert_eq!(one("backwards").view::<i32, Ix1>().unwrap().to_vec(), [25, 24, 23, 22, 21, 20]);
    assert_eq!(one("written_to").view::<i32, Ix1>().unwrap().to_vec(), [1, 2, 3]);
    assert_eq!(one("empty").shape(), [2, 0, 3]);
    #[derive(Varpack)]
    struct InThePickle {
        #[varpack(mmap)]
        in_the_pickle: BTreeMap<String, MmapArray2<i32>>,
    }
    let InThePickle { in_the_pickle } = InThePickle::load(&folder).unwrap();
    assert_eq!(in_the_pickle["stepped"].view(), stepped);
    assert_eq!(in_the_pickle["turned"].view(), array.t());
    assert!(!folder.join("in_the_pickle-turned.npy").exists());
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
        return large.save_with(&folder, &unsynced().threads(1)).unwrap();
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

#[derive(Varpack)]
#[varpack(save_only)]
struct Borrower<'a> {
    step: u64,
    #[varpack(mmap)]
    m: &'a MmapArray1<f64>,
    #[varpack(mmap)]
    x: &'a [f64],
}

#[derive(Varpack)]
struct Owner {
    step: u64,
    #[varpack(mmap)]
    m: MmapArray1<f64>,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(default)]
    other: String,
}

fn owner() -> Owner {
    let (m, x) = (vec![1.0; 20_000].into(), vec![2.0; 3].into());
    Owner { step: 1, m, x, other: "stays".to_owned() }
}

#[test]
fn save_over_a_folder_keeps_what_the_struct_does_not_know_and_replaces_the_rest() {
    let (_parent, folder) = saved(&owner());
    let m = MmapArray1::from(vec![3.0; 5]);
    Borrower { step: 2, m: &m, x: &[4.0] }.save(&folder).unwrap();
    let found = Owner::load(&folder).unwrap();
    assert_eq!((found.step, found.m.len(), found.x[0]), (2, 5, 4.0));
    assert_eq!(found.other, "stays");
    let prune = unsynced().prune(true);
    Borrower { step: 2, m: &m, x: &[4.0] }.save_with(&folder, &prune).unwrap();
    assert_eq!(Owner::load(&folder).unwrap().other, "");
}

#[test]
fn options_are_those_of_every_save() {
    let (_parent, folder) = saved(&owner());
    let m = MmapArray1::from(vec![3.0; 5]);
    let borrower = Borrower { step: 2, m: &m, x: &[4.0] };
    borrower.save_with(&folder, &unsynced().keep(["step", "x"])).unwrap();
    let found = Owner::load(&folder).unwrap();
    assert_eq!((found.step, found.m.len(), found.x[0]), (1, 5, 2.0));
    let error = borrower.save_with(&folder, &unsynced().keep(["stepp"])).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("stepp")));
    let cancelled = SaveOptions::new().progress(|_| ControlFlow::Break(()));
    let before = State::of(&folder);
    let error = borrower.save_with(&folder, &cancelled).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    before.assert_untouched(&folder);
}

#[test]
fn mapped_array_that_is_borrowed_is_left_alone_where_it_is_unchanged() {
    let (_parent, folder) = saved(&owner());
    let loaded = Owner::load(&folder).unwrap();
    assert!(loaded.m.is_mapped());
    let before = Stamp::at(folder.join("m.npy"));
    Borrower { step: 3, m: &loaded.m, x: &[4.0] }.save(&folder).unwrap();
    assert_eq!(Stamp::at(folder.join("m.npy")), before);
    assert_eq!(Owner::load(&folder).unwrap().step, 3);
}

#[test]
fn mapped_array_that_is_borrowed_tells_what_another_has_saved_since() {
    let (_parent, folder) = saved(&owner());
    let mut loaded = Owner::load(&folder).unwrap();
    loaded.m.view_mut().unwrap()[0] = 5.0;
    Owner { m: vec![9.0; 20_000].into(), ..owner() }.save(&folder).unwrap();
    let before = State::of(&folder);
    let borrower = Borrower { step: 3, m: &loaded.m, x: &[4.0] };
    let error = borrower.save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m")), "{error}");
    before.assert_untouched(&folder);
    borrower.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    assert_eq!(Owner::load(&folder).unwrap().m[0], 5.0);
}

#[test]
fn without_a_loaded_array_nothing_is_remembered_as_of_any_plain_struct() {
    let (_parent, folder) = saved(&owner());
    let m = MmapArray1::from(vec![3.0; 5]);
    let borrower = Borrower { step: 2, m: &m, x: &[4.0] };
    Owner::update(&folder, |owner| {
        owner.step = 100;
        Ok(())
    })
    .unwrap();
    borrower.save(&folder).unwrap();
    assert_eq!(Owner::load(&folder).unwrap().step, 2);
}

#[test]
fn name_of_before_is_replaced_by_a_save() {
    #[derive(Varpack)]
    #[varpack(save_only, rename_all = "camelCase")]
    struct Renamed<'a> {
        #[varpack(mmap, alias = "m")]
        new_name: &'a [f64],
    }
    let (_parent, folder) = saved(&owner());
    Renamed { new_name: &[1.0] }.save(&folder).unwrap();
    assert!(folder.join("newName.npy").exists() && !folder.join("m.npy").exists());
    assert!(folder.join("x.npy").exists());
}

#[test]
fn structs_that_are_loaded_stand_in_those_that_are_only_saved() {
    #[derive(Varpack)]
    #[varpack(save_only)]
    struct Outer<'a> {
        #[varpack(flatten)]
        one: &'a OwnedLayer,
        #[varpack(flatten(prefix = "l_"))]
        more: Vec<&'a OwnedLayer>,
        #[varpack(nested)]
        dict: &'a OwnedLayer,
        #[varpack(nested)]
        own: OwnedLayer,
    }
    let layer = OwnedLayer { weights: vec![1.0].into(), rate: 0.5 };
    let outer = Outer { one: &layer, more: vec![&layer; 2], dict: &layer, own: layer.clone() };
    let (_parent, folder) = saved(&outer);
    #[derive(Varpack)]
    struct Twin {
        #[varpack(flatten)]
        one: OwnedLayer,
        #[varpack(flatten(prefix = "l_"))]
        more: Vec<OwnedLayer>,
        #[varpack(nested)]
        dict: OwnedLayer,
        #[varpack(nested)]
        own: OwnedLayer,
    }
    let twin = Twin::load(&folder).unwrap();
    assert_eq!([&twin.one, &twin.more[0], &twin.more[1], &twin.dict, &twin.own], [&layer; 5]);
}

/// One of whatever element, array and value.
#[derive(Varpack)]
#[varpack(save_only)]
struct Generic<'a, T: Element, A, V: ?Sized, const N: usize> {
    #[varpack(mmap)]
    slice: &'a [T],
    #[varpack(mmap)]
    array: &'a A,
    #[varpack(separate)]
    value: &'a V,
    key: [u8; N],
}

/// What is to be saved, whoever it is.
fn checkpoint(state: &impl Varpack) -> (TempDir, PathBuf) {
    saved(state)
}

#[test]
fn parameters_of_the_struct_need_no_more_than_a_save_does() {
    let array = arr2(&[[1_i64, 2]]);
    let generic = Generic { slice: &[1.5_f32], array: &array, value: "text", key: *b"abc" };
    let (_parent, folder) = checkpoint(&generic);
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.value::<String>("value").unwrap(), "text");
    assert!(folder.join("value.pickle").exists());
    let names: Vec<_> = pack.names().collect();
    assert_eq!(names, ["slice", "array", "value", "key"]);
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

#[test]
fn error_of_a_borrowed_value_names_its_variable() {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    #[derive(Varpack)]
    #[varpack(save_only)]
    struct Run<'a> {
        notes: &'a Refuses,
    }
    let parent = tempfile::tempdir().unwrap();
    let error = Run { notes: &Refuses }.save(parent.path().join("run")).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("notes")), "{error}");
    assert!(error.to_string().contains("not today"), "{error}");
    assert!(!parent.path().join("run").exists());
}

#[test]
fn trait_object_of_fields_is_saved_by_hand() {
    struct Any<'a>(&'a dyn SaveFields);
    impl SaveFields for Any<'_> {
        fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> varpack::Result<()> {
            self.0.write_fields(writer)
        }
    }
    let (_parent, folder) = saved(&Any(&owner()));
    let options = LoadOptions::new();
    assert_eq!(Owner::load_with(&folder, &options).unwrap().other, "stays");
}
