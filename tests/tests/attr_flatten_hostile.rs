//! Folders that say of flattened fields what cannot be: each is an error that names the variable, in time and in memory
//! that is in proportion.
#![allow(clippy::unwrap_used)]

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use varpack::{Error, ErrorKind, Pack, PackValue, Varpack};

#[derive(Varpack, Debug, Default, Clone)]
struct Entry {
    #[varpack(default)]
    x: u64,
}

#[derive(Varpack, Debug, Default)]
struct Run {
    #[varpack(flatten)]
    list: Vec<Entry>,
    #[varpack(flatten)]
    map: BTreeMap<u32, Entry>,
    #[varpack(flatten)]
    option: Option<Entry>,
    #[varpack(flatten)]
    lists: BTreeMap<String, Vec<Entry>>,
}

fn folder<T: Serialize>(variables: &[(&str, T)]) -> (TempDir, std::path::PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    for (name, value) in variables {
        pack.insert(*name, PackValue::serialize(value).unwrap()).unwrap();
    }
    pack.save_to(&folder).unwrap();
    (parent, folder)
}

fn load<T: Serialize>(variables: &[(&str, T)]) -> Result<Run, Error> {
    let (_parent, folder) = folder(variables);
    Run::load(folder)
}

#[track_caller]
fn assert_refused<T: Serialize>(variables: &[(&str, T)], kind: ErrorKind, variable: &str) {
    let begun = Instant::now();
    let error = load(variables).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (kind, Some(variable)), "{error}");
    assert!(error.expected().is_some() && error.found().is_some(), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn length_of_a_list_that_is_none_is_refused() {
    assert_refused(&[("list", -1_i64)], ErrorKind::Value, "list");
    assert_refused(&[("list", "two")], ErrorKind::Value, "list");
    assert_refused(&[("list", 1.5)], ErrorKind::Value, "list");
    assert_refused(&[("list", true)], ErrorKind::Value, "list");
    assert_refused(&[("list", u128::MAX)], ErrorKind::Value, "list");
    assert_refused(&[("list", BTreeMap::from([("0", 1)]))], ErrorKind::Value, "list");
}

#[test]
fn length_far_beyond_what_the_folder_has_is_refused_before_anything_is_made_of_it() {
    assert_refused(&[("list", u64::from(u32::MAX))], ErrorKind::Limit, "list");
    assert_refused(&[("list", i64::MAX)], ErrorKind::Limit, "list");
    let error = load(&[("lists.a", i64::MAX)]).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("lists.a")), "{error}");
}

#[test]
fn list_of_entries_without_a_variable_is_saved_and_loaded_up_to_a_limit() {
    #[derive(Varpack, Debug, Default, Clone)]
    struct Nothing {
        #[varpack(skip)]
        _x: u64,
    }
    #[derive(Varpack, Debug)]
    struct Hollow {
        #[varpack(flatten)]
        list: Vec<Nothing>,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Hollow { list: vec![Nothing::default(); 3] }.save(&folder).unwrap();
    assert_eq!(Hollow::load(&folder).unwrap().list.len(), 3);
    let error = Hollow { list: vec![Nothing::default(); 65_537] }.save(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[test]
fn list_without_a_length_has_no_gaps() {
    assert_eq!(load(&[("list.0.x", 1), ("list.1.x", 2)]).unwrap().list.len(), 2);
    assert_refused(&[("list.0.x", 1), ("list.2.x", 2)], ErrorKind::Value, "list");
    // These are no numbers of entries.
    let run = load(&[("list.00.x", 1), ("list.+1.x", 2), ("list.-1.x", 3), ("list.n.x", 4)]);
    assert!(run.unwrap().list.is_empty());
}

#[test]
fn keys_of_a_map_that_are_none_are_refused() {
    assert_refused(&[("map", vec![1])], ErrorKind::Value, "map");
    assert_refused(&[("map", 1)], ErrorKind::Value, "map");
    let error = load(&[("map", BTreeMap::from([("a", None::<u8>)]))]).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("map")), "{error}");
    let error = load(&[("map", BTreeMap::from([(-1, None::<u8>)]))]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
}

#[test]
fn keys_that_only_names_tell_are_those_of_the_type() {
    let run = load(&[("map.1.x", 1), ("map.01.x", 2), ("map.a.x", 3), ("map.-1.x", 4)]).unwrap();
    assert_eq!(
        run.map.into_iter().map(|(key, entry)| (key, entry.x)).collect::<Vec<_>>(),
        [(1, 1)]
    );
}

#[test]
fn option_that_is_neither_true_nor_false_is_refused() {
    assert_refused(&[("option", 1)], ErrorKind::Value, "option");
    assert_refused(&[("option", "True")], ErrorKind::Value, "option");
    assert!(load(&[("option", None::<u8>)]).unwrap().option.is_none());
}

#[test]
fn option_that_is_said_to_be_none_is_none_whatever_is_below() {
    let (_parent, folder) = folder(&[("option.x", 1)]);
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("option", PackValue::serialize(&false).unwrap()).unwrap();
    pack.save().unwrap();
    assert!(Run::load(&folder).unwrap().option.is_none());
}

#[test]
fn many_entries_are_read_and_saved_in_time() {
    let begun = Instant::now();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let list: Vec<_> = (0..20_000).map(|x| Entry { x }).collect();
    let map = (0..20_000).map(|key| (key, Entry { x: 1 })).collect();
    Run { list, map, ..Run::default() }.save(&folder).unwrap();
    let mut run = Run::load_with(&folder, &varpack::LoadOptions::new()).unwrap();
    assert_eq!((run.list.len(), run.list[19_999].x, run.map.len()), (20_000, 19_999, 20_000));
    run.list.truncate(10);
    run.map.retain(|key, _| *key < 10);
    run.save().unwrap();
    assert_eq!(Pack::open(&folder).unwrap().names().count(), 24);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn names_of_many_dots_are_read_in_time() {
    let begun = Instant::now();
    let names: Vec<_> =
        (0..2_000).map(|number| format!("lists.{}{number}.0.x", ".a".repeat(1_000))).collect();
    let variables: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let (_parent, folder) = folder(&variables);
    let run = Run::load(&folder).unwrap();
    Run::default().save(&folder).unwrap();
    drop(run);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}
