//! Single items of a map that a load skips, `w[key]`: the map lacks them, and saves keep them until they are set.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use varpack::{
    ArrayOr, ErrorKind, LoadAction, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackFields,
    Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Run {
    #[varpack(mmap, alias = "weights")]
    w: BTreeMap<String, MmapArray1<f32>>,
    step: u64,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn run() -> Run {
    let w = [("a", 1.0), ("b", 2.0), ("c", 3.0)];
    Run { w: w.map(|(key, first)| (key.to_owned(), array(first))).into(), step: 1 }
}

fn skipping<T: PackFields>(folder: &Path, names: &[&str]) -> Loaded<T> {
    let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(names.iter().copied());
    T::load_with(folder, &options).unwrap()
}

fn keys(run: &Run) -> Vec<&str> {
    run.w.keys().map(String::as_str).collect()
}

#[test]
fn item_that_is_skipped_is_not_opened_and_told_in_the_report() {
    let (_parent, folder) = saved(&run());
    std::fs::write(folder.join("w-b.npy"), "no array").unwrap();
    let loaded = skipping::<Run>(&folder, &["w[b]"]);
    assert_eq!(keys(&loaded), ["a", "c"]);
    let entries = loaded.report().entries();
    let skipped = entries.iter().find(|entry| entry.action == LoadAction::Skipped).unwrap();
    assert_eq!(skipped.variable, "w[b]");
}

#[test]
fn item_that_was_skipped_is_kept_by_saves_that_change_others_or_nothing() {
    let (_parent, folder) = saved(&run());
    let mut loaded = skipping::<Run>(&folder, &["w[b]", "w[c]"]);
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), run());
    loaded.step = 2;
    loaded.w.get_mut("a").unwrap().view_mut().unwrap()[0] = 9.0;
    loaded.w.insert("d".to_owned(), array(4.0));
    loaded.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!(
        (keys(&now), now.w["a"][0], &now.w["b"]),
        (vec!["a", "b", "c", "d"], 9.0, &array(2.0))
    );
    loaded.w.clear();
    loaded.save_with(&unsynced().prune(true)).unwrap();
    assert_eq!(keys(&Run::load(&folder).unwrap()), ["b", "c"]);
    loaded.save_with(&unsynced().overwrite(true)).unwrap();
    assert_eq!(keys(&Run::load(&folder).unwrap()), ["b", "c"]);
    loaded.save_with(&unsynced().overwrite_field("w")).unwrap();
    assert!(Run::load(&folder).unwrap().w.is_empty());
}

#[test]
fn item_that_was_skipped_and_is_set_replaces_the_folders_and_may_be_removed_then() {
    let (_parent, folder) = saved(&run());
    let mut loaded = skipping::<Run>(&folder, &["w[b]"]);
    loaded.w.insert("b".to_owned(), array(7.0));
    loaded.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!((keys(&now), &now.w["b"]), (vec!["a", "b", "c"], &array(7.0)));
    loaded.w.remove("b");
    loaded.save_with(&unsynced()).unwrap();
    assert_eq!(keys(&Run::load(&folder).unwrap()), ["a", "c"]);
    assert!(!folder.join("w-b.npy").exists());
}

#[test]
fn item_that_was_skipped_and_that_another_changes_or_removes_is_the_others() {
    let (_parent, folder) = saved(&run());
    let mut loaded = skipping::<Run>(&folder, &["w[b]", "w[c]"]);
    let mut other = load::<Run>(&folder);
    other.w.insert("b".to_owned(), array(8.0));
    other.w.remove("c");
    other.save_with(&unsynced()).unwrap();
    loaded.w.insert("d".to_owned(), array(4.0));
    loaded.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!((keys(&now), &now.w["b"]), (vec!["a", "b", "d"], &array(8.0)));
}

#[test]
fn item_that_was_skipped_and_that_two_set_is_stale() {
    let (_parent, folder) = saved(&run());
    let mut loaded = skipping::<Run>(&folder, &["w[b]"]);
    let mut other = load::<Run>(&folder);
    other.w.insert("b".to_owned(), array(8.0));
    other.save_with(&unsynced()).unwrap();
    loaded.w.insert("b".to_owned(), array(7.0));
    let error = loaded.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("w[b]")), "{error}");
}

#[test]
fn item_that_was_skipped_is_brought_along_to_another_folder() {
    let (parent, folder) = saved(&run());
    let copy = parent.path().join("copy");
    let mut loaded = skipping::<Run>(&folder, &["w[b]", "w[c]"]);
    loaded.w.insert("c".to_owned(), array(7.0));
    loaded.save_to_with(&copy, &unsynced()).unwrap();
    let now = Run::load(&copy).unwrap();
    assert_eq!(
        (keys(&now), &now.w["b"], &now.w["c"]),
        (vec!["a", "b", "c"], &array(2.0), &array(7.0))
    );
}

#[derive(Varpack)]
struct Old {
    #[varpack(mmap)]
    weights: BTreeMap<String, MmapArray1<f32>>,
    step: u64,
}

#[test]
fn item_of_a_map_under_its_older_name_is_kept_under_the_present_one() {
    let (parent, folder) = saved(&Old { weights: run().w, step: 1 });
    let mut loaded = skipping::<Run>(&folder, &["weights[b]"]);
    assert_eq!(keys(&loaded), ["a", "c"]);
    let copy = parent.path().join("copy");
    loaded.save_to_with(&copy, &unsynced()).unwrap();
    assert_eq!(Run::load(&copy).unwrap(), run());
    loaded.w.insert("d".to_owned(), array(4.0));
    for _ in 0..2 {
        loaded.step += 1;
        loaded.save_with(&unsynced()).unwrap();
        assert_eq!(keys(&Run::load(&folder).unwrap()), ["a", "b", "c", "d"]);
        loaded.w.remove("a");
        loaded.w.insert("a".to_owned(), array(5.0));
    }
    assert_eq!(Pack::open(&folder).unwrap().names().collect::<Vec<_>>().len(), 2);
}

#[derive(Varpack, Debug, PartialEq, Default, Clone)]
struct Others {
    #[varpack(mmap, default)]
    mixed: HashMap<String, ArrayOr<MmapArray1<f32>, String>>,
    #[varpack(mmap(int_keys))]
    numbered: BTreeMap<i32, MmapArray1<f32>>,
    #[varpack(flatten)]
    opt: Inner,
}

#[derive(Varpack, Debug, PartialEq, Default, Clone)]
struct Inner {
    #[varpack(mmap(min_len = 100_000))]
    m: BTreeMap<String, MmapArray1<f32>>,
}

#[test]
fn items_of_all_kinds_of_maps_are_skipped() {
    let mixed = [
        ("a".to_owned(), ArrayOr::Array(array(1.0))),
        ("v".to_owned(), ArrayOr::Value("x".to_owned())),
    ];
    let others = Others {
        mixed: mixed.into(),
        numbered: [(-1, array(2.0)), (1, array(3.0))].into(),
        opt: Inner { m: run().w },
    };
    let (_parent, folder) = saved(&others);
    let mut loaded = skipping::<Others>(&folder, &["mixed[v]", "numbered[-1]", "opt.m[b]"]);
    assert_eq!((loaded.mixed.len(), loaded.numbered.len(), loaded.opt.m.len()), (1, 1, 2));
    loaded.mixed.insert("new".to_owned(), ArrayOr::Value("y".to_owned()));
    loaded.numbered.remove(&1);
    loaded.opt.m.remove("a");
    loaded.save_with(&unsynced()).unwrap();
    let now = Others::load(&folder).unwrap();
    assert_eq!((now.mixed.len(), &now.mixed["v"]), (3, &ArrayOr::Value("x".to_owned())));
    assert_eq!(now.numbered.keys().collect::<Vec<_>>(), [&-1]);
    assert_eq!(now.opt.m.keys().collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn misspelt_item_is_told_beside_those_that_there_are() {
    let (_parent, folder) = saved(&run());
    let error = Run::load_with(&folder, &LoadOptions::new().skip(["w[bb]"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable, "{error}");
    assert!(error.found().unwrap().contains("`w[a]`, `w[b]`, `w[c]`"), "{error}");
    let error = Run::load_with(&folder, &LoadOptions::new().skip(["step[0]"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable, "{error}");
}

#[derive(Varpack, Debug, Default)]
struct Maybe {
    #[varpack(mmap)]
    w: Option<BTreeMap<String, MmapArray1<f32>>>,
    step: u64,
}

#[test]
fn map_of_which_an_item_was_skipped_is_not_made_none() {
    let (_parent, folder) = saved(&Maybe { w: Some(run().w), step: 1 });
    let mut loaded = skipping::<Maybe>(&folder, &["w[b]"]);
    loaded.w = None;
    let error = loaded.save_with(&unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("w")), "{error}");
    assert_eq!(Maybe::load(&folder).unwrap().w.unwrap().len(), 3);
    loaded.w = Some(BTreeMap::new());
    loaded.save_with(&unsynced()).unwrap();
    let left = Maybe::load(&folder).unwrap().w.unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["b"]);
    loaded.w = None;
    loaded.save_with(&unsynced().overwrite_field("w")).unwrap();
    assert!(Maybe::load(&folder).unwrap().w.is_none());
}
