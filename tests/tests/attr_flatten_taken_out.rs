//! Entries of flattened lists, maps and options, and structs that are composed otherwise, that one takes out to which another
//! has added what the load did not see: nobody's array goes, or gets out of reach, in silence.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{ErrorKind, Loaded, MmapArray1, Pack, PackFields, SaveOptions, Varpack};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Entry {
    rate: u64,
    #[varpack(mmap)]
    mask: Option<MmapArray1<f32>>,
    #[varpack(mmap)]
    layers: Option<Vec<MmapArray1<f32>>>,
}

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Run {
    #[varpack(flatten)]
    list: Vec<Entry>,
    #[varpack(flatten)]
    map: BTreeMap<String, Entry>,
    #[varpack(flatten)]
    option: Option<Entry>,
    step: u64,
}

const GROUPS: [&str; 3] = ["list", "map", "option"];

fn folder() -> (TempDir, PathBuf) {
    let entry = || Entry { rate: 1, ..Entry::default() };
    let map = BTreeMap::from([("k".to_owned(), entry()), ("l".to_owned(), entry())]);
    saved(&Run { list: vec![entry(), entry()], map, option: Some(entry()), step: 0 })
}

fn array() -> MmapArray1<f32> {
    vec![7.0; 3000].into()
}

/// The last of a list, the one under `l` of a map.
fn entry<'r>(run: &'r mut Run, group: &str) -> &'r mut Entry {
    match group {
        "list" => run.list.last_mut().unwrap(),
        "map" => run.map.get_mut("l").unwrap(),
        _ => run.option.as_mut().unwrap(),
    }
}

fn take_out(run: &mut Run, group: &str) {
    match group {
        "list" => drop(run.list.pop()),
        "map" => drop(run.map.remove("l")),
        _ => run.option = None,
    }
}

fn change(folder: &Path, change: impl FnOnce(&mut Run)) {
    let mut run = load::<Run>(folder);
    change(&mut run);
    run.save_with(&unsynced()).unwrap();
}

#[track_caller]
fn assert_stale(run: &Loaded<impl PackFields>, below: &str) {
    let error = run.save_with(&unsynced()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(error.variable().unwrap().starts_with(below), "{error}");
}

#[test]
fn entry_to_which_another_has_added_an_array_is_not_taken_out() {
    let additions: [fn(&mut Entry); 2] =
        [|entry| entry.mask = Some(array()), |entry| entry.layers = Some(vec![array()])];
    for group in GROUPS {
        for add in additions {
            for saves_before in [false, true] {
                let (_parent, folder) = folder();
                let mut run = load::<Run>(&folder);
                change(&folder, |other| add(entry(other, group)));
                if saves_before {
                    run.step = 5;
                    run.save_with(&unsynced()).unwrap();
                }
                take_out(&mut run, group);
                assert_stale(&run, group);
                let mut expected = Entry { rate: 1, ..Entry::default() };
                add(&mut expected);
                assert_eq!(*entry(&mut Run::load(&folder).unwrap(), group), expected);
                run.save_with(&unsynced().overwrite_field(group)).unwrap();
                let left = Pack::open(&folder).unwrap();
                let is_left = |name: &str| name.contains("mask") || name.contains("layers");
                assert!(!left.names().any(is_left), "{left:?}");
            }
        }
    }
}

#[test]
fn keys_that_another_has_added_to_a_map_stay_where_one_is_taken_out() {
    let (_parent, folder) = folder();
    let mut run = load::<Run>(&folder);
    change(&folder, |other| {
        let entry = Entry { rate: 3, mask: Some(array()), ..Entry::default() };
        other.map.insert("m".to_owned(), entry);
    });
    take_out(&mut run, "map");
    run.save_with(&unsynced()).unwrap();
    let map = Run::load(&folder).unwrap().map;
    assert_eq!(map.keys().collect::<Vec<_>>(), ["k", "m"]);
    assert_eq!(map["m"].mask, Some(array()));
}

#[test]
fn variable_of_no_entry_that_another_has_added_is_in_nobodys_way() {
    let (_parent, folder) = folder();
    let mut run = load::<Run>(&folder);
    let mut pack = Pack::open(&folder).unwrap();
    for name in ["list.7.rate", "map.z.rate"] {
        pack.insert_value(name, &1).unwrap();
    }
    pack.save().unwrap();
    take_out(&mut run, "list");
    take_out(&mut run, "map");
    run.save_with(&unsynced()).unwrap();
    let run = Run::load(&folder).unwrap();
    assert_eq!((run.list.len(), run.map.len()), (1, 1));
}

#[test]
fn array_that_is_emptied_in_an_entry_that_another_has_taken_out_is_stale() {
    for group in GROUPS {
        let (_parent, folder) = folder();
        change(&folder, |run| entry(run, group).mask = Some(array()));
        let mut run = load::<Run>(&folder);
        change(&folder, |other| take_out(other, group));
        entry(&mut run, group).mask = None;
        assert_stale(&run, group);
        take_out(&mut run, group);
        run.save_with(&unsynced()).unwrap();
    }
}

#[derive(Varpack, Debug)]
struct Nested {
    #[varpack(nested)]
    model: Small,
    step: u64,
}

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Small {
    rate: u64,
    #[varpack(default)]
    more: Option<u64>,
}

#[derive(Varpack, Debug)]
struct Flat {
    #[varpack(flatten)]
    model: Small,
    step: u64,
}

#[derive(Varpack, Debug, Default)]
struct Model {
    rate: u64,
    #[varpack(mmap)]
    mask: Option<MmapArray1<f32>>,
}

#[derive(Varpack, Debug)]
struct NestedModel {
    #[varpack(nested)]
    model: Model,
    step: u64,
}

#[derive(Varpack, Debug)]
struct FlatModel {
    #[varpack(flatten)]
    model: Model,
    step: u64,
}

#[test]
fn array_that_another_has_added_to_a_struct_is_not_left_behind_by_its_dictionary() {
    let (_parent, folder) = saved(&FlatModel { model: Model { rate: 1, mask: None }, step: 0 });
    let mut run = load::<NestedModel>(&folder);
    let mut other = load::<FlatModel>(&folder);
    other.model.mask = Some(array());
    other.save_with(&unsynced()).unwrap();
    run.step = 1;
    assert_stale(&run, "model.mask");
    assert_eq!(FlatModel::load(&folder).unwrap().model.mask, Some(array()));
    let mut anew = load::<NestedModel>(&folder);
    anew.step = 1;
    anew.save_with(&unsynced()).unwrap();
    assert_eq!(NestedModel::load(&folder).unwrap().model.mask, Some(array()));
}

#[test]
fn struct_to_whose_variables_another_has_added_one_is_not_made_a_dictionary() {
    let (_parent, folder) = saved(&Flat { model: Small { rate: 1, more: None }, step: 0 });
    let mut pack = Pack::open(&folder).unwrap();
    pack.remove("model.more");
    pack.save().unwrap();
    let mut run = load::<Nested>(&folder);
    let mut other = load::<Flat>(&folder);
    other.model.more = Some(2);
    other.save_with(&unsynced()).unwrap();
    run.step = 1;
    assert_stale(&run, "model.more");
    let now = Flat::load(&folder).unwrap();
    assert_eq!((now.model, now.step), (Small { rate: 1, more: Some(2) }, 0));
    run.save_with(&SaveOptions::new().overwrite_field("model")).unwrap();
    let names: Vec<_> = Pack::open(&folder).unwrap().names().map(str::to_owned).collect();
    assert_eq!(names, ["step", "model"]);
}
