//! Keys of maps that have a text: enums and newtypes of a program, and the texts of the standard library.
#![allow(clippy::unwrap_used)]

use indexmap::IndexMap;
use ndarray::Array1;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use varpack::field::MapKey;
use varpack::{ArrayOr, ErrorKind, LoadOptions, MmapArray1, Varpack};
use varpack_tests::holders::{load, saved, unsynced};
use varpack_tests::python::Python;

/// Hashed and not ordered: no map but `BTreeMap` needs an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Split {
    Train,
    Test,
}

impl MapKey for Split {
    fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Train => "train".into(),
            Self::Test => "test".into(),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        // Its texts are in small letters: what is in others is no key.
        match text.to_lowercase().as_str() {
            "train" => Some(Self::Train),
            "test" => Some(Self::Test),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Layer(u32);

impl MapKey for Layer {
    fn to_text(&self) -> Cow<'_, str> {
        format!("layer{}", self.0).into()
    }

    fn from_text(text: &str) -> Option<Self> {
        text.strip_prefix("layer")?.parse().ok().map(Self)
    }
}

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Rate {
    #[varpack(mmap)]
    w: MmapArray1<f32>,
    rate: f64,
}

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Run {
    #[varpack(mmap)]
    images: HashMap<Split, MmapArray1<f32>>,
    #[varpack(mmap(min_len = 3))]
    layers: BTreeMap<Layer, ArrayOr<MmapArray1<f32>, String>>,
    #[varpack(mmap)]
    ordered: IndexMap<Split, Arc<MmapArray1<f32>>>,
    #[varpack(flatten)]
    rates: HashMap<Split, Rate>,
    #[varpack(flatten)]
    each: BTreeMap<Layer, Rate>,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn rate(rate: f64) -> Rate {
    Rate { w: array(rate as f32), rate }
}

fn run() -> Run {
    Run {
        images: [(Split::Train, array(1.0)), (Split::Test, array(2.0))].into(),
        layers: [
            (Layer(10), ArrayOr::Array(array(3.0))),
            (Layer(2), ArrayOr::Value("none".to_owned())),
        ]
        .into(),
        ordered: [(Split::Train, array(4.0).into()), (Split::Test, array(5.0).into())].into(),
        rates: [(Split::Train, rate(0.1)), (Split::Test, rate(0.2))].into(),
        each: [(Layer(1), rate(0.3))].into(),
    }
}

#[test]
fn maps_by_enums_and_newtypes_are_saved_by_text_and_mapped() {
    let (_parent, folder) = saved(&run());
    let files = ["images-train.npy", "layers-layer10.npy", "rates.test.w.npy", "each.layer1.w.npy"];
    assert!(files.iter().all(|file| folder.join(file).exists()));
    let loaded = Run::load(&folder).unwrap();
    assert_eq!(loaded, run());
    assert!(loaded.images[&Split::Test].is_mapped() && loaded.rates[&Split::Test].w.is_mapped());
    assert_eq!(loaded.ordered.keys().collect::<Vec<_>>(), [&Split::Train, &Split::Test]);
}

#[test]
fn texts_of_the_standard_library_are_keys() {
    #[derive(Varpack, Debug, PartialEq)]
    struct Texts {
        #[varpack(mmap)]
        arc: BTreeMap<Arc<str>, MmapArray1<f32>>,
        #[varpack(mmap)]
        rc: HashMap<Rc<str>, MmapArray1<f32>>,
        #[varpack(mmap)]
        boxed: BTreeMap<Box<str>, MmapArray1<f32>>,
        #[varpack(mmap)]
        cow: HashMap<Cow<'static, str>, MmapArray1<f32>>,
        #[varpack(flatten)]
        flat: HashMap<Arc<str>, Rate>,
    }

    let texts = || Texts {
        arc: [("a".into(), array(1.0))].into(),
        rc: [("b".into(), array(2.0)), ("a".into(), array(3.0))].into(),
        boxed: [("c".into(), array(4.0))].into(),
        cow: [("d".into(), array(5.0))].into(),
        flat: [("e".into(), rate(0.5))].into(),
    };
    let (_parent, folder) = saved(&texts());
    assert_eq!(Texts::load(&folder).unwrap(), texts());
    assert!(folder.join("cow-d.npy").exists());
}

#[test]
fn items_by_enum_that_two_programs_change_are_merged_and_one_is_stale() {
    let (_parent, folder) = saved(&run());
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.images.insert(Split::Train, array(7.0));
    one.rates.get_mut(&Split::Train).unwrap().rate = 0.7;
    one.save_with(&unsynced()).unwrap();
    two.images.remove(&Split::Test);
    two.rates.get_mut(&Split::Test).unwrap().rate = 0.8;
    two.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!(now.images, [(Split::Train, array(7.0))].into());
    assert_eq!((now.rates[&Split::Train].rate, now.rates[&Split::Test].rate), (0.7, 0.8));
    one.images.insert(Split::Test, array(9.0));
    let error = one.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("images[test]")));
}

#[test]
fn item_by_enum_is_skipped_by_its_text_and_kept() {
    let (_parent, folder) = saved(&run());
    let options = LoadOptions::new().skip(["images[test]", "layers[layer2]"]);
    let mut loaded = Run::load_with(&folder, &options).unwrap();
    assert_eq!((loaded.images.len(), loaded.layers.len()), (1, 1));
    loaded.images.insert(Split::Train, array(7.0));
    loaded.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!((&now.images[&Split::Test], &now.layers), (&array(2.0), &run().layers));
}

/// Keys of which all have one text.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Same(u8);

impl MapKey for Same {
    fn to_text(&self) -> Cow<'_, str> {
        "same".into()
    }

    fn from_text(_: &str) -> Option<Self> {
        Some(Self(0))
    }
}

#[test]
fn two_keys_of_one_text_are_an_error_of_the_save_that_names_both() {
    #[derive(Varpack)]
    struct Arrays {
        #[varpack(mmap)]
        w: BTreeMap<Same, MmapArray1<f32>>,
    }

    #[derive(Varpack)]
    struct Flat {
        #[varpack(flatten)]
        w: BTreeMap<Same, Rate>,
    }

    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let arrays = Arrays { w: [(Same(1), array(1.0)), (Same(2), array(2.0))].into() };
    let flat = Flat { w: [(Same(1), rate(0.1)), (Same(2), rate(0.2))].into() };
    for error in [arrays.save(&folder).unwrap_err(), flat.save(&folder).unwrap_err()] {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("w")));
        let both = "two keys of the map have the text `same`, that of item 1 and that of item 2";
        assert!(error.to_string().contains(both), "{error}");
        assert!(!folder.exists());
    }
    let one = Arrays { w: [(Same(1), array(1.0))].into() };
    one.save(&folder).unwrap();
    assert_eq!(Arrays::load(&folder).unwrap().w[&Same(0)], array(1.0));
}

#[test]
fn text_that_no_key_has_is_an_error_of_the_load_that_says_which() {
    #[derive(Varpack)]
    struct Arrays<K: MapKey + Ord> {
        #[varpack(mmap)]
        images: BTreeMap<K, MmapArray1<f32>>,
    }

    #[derive(Varpack)]
    struct Enum {
        #[varpack(mmap)]
        images: HashMap<Split, MmapArray1<f32>>,
    }

    #[derive(Varpack)]
    struct Flat<M: varpack::field::FlattenField> {
        #[varpack(flatten)]
        rates: M,
    }

    // "Train" is read as a key whose own text is another.
    for text in ["valid", "Train", "", "train "] {
        let arrays = Arrays { images: [(text.to_owned(), array(1.0))].into() };
        let (_parent, folder) = saved(&arrays);
        let error = Enum::load(&folder).err().unwrap();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("images (a key)")));
        assert!(error.expected().unwrap().contains("Split"), "{error}");
        assert_eq!(error.found(), Some(format!("`{text}`").as_str()));
    }
    let flat = Flat { rates: BTreeMap::from([("valid".to_owned(), rate(0.1))]) };
    let (_parent, folder) = saved(&flat);
    let error = Flat::<HashMap<Split, Rate>>::load(&folder).err().unwrap();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("rates")));
    assert_eq!(error.found(), Some("`valid`"));
}

#[test]
fn text_that_no_key_has_is_an_error_where_names_of_variables_tell_the_keys() {
    #[derive(Varpack)]
    struct Named {
        #[varpack(rename = "rates.train.rate")]
        train: f64,
        #[varpack(rename = "rates.valid.rate")]
        valid: f64,
    }

    #[derive(Varpack, Debug)]
    struct Only {
        rate: f64,
    }

    #[derive(Varpack, Debug)]
    struct Flat {
        #[varpack(flatten)]
        rates: HashMap<Split, Only>,
    }

    let (_parent, folder) = saved(&Named { train: 0.1, valid: 0.2 });
    let error = Flat::load(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("rates")));
    assert_eq!(error.found(), Some("`valid`"));
}

#[test]
fn integers_where_texts_are_expected_are_refused() {
    #[derive(Varpack)]
    struct Integers {
        #[varpack(mmap)]
        images: BTreeMap<u8, MmapArray1<f32>>,
    }

    #[derive(Varpack, Debug)]
    struct Enum {
        #[varpack(mmap)]
        images: HashMap<Split, MmapArray1<f32>>,
    }

    let (_parent, folder) = saved(&Integers { images: [(1, array(1.0))].into() });
    let error = Enum::load(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("images (a key)")));
}

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// A key that has another text at each call.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Lies(u8);

impl MapKey for Lies {
    fn to_text(&self) -> Cow<'_, str> {
        CALLS.set(CALLS.get() + 1);
        format!("call {}", CALLS.get()).into()
    }

    fn from_text(_: &str) -> Option<Self> {
        Some(Self(0))
    }
}

#[test]
fn key_that_has_another_text_at_each_call_is_saved_under_one_and_refused_on_load() {
    #[derive(Varpack, Debug)]
    struct Lying {
        #[varpack(mmap)]
        w: BTreeMap<Lies, MmapArray1<f32>>,
        #[varpack(flatten)]
        flat: BTreeMap<Lies, Rate>,
    }

    #[derive(Varpack)]
    struct Read {
        #[varpack(mmap)]
        w: BTreeMap<String, MmapArray1<f32>>,
        #[varpack(flatten)]
        flat: BTreeMap<String, Rate>,
    }

    let lying = Lying {
        w: [(Lies(1), array(1.0)), (Lies(2), array(2.0))].into(),
        flat: [(Lies(1), rate(0.5))].into(),
    };
    let (_parent, folder) = saved(&lying);
    let read = Read::load(&folder).unwrap();
    assert_eq!((read.w.len(), read.flat.len()), (2, 1));
    let error = Lying::load(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("w (a key)")));
}

#[test]
fn python_sees_the_texts_of_the_keys() {
    let script = "
import sys, varpack, numpy as np
found = varpack.load(sys.argv[1])
assert all(isinstance(array, np.memmap) for array in found['images'].values())
print(sorted(found['images']), sorted(found['layers']), sorted(found['rates']), found['rates.test.rate'])";
    for python in Python::both() {
        let (_parent, folder) = saved(&run());
        let found = python.run(script, [&folder]);
        let expected = "['test', 'train'] ['layer10', 'layer2'] ['test', 'train'] 0.2";
        assert_eq!(found.trim(), expected);
    }
}

/// Two of these are one where case does not count.
#[derive(Clone, Debug)]
struct Caseless(String);

impl Caseless {
    fn small(&self) -> String {
        self.0.to_lowercase()
    }
}

impl PartialEq for Caseless {
    fn eq(&self, other: &Self) -> bool {
        self.small() == other.small()
    }
}

impl Eq for Caseless {}

impl PartialOrd for Caseless {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Caseless {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.small().cmp(&other.small())
    }
}

impl std::hash::Hash for Caseless {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.small().hash(state);
    }
}

impl MapKey for Caseless {
    fn to_text(&self) -> Cow<'_, str> {
        self.0.as_str().into()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

#[test]
fn keys_that_the_folder_tells_apart_and_the_map_does_not_are_an_error_of_the_load() {
    #[derive(Varpack)]
    struct Told {
        #[varpack(mmap)]
        m: BTreeMap<String, MmapArray1<f32>>,
        #[varpack(flatten)]
        f: HashMap<String, Inner>,
    }
    #[derive(Varpack, Clone)]
    struct Inner {
        n: u64,
    }
    #[derive(Varpack, Debug)]
    struct Sorted {
        #[varpack(mmap)]
        #[allow(dead_code)]
        m: BTreeMap<Caseless, MmapArray1<f32>>,
    }
    #[derive(Varpack, Debug)]
    struct Hashed {
        #[varpack(mmap)]
        #[allow(dead_code)]
        m: HashMap<Caseless, MmapArray1<f32>>,
    }
    #[derive(Varpack, Debug)]
    struct Indexed {
        #[varpack(mmap)]
        #[allow(dead_code)]
        m: IndexMap<Caseless, MmapArray1<f32>>,
    }
    let keys = ["a".to_owned(), "A".to_owned()];
    let m = keys.iter().cloned().map(|key| (key, array(1.0))).collect();
    let (_parent, folder) = saved(&Told { m, f: HashMap::new() });
    for error in [
        Sorted::load(&folder).unwrap_err(),
        Hashed::load(&folder).unwrap_err(),
        Indexed::load(&folder).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("m")), "{error}");
        assert!(error.expected().unwrap().starts_with("2 keys"), "{error}");
        assert_eq!(error.found(), Some("1"), "{error}");
    }
    let told = Told::load(&folder).unwrap();
    assert!(keys.iter().all(|key| told.m[key] == array(1.0)));
    assert!(told.f.is_empty());
}

#[test]
fn entries_by_names_that_are_one_key_are_an_error_of_the_load() {
    #[derive(Varpack, Debug)]
    struct Flat {
        #[varpack(flatten)]
        #[allow(dead_code)]
        f: BTreeMap<Caseless, Inner>,
    }
    #[derive(Varpack, Debug)]
    struct Inner {
        #[allow(dead_code)]
        n: u64,
    }
    let parent = tempfile::tempdir().unwrap();
    let mut pack = varpack::Pack::new();
    for name in ["f.a.n", "f.A.n"] {
        pack.insert_value(name, &1).unwrap();
    }
    pack.save_to(parent.path()).unwrap();
    let error = Flat::load(parent.path()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("f")), "{error}");
}

#[test]
fn bytes_of_python_are_no_key_that_is_a_text() {
    #[derive(Varpack, Debug)]
    struct Texts {
        #[varpack(mmap)]
        #[allow(dead_code)]
        m: BTreeMap<String, ArrayOr<MmapArray1<f32>, u64>>,
    }
    let parent = tempfile::tempdir().unwrap();
    // {b'a': 1} and {'a': 1, b'a': 1}
    for items in [b"C\x01aK\x01".as_slice(), b"X\x01\0\0\0aK\x01C\x01aK\x01"] {
        let pickle = [b"\x80\x04}X\x01\0\0\0m}(", items, b"us."].concat();
        std::fs::write(parent.path().join("__misc_vars__.pickle"), pickle).unwrap();
        let manifest = r#"{"m": {"type": "misc", "filename": "__misc_vars__.pickle"}}"#;
        std::fs::write(parent.path().join("varpack.json"), manifest).unwrap();
        let error = Texts::load(parent.path()).unwrap_err();
        assert_eq!(
            (error.kind(), error.variable()),
            (ErrorKind::Value, Some("m (a key)")),
            "{error}"
        );
        assert_eq!(error.expected(), Some("a text (str)"), "{error}");
    }
}
