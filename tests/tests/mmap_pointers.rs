//! `Box`, `Rc`, `Arc` and `Option` under `mmap`, of arrays and of maps: what they hold is saved as it is without them.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use varpack::{AnyArray, ArrayOr, ErrorKind, LoadOptions, MmapArray1, Mode, Varpack};
use varpack_tests::folders::Stamp;
use varpack_tests::holders::{load, saved, unsynced};

type Map = BTreeMap<String, MmapArray1<f32>>;

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Pointers {
    #[varpack(mmap)]
    shared: Arc<MmapArray1<f32>>,
    #[varpack(mmap)]
    boxed: Box<AnyArray>,
    #[varpack(mmap)]
    of_a_map: Rc<Map>,
    #[varpack(mmap)]
    in_a_map: HashMap<String, Arc<MmapArray1<f32>>>,
    #[varpack(mmap)]
    mixed: BTreeMap<String, Rc<ArrayOr<MmapArray1<f32>, u32>>>,
    #[varpack(mmap)]
    maybe: Option<Arc<MmapArray1<f32>>>,
    #[varpack(mmap)]
    behind: Arc<Option<Map>>,
    #[varpack(mmap)]
    map: Option<Map>,
}

#[derive(Varpack, Clone, Debug, PartialEq)]
struct Plain {
    #[varpack(mmap)]
    shared: MmapArray1<f32>,
    #[varpack(mmap)]
    boxed: AnyArray,
    #[varpack(mmap)]
    of_a_map: Map,
    #[varpack(mmap)]
    in_a_map: Map,
    #[varpack(mmap)]
    mixed: BTreeMap<String, ArrayOr<MmapArray1<f32>, u32>>,
    #[varpack(mmap)]
    maybe: Option<MmapArray1<f32>>,
    #[varpack(mmap)]
    behind: Option<Map>,
    #[varpack(mmap)]
    map: Option<Map>,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn map(first: f32) -> Map {
    [("a".to_owned(), array(first)), ("b".to_owned(), array(-first))].into()
}

fn pointers() -> Pointers {
    Pointers {
        shared: array(1.0).into(),
        boxed: AnyArray::try_from(array(2.0)).unwrap().into(),
        of_a_map: map(3.0).into(),
        in_a_map: map(4.0).into_iter().map(|(key, array)| (key, array.into())).collect(),
        mixed: [
            ("array".to_owned(), ArrayOr::Array(array(5.0)).into()),
            ("value".to_owned(), ArrayOr::Value(5).into()),
        ]
        .into(),
        maybe: Some(array(6.0).into()),
        behind: Some(map(7.0)).into(),
        map: None,
    }
}

#[test]
fn folder_is_the_same_with_and_without_pointers() {
    let (_parent, folder) = saved(&pointers());
    let loaded = Pointers::load(&folder).unwrap();
    assert_eq!(loaded, pointers());
    assert!(loaded.shared.is_mapped() && loaded.in_a_map["a"].is_mapped());
    let plain = Plain::load(&folder).unwrap();
    let (_parent, again) = saved(&plain);
    assert_eq!(Pointers::load(&again).unwrap(), pointers());
}

#[test]
fn array_behind_a_pointer_that_was_not_changed_is_not_written() {
    let (_parent, folder) = saved(&pointers());
    let modified = || folder.join("shared.npy").metadata().unwrap().modified().unwrap();
    let before = modified();
    let mut loaded = load::<Pointers>(&folder);
    Arc::get_mut(loaded.in_a_map.get_mut("a").unwrap()).unwrap().view_mut().unwrap()[0] = 9.0;
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(modified(), before);
    assert_eq!(Plain::load(&folder).unwrap().in_a_map["a"][0], 9.0);
}

#[test]
fn map_that_is_none_is_a_folder_without_the_variable() {
    let (_parent, folder) = saved(&pointers());
    let names = || {
        let pack = varpack::Pack::open(&folder).unwrap();
        pack.names().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(!names().contains(&"map".to_owned()));
    let mut loaded = load::<Pointers>(&folder);
    loaded.map = Some(map(8.0));
    loaded.behind = None.into();
    loaded.save_with(&unsynced()).unwrap();
    assert!(names().contains(&"map".to_owned()) && !names().contains(&"behind".to_owned()));
    assert!(folder.join("map-a.npy").exists() && !folder.join("behind-a.npy").exists());
    let now = Pointers::load(&folder).unwrap();
    assert_eq!((now.map, now.behind), (Some(map(8.0)), None.into()));
}

#[test]
fn map_without_items_is_not_none() {
    let (_parent, folder) = saved(&Pointers { map: Some(Map::new()), ..pointers() });
    assert_eq!(Pointers::load(&folder).unwrap().map, Some(Map::new()));
}

#[test]
fn items_of_a_map_in_an_option_are_merged_and_stale_by_item() {
    let (_parent, folder) = saved(&Pointers { map: Some(map(8.0)), ..pointers() });
    let (mut one, mut two, mut three) =
        (load::<Pointers>(&folder), load::<Pointers>(&folder), load::<Pointers>(&folder));
    one.map.as_mut().unwrap().insert("a".to_owned(), array(9.0));
    one.save_with(&unsynced()).unwrap();
    two.map.as_mut().unwrap().insert("c".to_owned(), array(10.0));
    two.save_with(&unsynced()).unwrap();
    let now = Pointers::load(&folder).unwrap().map.unwrap();
    assert_eq!((now["a"][0], now["b"][0], now["c"][0]), (9.0, -8.0, 10.0));
    two.map.as_mut().unwrap().insert("a".to_owned(), array(11.0));
    let error = two.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("map[a]")));
    three.map = None;
    let error = three.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("map")));
}

#[test]
fn map_in_an_option_that_another_adds_stays_where_it_was_none() {
    let (_parent, folder) = saved(&pointers());
    let (mut one, mut two) = (load::<Pointers>(&folder), load::<Pointers>(&folder));
    one.map = Some(map(8.0));
    one.save_with(&unsynced()).unwrap();
    two.shared = array(12.0).into();
    two.save_with(&unsynced()).unwrap();
    let now = Pointers::load(&folder).unwrap();
    assert_eq!((now.map, now.shared[0]), (Some(map(8.0)), 12.0));
}

#[test]
fn whole_maps_and_items_of_them_are_skipped_and_kept() {
    let (_parent, folder) = saved(&Pointers { map: Some(map(8.0)), ..pointers() });
    let options = LoadOptions::new().skip(["map", "of_a_map[a]", "in_a_map[b]"]);
    let mut loaded = Pointers::load_with(&folder, &options).unwrap();
    assert_eq!((&loaded.map, loaded.of_a_map.len(), loaded.in_a_map.len()), (&None, 1, 1));
    loaded.shared = array(12.0).into();
    loaded.save_with(&unsynced()).unwrap();
    let expected = Pointers { map: Some(map(8.0)), shared: array(12.0).into(), ..pointers() };
    assert_eq!(Pointers::load(&folder).unwrap(), expected);
}

#[test]
fn map_in_an_option_that_holds_something_else_is_refused() {
    #[derive(Varpack)]
    struct Number {
        #[varpack(rename = "map")]
        number: u8,
    }

    #[derive(Varpack, Debug)]
    struct Maybe {
        #[varpack(mmap)]
        map: Option<Map>,
    }

    let (_parent, folder) = saved(&Number { number: 3 });
    let error = Maybe::load(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("map")));
    assert_eq!(error.expected(), Some("a map of arrays (a dict)"));
}

#[derive(Varpack, Debug)]
struct Best {
    #[varpack(mmap)]
    m: BTreeMap<String, Arc<MmapArray1<f32>>>,
    #[varpack(mmap)]
    best: Option<Arc<MmapArray1<f32>>>,
    step: u64,
}

fn best() -> Best {
    Best { m: BTreeMap::from([("a".to_owned(), Arc::new(array(1.0)))]), best: None, step: 0 }
}

#[test]
fn array_that_is_saved_in_a_second_place_stays_unchanged_in_the_first() {
    for mode in [Mode::CopyOnWrite, Mode::ReadOnly, Mode::ReadWrite, Mode::InMemory] {
        let (_parent, folder) = saved(&best());
        let mut run = Best::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        run.best = Some(run.m["a"].clone());
        run.save_with(&unsynced()).unwrap();
        let before = ["m-a.npy", "best.npy"].map(|file| Stamp::at(folder.join(file)));
        run.step += 1;
        run.save_with(&unsynced()).unwrap();
        assert_eq!(before, ["m-a.npy", "best.npy"].map(|file| Stamp::at(folder.join(file))));
        // So who changes one of the places changes what nobody else has.
        let mut other = load::<Best>(&folder);
        other.m.insert("a".to_owned(), Arc::new(array(5.0)));
        other.save_with(&unsynced()).unwrap();
        run.step += 1;
        run.save_with(&unsynced()).unwrap();
        let now = Best::load(&folder).unwrap();
        assert_eq!((now.m["a"][0], now.best.unwrap()[0], now.step), (5.0, 1.0, 2), "{mode:?}");
    }
}

#[test]
fn array_that_was_in_two_places_is_edited_in_the_one_that_it_says() {
    let (_parent, folder) = saved(&best());
    let mut run = Best::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    run.best = Some(run.m["a"].clone());
    run.save_with(&unsynced()).unwrap();
    run.best = Some(Arc::new(array(9.0)));
    let array = Arc::get_mut(run.m.get_mut("a").unwrap()).unwrap();
    array.view_mut().unwrap()[0] = 7.0;
    array.flush().unwrap();
    assert_eq!(array.path(), Some(folder.join("m-a.npy").as_path()));
    let now = Best::load(&folder).unwrap();
    assert_eq!((now.m["a"][0], now.best.unwrap()[0]), (7.0, 1.0));
    run.save_with(&unsynced()).unwrap();
    assert_eq!(Best::load(&folder).unwrap().best.unwrap()[0], 9.0);
}

#[test]
fn array_of_a_file_that_is_saved_in_two_places_is_edited_in_the_one_that_it_says() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let zeros = Arc::new(MmapArray1::<f32>::zeros_in(parent.path(), 20_000).unwrap());
    let m = ["a", "b"].map(|key| (key.to_owned(), Arc::clone(&zeros)));
    let mut run = Best { m: m.into(), best: Some(zeros), step: 0 };
    run.save_with(&folder, &unsynced()).unwrap();
    let array = run.best.take().unwrap();
    run.m.clear();
    let mut array = Arc::into_inner(array).unwrap();
    array.view_mut().unwrap()[0] = 7.0;
    array.flush().unwrap();
    let now = Best::load(&folder).unwrap();
    let places = [
        ("m-a.npy", &now.m["a"]),
        ("m-b.npy", &now.m["b"]),
        ("best.npy", now.best.as_ref().unwrap()),
    ];
    for (file, saved) in places {
        let is_its = array.path().is_some_and(|path| path.ends_with(file));
        assert_eq!(saved[0], if is_its { 7.0 } else { 0.0 }, "{file}");
    }
}
