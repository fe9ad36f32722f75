//! Folders that say of flattened fields what cannot be: each is an error that names the variable, in time and in memory
//! that is in proportion.
#![allow(clippy::unwrap_used)]

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;
use tempfile::TempDir;
use varpack::{Error, ErrorKind, Pack, PackValue, Varpack};
use varpack_tests::proportion::LONG;

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
    assert!(begun.elapsed() < LONG);
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
    assert!(begun.elapsed() < 3 * LONG, "{:?}", begun.elapsed());
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
    assert!(begun.elapsed() < 3 * LONG, "{:?}", begun.elapsed());
}

#[derive(Varpack, Debug)]
struct Chain {
    #[varpack(flatten)]
    next: Option<Box<Chain>>,
    #[varpack(flatten)]
    kids: Vec<Chain>,
    #[varpack(default)]
    value: u64,
}

#[derive(Varpack, Debug)]
struct Held {
    #[varpack(flatten)]
    head: Chain,
}

/// A folder whose shared pickle says `{name: value}`, the value in the opcodes of protocol 2.
fn of_pickle(name: &str, value: &[u8]) -> (TempDir, std::path::PathBuf) {
    let (parent, folder) = folder(&[(name, 0_u8)]);
    let mut bytes = b"\x80\x02}X".to_vec();
    bytes.extend(u32::try_from(name.len()).unwrap().to_le_bytes());
    bytes.extend(name.as_bytes());
    bytes.extend(value);
    bytes.extend(b"s.");
    std::fs::write(folder.join("__misc_vars__.pickle"), bytes).unwrap();
    (parent, folder)
}

fn limited(limit: u64) -> varpack::LoadOptions {
    varpack::LoadOptions::new().max_in_memory(limit)
}

#[test]
fn dictionary_in_the_place_of_a_flattened_struct_that_holds_itself_is_refused() {
    // d = {}; d["next"] = d, and d = {}; d["kids"] = [d]; at any place of the type.
    let next = b"}q\x00X\x04\x00\x00\x00nexth\x00s".to_vec();
    let kids = b"}q\x00X\x04\x00\x00\x00kids]q\x01h\x00as".to_vec();
    for value in [next, kids] {
        let (_parent, folder) = of_pickle("head", &value);
        for options in [varpack::LoadOptions::new(), limited(100_000_000)] {
            let error = Held::load_with(&folder, &options).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
            assert!(error.to_string().contains("128 levels"), "{error}");
        }
    }
}

#[test]
fn dictionaries_in_the_place_of_flattened_structs_are_read_as_deep_as_they_may_be_saved() {
    let chain = |levels: usize| {
        let mut value = b"}X\x04\x00\x00\x00next".repeat(levels);
        value.extend(b"}");
        value.extend(b"s".repeat(levels));
        value
    };
    let head = |levels| of_pickle("next", &chain(levels));
    let mut depth = 0;
    for levels in [100, 120, 126, 127] {
        let (parent, folder) = head(levels);
        if let Ok(loaded) = Chain::load(&folder) {
            depth = levels;
            loaded.save(parent.path().join("copy")).unwrap();
            loaded.save(&folder).unwrap();
        }
    }
    assert!(depth >= 120, "{depth}");
    for levels in [128, 129, 5_000, 200_000] {
        let (_parent, folder) = head(levels);
        let error = Chain::load(&folder).map(drop).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit | ErrorKind::Pickle), "{levels}: {error}");
    }
}

#[test]
fn shared_dictionaries_in_the_place_of_flattened_structs_expand_in_proportion_alone() {
    // t = {"kids": []}, then n times t = {"kids": [t, t]}.
    let shared = |n: usize| {
        let mut value = b"}q\x00X\x04\x00\x00\x00kids]s0".to_vec();
        for _ in 0..n {
            value.extend(b"}X\x04\x00\x00\x00kids](h\x00h\x00esq\x000");
        }
        value.extend(b"h\x00");
        value
    };
    for n in [14, 22, 40] {
        let (_parent, folder) = of_pickle("head", &shared(n));
        let error = Held::load_with(&folder, &limited(1_000_000)).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{n}: {error}");
        assert!(error.to_string().contains("max_in_memory"), "{error}");
        if n > 20 {
            let error = Held::load(&folder).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit, "{n}: {error}");
        }
    }
}

#[test]
fn entries_without_a_variable_are_bounded_in_all_lists_of_a_folder() {
    #[derive(Varpack, Debug, Default)]
    struct Hollow {
        #[varpack(mmap)]
        w: Option<varpack::MmapArray1<f32>>,
    }
    #[derive(Varpack, Debug)]
    struct Lists {
        #[varpack(flatten)]
        a: Vec<Hollow>,
        #[varpack(flatten)]
        b: Vec<Hollow>,
    }
    let (_parent, two) = folder(&[("a", 40_000_u64), ("b", 40_000)]);
    let error = Lists::load(&two).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("b")), "{error}");
    let hollow = |count| std::iter::repeat_with(Hollow::default).take(count).collect();
    let parent = tempfile::tempdir().unwrap();
    let refused = Lists { a: hollow(40_000), b: hollow(40_000) };
    assert_eq!(refused.save(parent.path().join("run")).unwrap_err().kind(), ErrorKind::Limit);
    let (_parent, one) = folder(&[("a", 40_000_u64), ("b", 10)]);
    let error = Lists::load_with(&one, &limited(10_000_000)).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    assert_eq!(Lists::load(&one).unwrap().a.len(), 40_000);
}

#[test]
fn lists_of_all_lengths_that_are_saved_are_loaded_whatever_their_entries_have() {
    #[derive(Varpack, Debug, Default)]
    struct Entry {
        #[varpack(mmap)]
        w: Option<varpack::MmapArray1<f32>>,
    }
    fn large() -> Box<[u64; 16_384]> {
        Box::new([0; 16_384])
    }
    #[derive(Varpack, Debug)]
    struct Buffer {
        #[varpack(skip, default = "large")]
        scratch: Box<[u64; 16_384]>,
        #[varpack(skip, default)]
        more: Padding,
        value: u64,
    }
    #[derive(Debug)]
    struct Padding([u64; 8_192]);
    impl Default for Padding {
        fn default() -> Self {
            Self([0; 8_192])
        }
    }
    #[derive(Varpack, Debug)]
    struct Lists {
        #[varpack(flatten)]
        hollow: Vec<Entry>,
        #[varpack(flatten)]
        large: Vec<Box<Buffer>>,
    }
    let folder = tempfile::tempdir().unwrap();
    let hollow = std::iter::repeat_with(Entry::default).take(1 << 16).collect();
    let buffer = || Box::new(Buffer { scratch: large(), more: Padding::default(), value: 7 });
    let lists = Lists { hollow, large: std::iter::repeat_with(buffer).take(1_100).collect() };
    lists.save_with(folder.path(), &varpack::SaveOptions::new().sync(false)).unwrap();
    let found = Lists::load(folder.path()).unwrap();
    assert_eq!((found.hollow.len(), found.large.len()), (1 << 16, 1_100));
    let last = found.large.last().unwrap();
    assert_eq!((last.value, last.scratch[0] + last.more.0[0]), (7, 0));
}
