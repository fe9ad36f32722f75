//! What another has changed stays, and what nobody has changed is left alone: where a variable turns into one of
//! another kind, where a map has a pickle of its own, and where a hash map has no order.

use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;
use varpack::pickle::Value;
use varpack::{
    AnyArray, ArrayOr, ErrorKind, MmapArray1, Pack, PackItem, PackMap, PackValue, Varpack,
};
use varpack_tests::folders::State;
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack, Clone, Debug)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    m: BTreeMap<String, ArrayOr<MmapArray1<f64>, u32>>,
    step: u64,
}

fn array(value: f64) -> MmapArray1<f64> {
    vec![value; 4].into()
}

fn run() -> Run {
    let m = [("k", ArrayOr::Array(array(1.0))), ("n", ArrayOr::Value(1))];
    Run {
        x: array(1.0),
        y: Some(array(1.0)),
        m: m.map(|(key, item)| (key.to_owned(), item)).into(),
        step: 1,
    }
}

fn turn(folder: &Path, name: &str, value: impl Into<PackValue>) {
    let mut pack = Pack::open(folder).unwrap();
    pack.insert(name, value).unwrap();
    pack.save_with(&unsynced()).unwrap();
}

#[test]
fn map_with_a_pickle_of_its_own_keeps_what_was_merged_into_it() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut map = PackMap::new();
    map.insert("a", AnyArray::try_from(MmapArray1::from(vec![1.0; 20_000])).unwrap());
    map.insert_value("text", &"x".repeat(20_000)).unwrap();
    map.insert_value("lr", &1).unwrap();
    map.insert_value("n", &0).unwrap();
    let mut pack = Pack::new();
    pack.insert("m", map).unwrap();
    pack.save_to_with(&folder, &unsynced()).unwrap();
    assert!(folder.join("m.pickle").exists());
    let mut mine = Pack::open(&folder).unwrap();
    let set = |pack: &mut Pack, key: &str, value: i64| {
        let map = pack.get_mut("m").and_then(PackValue::as_map_mut).unwrap();
        map.insert_value(key, &value).unwrap();
    };
    Pack::update(&folder, |pack| {
        set(pack, "lr", 100);
        set(pack, "theirs", 5);
        Ok(())
    })
    .unwrap();
    for n in 1..4 {
        set(&mut mine, "n", n);
        mine.save_with(&unsynced()).unwrap();
        let found = Pack::open(&folder).unwrap();
        let found = found.get("m").and_then(PackValue::as_map).unwrap();
        for (key, value) in [("lr", 100), ("theirs", 5), ("n", n)] {
            assert_eq!(found.get(key).and_then(PackItem::as_value), Some(&value.into()), "{key}");
        }
    }
    set(&mut mine, "lr", 7);
    let error = mine.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[lr]")));
}

#[test]
fn array_that_another_has_turned_into_something_else_stays_so() {
    let turns: [fn() -> PackValue; 2] = [
        || PackValue::serialize("theirs").unwrap(),
        || {
            let mut map = PackMap::new();
            // Large enough for a file.
            map.insert("k", AnyArray::try_from(MmapArray1::from(vec![3.0; 20_000])).unwrap());
            map.into()
        },
    ];
    for (name, turned) in ["x", "y", "m"].into_iter().flat_map(|name| turns.map(|it| (name, it))) {
        let value = || match name {
            "m" => PackValue::try_from(array(3.0)).unwrap(),
            _ => turned(),
        };
        let is_theirs = |folder: &Path| {
            let pack = Pack::open(folder).unwrap();
            let (found, theirs) = (pack.get(name).unwrap(), value());
            assert_eq!(
                (found.as_array().is_some(), found.as_map().is_some(), found.as_value()),
                (theirs.as_array().is_some(), theirs.as_map().is_some(), theirs.as_value()),
                "{name}"
            );
        };
        let (_parent, folder) = saved(&run());
        let mut loaded = load::<Run>(&folder);
        let mut bare = load::<Run>(&folder).into_inner();
        let mut pack = Pack::open(&folder).unwrap();
        turn(&folder, name, value());
        loaded.step = 2;
        loaded.save_with(&unsynced()).unwrap();
        is_theirs(&folder);
        bare.step = 2;
        assert_eq!(bare.save_with(&folder, &unsynced()).unwrap_err().kind(), ErrorKind::Stale);
        is_theirs(&folder);
        pack.insert_value("other", &1).unwrap();
        pack.save_with(&unsynced()).unwrap();
        is_theirs(&folder);
        match name {
            "x" => loaded.x.view_mut().unwrap()[0] = 9.0,
            "y" => loaded.y = None,
            _ => drop(loaded.m.insert("n".to_owned(), ArrayOr::Value(9))),
        }
        let error = loaded.save_with(&unsynced()).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some(name)));
        is_theirs(&folder);
    }
}

#[test]
fn item_that_another_has_turned_into_a_value_stays_so() {
    let (_parent, folder) = saved(&run());
    let mut loaded = load::<Run>(&folder);
    let mut other = load::<Run>(&folder);
    other.m.insert("k".to_owned(), ArrayOr::Value(7));
    other.m.insert("n".to_owned(), ArrayOr::Array(array(7.0)));
    other.save_with(&unsynced()).unwrap();
    loaded.m.insert("mine".to_owned(), ArrayOr::Value(2));
    loaded.save_with(&unsynced()).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.m["k"].as_value(), found.m["mine"].as_value()), (Some(&7), Some(&2)));
    assert!(found.m["n"].as_array().is_some());
}

#[derive(Varpack)]
struct Old {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[derive(Varpack)]
struct New {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(separate)]
    notes: String,
    title: String,
}

#[test]
fn value_that_was_saved_as_the_folder_had_it_is_known_from_then_on() {
    // With a change of another variable, and without any.
    for is_changed in [true, false] {
        let (_parent, folder) =
            saved(&New { x: array(1.0), notes: "1".to_owned(), title: "1".to_owned() });
        let old = load::<Old>(&folder).into_inner();
        let mut new = New { x: old.x, notes: "1".to_owned(), title: "1".to_owned() };
        if is_changed {
            new.x.view_mut().unwrap()[0] = 2.0;
        }
        new.save_with(&folder, &unsynced()).unwrap();
        for name in ["notes", "title"] {
            turn(&folder, name, PackValue::serialize("theirs").unwrap());
        }
        for notes in ["1", "mine"] {
            new.notes = notes.to_owned();
            let error = new.save_with(&folder, &unsynced()).unwrap_err();
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("notes")));
            let found = New::load(&folder).unwrap();
            assert_eq!((&*found.notes, &*found.title), ("theirs", "theirs"));
        }
    }
}

#[derive(Varpack, Clone)]
struct Hashed {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    opts: HashMap<String, u32>,
    #[varpack(separate)]
    set: HashSet<u32>,
    #[varpack(mmap)]
    arrays: HashMap<String, MmapArray1<f64>>,
    ordered: Value,
    #[varpack(mmap)]
    ordered_arrays: IndexMap<String, MmapArray1<f64>>,
    step: u64,
}

fn hashed() -> Hashed {
    Hashed {
        x: array(1.0),
        opts: (0..20).map(|number| (number.to_string(), number)).collect(),
        set: (0..20).collect(),
        arrays: (0..20).map(|number| (number.to_string(), array(1.0))).collect(),
        ordered: Value::dict((0..20).map(|number| (number.to_string(), number.into()))),
        ordered_arrays: (0..20).map(|number| (number.to_string(), array(1.0))).collect(),
        step: 1,
    }
}

#[test]
fn hash_map_that_nobody_has_changed_is_not_written() {
    let (_parent, folder) = saved(&hashed());
    let before = State::of(&folder);
    load::<Hashed>(&folder).save().unwrap();
    load::<Hashed>(&folder).into_inner().save(&folder).unwrap();
    assert_eq!(State::of(&folder), before);
    let mut loaded = load::<Hashed>(&folder);
    loaded.step = 2;
    loaded.save_with(&unsynced()).unwrap();
    let after = State::of(&folder);
    assert_eq!(before.touched(&after), ["__misc_vars__.pickle", "varpack.json"]);
}

#[test]
fn hash_map_that_one_has_changed_is_not_stale_by_anothers_order() {
    let (_parent, folder) = saved(&hashed());
    let set: [fn(&mut Hashed); 3] = [
        |value| assert_eq!(value.opts.insert("mine".to_owned(), 1), None),
        |value| assert!(value.set.insert(99)),
        |value| drop(value.arrays.insert("mine".to_owned(), array(2.0))),
    ];
    for set in set {
        let mut loaded = load::<Hashed>(&folder);
        let mut other = load::<Hashed>(&folder);
        other.step += 1;
        other.save_with(&unsynced()).unwrap();
        set(&mut loaded);
        loaded.save_with(&unsynced()).unwrap();
    }
    let found = Hashed::load(&folder).unwrap();
    assert_eq!((found.step, found.opts["mine"], found.arrays["mine"][0]), (4, 1, 2.0));
    assert!(found.set.contains(&99));
    // Written anew in another order: by a program that knows nothing of what it was.
    let mut loaded = load::<Hashed>(&folder);
    let opts = found.opts.iter().map(|(key, value)| (key.clone(), *value)).collect();
    let again = Hashed { x: array(1.0), opts, ..found };
    again.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    loaded.opts.insert("more".to_owned(), 1);
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(Hashed::load(&folder).unwrap().opts["more"], 1);
}

#[test]
fn new_order_of_an_ordered_map_is_saved() {
    let (_parent, folder) = saved(&hashed());
    let mut loaded = load::<Hashed>(&folder);
    loaded.ordered = Value::dict((0..20).rev().map(|number| (number.to_string(), number.into())));
    loaded.ordered_arrays.reverse();
    loaded.save_with(&unsynced()).unwrap();
    let found = Hashed::load(&folder).unwrap();
    assert_eq!(format!("{:?}", found.ordered), format!("{:?}", loaded.ordered));
    assert!(found.ordered_arrays.keys().eq(loaded.ordered_arrays.keys()));
}

#[test]
fn file_that_was_lost_is_written_again_though_nothing_was_changed() {
    let (_parent, folder) = saved(&hashed());
    let loaded = load::<Hashed>(&folder);
    let lost = Pack::open(&folder).unwrap();
    let lost = lost.get("arrays").and_then(PackValue::as_map).unwrap();
    let lost = lost.get("3").and_then(PackItem::as_array).unwrap().path().unwrap().to_owned();
    for file in [lost, folder.join("set.pickle"), folder.join("x.npy")] {
        fs::remove_file(file).unwrap();
    }
    loaded.save_with(&unsynced()).unwrap();
    let found = Hashed::load(&folder).unwrap();
    assert_eq!((found.arrays["3"][0], found.set.len(), found.x[0]), (1.0, 20, 1.0));
}

#[derive(Varpack, Clone)]
struct Small {
    #[varpack(mmap(min_len = 100))]
    m: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(mmap)]
    w: MmapArray1<f64>,
    step: u64,
}

#[test]
fn array_of_a_file_that_is_held_in_a_pickle_counts_as_changed_only_if_it_was() {
    let (_parent, folder) =
        saved(&Small { m: [("k".to_owned(), array(0.0))].into(), w: array(1.0), step: 1 });
    let mut loaded = load::<Small>(&folder);
    let best = loaded.w.clone();
    loaded.m.insert("best".to_owned(), best);
    loaded.save_with(&unsynced()).unwrap();
    Small::update(&folder, |other| {
        other.m.insert("best".to_owned(), array(7.0));
        Ok(())
    })
    .unwrap();
    loaded.step = 2;
    loaded.save_with(&unsynced()).unwrap();
    let found = Small::load(&folder).unwrap();
    assert_eq!((found.m["best"][0], found.step), (7.0, 2));
    loaded.m.get_mut("best").unwrap().view_mut().unwrap()[0] = 9.0;
    let error = loaded.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[best]")));
}

#[derive(Varpack, Clone)]
struct Deep {
    #[varpack(mmap)]
    w: MmapArray1<f64>,
}

#[derive(Varpack, Clone)]
struct Inner {
    #[varpack(nested)]
    deep: Deep,
}

/// By hand, for the derive lets no struct be nested that has arrays so deep.
#[derive(Clone)]
struct Outer {
    inner: Inner,
    w: MmapArray1<f64>,
    step: u64,
}

varpack_tests::fields_by_hand!(Outer { inner: nested, w: mmap, step: value });

#[test]
fn edit_of_an_array_deep_in_a_pickle_is_saved_wherever_the_array_came_from() {
    let deep = Inner { deep: Deep { w: array(0.0) } };
    let (_parent, folder) = saved(&Outer { inner: deep, w: array(1.0), step: 1 });
    let mut loaded = load::<Outer>(&folder);
    loaded.inner.deep.w = loaded.w.clone();
    loaded.save_with(&unsynced()).unwrap();
    loaded.inner.deep.w.view_mut().unwrap()[0] = 5.0;
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(Outer::load(&folder).unwrap().inner.deep.w[0], 5.0);
    // What another makes of it stays, as long as it is not edited here.
    Outer::update(&folder, |other| {
        other.inner.deep.w = array(7.0);
        Ok(())
    })
    .unwrap();
    loaded.step = 2;
    loaded.save_with(&unsynced()).unwrap();
    let found = Outer::load(&folder).unwrap();
    assert_eq!((found.inner.deep.w[0], found.step), (7.0, 2));
}
