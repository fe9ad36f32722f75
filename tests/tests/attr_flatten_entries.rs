//! Entries of flattened lists, maps and options that two programs take out, put back and change, where a variable tells which
//! there are, and where nothing but the names of the others does.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, Loaded, MmapArray1, Pack, SaveOptions, Varpack};
use varpack_tests::holders::load;

#[derive(Varpack, Debug, Clone, PartialEq)]
struct Entry {
    rate: u64,
    #[varpack(mmap)]
    mask: Option<MmapArray1<f32>>,
}

#[derive(Varpack, Debug, Clone, PartialEq)]
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

fn entry(rate: u64) -> Entry {
    Entry { rate, mask: None }
}

fn mask() -> Option<MmapArray1<f32>> {
    Some(vec![9.0; 3000].into())
}

fn run() -> Run {
    Run {
        list: vec![entry(1), entry(2), entry(3)],
        map: BTreeMap::from([("x".to_owned(), entry(10)), ("y".to_owned(), entry(11))]),
        option: Some(entry(20)),
        step: 0,
    }
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    run().save(&folder).unwrap();
    (parent, folder)
}

/// The same as Python leaves it that has set the variables one by one.
fn told_by_names() -> (TempDir, PathBuf) {
    let (parent, folder) = saved();
    let mut pack = Pack::open(&folder).unwrap();
    for name in GROUPS {
        pack.remove(name);
    }
    pack.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap(), run());
    (parent, folder)
}

fn set(folder: &Path, name: &str, value: u64) {
    let mut pack = Pack::open(folder).unwrap();
    pack.insert_value(name, &value).unwrap();
    pack.save().unwrap();
}

fn remove(folder: &Path, names: &[&str]) {
    let mut pack = Pack::open(folder).unwrap();
    for name in names {
        pack.remove(name);
    }
    pack.save().unwrap();
}

fn two(folder: &Path) -> [Loaded<Run>; 2] {
    [load(folder), load(folder)]
}

fn assert_stale(loaded: &Loaded<Run>, variable: &str) {
    let error = loaded.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some(variable)), "{error}");
}

#[test]
fn groups_that_names_tell_are_kept_whole_where_they_are_skipped() {
    let (parent, folder) = told_by_names();
    let mut mine = Run::load_with(&folder, &LoadOptions::new().skip(GROUPS)).unwrap();
    mine.step = 1;
    let copy = parent.path().join("copy");
    mine.save_to(&copy).unwrap();
    mine.save().unwrap();
    for folder in [&folder, &copy] {
        assert_eq!(Run::load(folder).unwrap(), Run { step: 1, ..run() });
    }
    Run::update_with(&folder, &LoadOptions::new().skip(GROUPS), &SaveOptions::new(), |run| {
        run.step = 2;
        Ok(())
    })
    .unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 2, ..run() });
}

#[test]
fn groups_that_names_tell_are_kept_whole_where_that_is_said() {
    let (_parent, folder) = told_by_names();
    let empty = Run { list: vec![], map: BTreeMap::new(), option: None, step: 1 };
    empty.save_with(&folder, &SaveOptions::new().keep(GROUPS)).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 1, ..run() });
}

#[test]
fn struct_that_became_an_option_is_kept_with_its_files_where_it_is_skipped() {
    #[derive(Varpack)]
    struct Old {
        #[varpack(flatten)]
        option: Entry,
        step: u64,
    }
    #[derive(Varpack)]
    struct New {
        #[varpack(flatten)]
        option: Option<Entry>,
        step: u64,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Old { option: Entry { rate: 1, mask: mask() }, step: 0 }.save(&folder).unwrap();
    let mut new = New::load_with(&folder, &LoadOptions::new().skip(["option"])).unwrap();
    new.step = 1;
    new.save().unwrap();
    let option = New::load(&folder).unwrap().option.unwrap();
    assert_eq!((option.rate, option.mask.unwrap().len()), (1, 3000));
}

#[test]
fn entries_that_python_adds_or_takes_out_by_name_stay_so_as_something_else_is_saved() {
    let (_parent, folder) = told_by_names();
    let mut mine = load::<Run>(&folder);
    remove(&folder, &["list.2.rate", "map.y.rate"]);
    set(&folder, "map.z.rate", 12);
    let theirs = Run::load(&folder).unwrap();
    mine.step = 1;
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 1, ..theirs });

    let (_parent, folder) = told_by_names();
    let mut mine = load::<Run>(&folder);
    set(&folder, "list.3.rate", 4);
    mine.step = 1;
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().list.len(), 4);
}

#[test]
fn entry_that_is_changed_here_and_taken_out_by_name_is_stale() {
    let (_parent, folder) = told_by_names();
    let mut mine = load::<Run>(&folder);
    remove(&folder, &["list.2.rate"]);
    mine.list.push(entry(5));
    assert_stale(&mine, "list");
    let (_parent, folder) = told_by_names();
    let mut mine = load::<Run>(&folder);
    remove(&folder, &["list.2.rate"]);
    mine.list[2].mask = mask();
    assert_stale(&mine, "list.2.mask");
}

#[test]
fn option_that_python_sets_where_there_was_none_stays_set() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    pack.insert_value("step", &0_u64).unwrap();
    pack.save_to(&folder).unwrap();
    let mut mine = load::<Run>(&folder);
    assert_eq!(mine.option, None);
    set(&folder, "option.rate", 20);
    mine.step = 1;
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().option, Some(entry(20)));
}

#[test]
fn different_keys_of_a_map_that_names_told_are_merged() {
    let (_parent, folder) = told_by_names();
    let [mut mine, mut theirs] = two(&folder);
    mine.map.remove("y");
    mine.save().unwrap();
    theirs.map.insert("w".to_owned(), entry(5));
    theirs.save().unwrap();
    let keys: Vec<_> = Run::load(&folder).unwrap().map.into_keys().collect();
    assert_eq!(keys, ["w", "x"]);
}

#[test]
fn save_of_another_that_turns_told_groups_over_is_no_change_of_them() {
    let (_parent, folder) = told_by_names();
    let [mut mine, mut theirs] = two(&folder);
    mine.step = 1;
    mine.save().unwrap();
    theirs.list.push(entry(4));
    theirs.save().unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.list.len(), found.step), (4, 1));
}

#[test]
fn entry_that_both_took_out_is_new_when_one_sets_it_again() {
    let (_parent, folder) = saved();
    let [mut mine, mut theirs] = two(&folder);
    for run in [&mut theirs, &mut mine] {
        run.list.pop();
        run.map.remove("y");
        run.option = None;
        run.save().unwrap();
    }
    mine.list.push(entry(3));
    mine.map.insert("y".to_owned(), entry(11));
    mine.option = Some(entry(20));
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap(), run());
    mine.list.pop();
    mine.save().unwrap();
    mine.list.push(entry(99));
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().list[2], entry(99));
}

#[test]
fn option_that_another_emptied_first_is_new_when_it_is_set_again() {
    let (_parent, folder) = saved();
    let [mut mine, mut theirs] = two(&folder);
    theirs.option = None;
    theirs.save().unwrap();
    mine.step = 1;
    mine.save().unwrap();
    mine.option = None;
    mine.save().unwrap();
    mine.option = Some(entry(20));
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().option, Some(entry(20)));
}

#[test]
fn entries_that_both_took_out_and_both_put_back_otherwise_are_stale() {
    let (_parent, folder) = saved();
    let [mut mine, mut theirs] = two(&folder);
    for run in [&mut theirs, &mut mine] {
        run.list.pop();
        run.save().unwrap();
    }
    theirs.list.push(entry(99));
    theirs.save().unwrap();
    mine.list.push(entry(3));
    assert_stale(&mine, "list.2.rate");
    assert_eq!(Run::load(&folder).unwrap().list[2], entry(99));
}

#[test]
fn second_who_takes_an_entry_out_takes_what_its_own_load_saw_of_it() {
    let (_parent, folder) = saved();
    let mut mine = load::<Run>(&folder);
    mine.option.as_mut().unwrap().mask = mask();
    mine.save().unwrap();
    // As a program does that knows of the variable alone.
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert_value("option", &false).unwrap();
    pack.save().unwrap();
    mine.option = None;
    mine.save().unwrap();
    assert!(Pack::open(&folder).unwrap().names().all(|name| !name.starts_with("option.")));
    assert!(!folder.join("option.mask.npy").exists());
}

#[test]
fn skipped_group_that_is_set_is_stale_where_another_has_changed_it_even_to_be_as_it_was() {
    let (_parent, folder) = saved();
    let options = LoadOptions::new().skip(["option", "list"]);
    let mut mine = Run::load_with(&folder, &options).unwrap();
    Run::update(&folder, |run| {
        run.option.as_mut().unwrap().rate = 7;
        run.list[0].rate = 7;
        Ok(())
    })
    .unwrap();
    mine.option = Some(Entry { rate: 20, mask: mask() });
    assert_stale(&mine, "option.rate");
    mine.option = None;
    mine.list = vec![entry(1), entry(50)];
    assert_stale(&mine, "list.0.rate");
}

#[test]
fn variable_that_an_entry_gets_is_stale_where_another_has_taken_that_out() {
    let (_parent, folder) = saved();
    let mine: [fn(&mut Run); 3] = [
        |run| run.list[2].mask = mask(),
        |run| run.map.get_mut("y").unwrap().mask = mask(),
        |run| run.option.as_mut().unwrap().mask = mask(),
    ];
    let mut loads: Vec<_> = mine.iter().map(|_| load::<Run>(&folder)).collect();
    Run::update(&folder, |run| {
        run.list.pop();
        run.map.remove("y");
        run.option = None;
        Ok(())
    })
    .unwrap();
    let names = ["list.2.mask", "map.y.mask", "option.mask"];
    for ((loaded, change), name) in loads.iter_mut().zip(mine).zip(names) {
        change(loaded);
        assert_stale(loaded, name);
        assert!(!folder.join(format!("{name}.npy")).exists());
    }
}

#[test]
fn keys_that_two_have_added_and_that_differ_by_case_are_refused_to_the_second() {
    let (_parent, folder) = saved();
    let [mut mine, mut theirs] = two(&folder);
    theirs.map.insert("k".to_owned(), entry(1));
    theirs.save().unwrap();
    mine.map.insert("K".to_owned(), entry(2));
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("map")), "{error}");
    assert!(error.to_string().contains("`k`") && error.to_string().contains("`K`"), "{error}");
    let mut third = load::<Run>(&folder);
    third.step = 5;
    third.save().unwrap();
}

#[derive(Varpack, Clone)]
struct Pair {
    #[varpack(mmap)]
    x: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    y: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

#[test]
fn arrays_that_two_have_moved_alike_are_known_by_both() {
    for len in [3, 20_000] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let array = |first: f64| MmapArray1::from(vec![first; len]);
        let m = BTreeMap::from([("a".to_owned(), array(3.0)), ("b".to_owned(), array(4.0))]);
        Pair { x: Some(array(1.0)), y: Some(array(2.0)), m, step: 0 }.save(&folder).unwrap();
        let mut mine = load::<Pair>(&folder);
        let mut theirs = load::<Pair>(&folder);
        for pair in [&mut *theirs, &mut *mine] {
            std::mem::swap(&mut pair.x, &mut pair.y);
            let (a, b) = (pair.m.remove("a").unwrap(), pair.m.remove("b").unwrap());
            pair.m.extend([("a".to_owned(), b), ("b".to_owned(), a)]);
        }
        theirs.save().unwrap();
        mine.save().unwrap();
        theirs.x = None;
        theirs.m.remove("a");
        theirs.save().unwrap();
        mine.step = 1;
        mine.save().unwrap();
        let found = Pair::load(&folder).unwrap();
        assert!(found.x.is_none() && found.y.is_some_and(|y| y[0] == 1.0));
        assert_eq!((found.m.len(), found.m["b"][0], found.step), (1, 3.0, 1), "{len}");
    }
}

#[test]
fn keep_of_a_group_leaves_all_of_it_as_the_folder_has_it() {
    let (_parent, folder) = saved();
    let mut mine = load::<Run>(&folder);
    mine.option.as_mut().unwrap().mask = mask();
    mine.list[0].mask = mask();
    mine.list.push(entry(4));
    mine.map.insert("z".to_owned(), entry(12));
    mine.step = 1;
    mine.save_with(&SaveOptions::new().keep(GROUPS)).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 1, ..run() });
    let names: Vec<String> = Pack::open(&folder).unwrap().names().map(str::to_owned).collect();
    assert!(names.iter().all(|name| !name.contains("mask") && !name.contains(".z.")), "{names:?}");
    // Of a folder that has nothing of them all is saved.
    let empty = tempfile::tempdir().unwrap();
    run().save_with(empty.path(), &SaveOptions::new().keep(GROUPS)).unwrap();
    assert_eq!(Run::load(empty.path()).unwrap(), run());
}

#[derive(Varpack, Debug, Clone, PartialEq)]
struct Deep {
    #[varpack(flatten)]
    map: Option<BTreeMap<String, Vec<Entry>>>,
    #[varpack(flatten)]
    list: Option<Vec<Entry>>,
    #[varpack(default)]
    step: u64,
}

fn saved_deep(deep: &Deep) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    deep.save(&folder).unwrap();
    (parent, folder)
}

#[test]
fn list_that_is_emptied_in_an_entry_that_another_has_taken_out_is_stale() {
    let deep =
        Deep { map: Some(BTreeMap::from([("k".to_owned(), vec![entry(1)])])), list: None, step: 0 };
    let (_parent, folder) = saved_deep(&deep);
    let mut mine = load::<Deep>(&folder);
    Deep::update(&folder, |deep| {
        deep.map = None;
        Ok(())
    })
    .unwrap();
    let taken = mine.map.as_mut().unwrap().get_mut("k").unwrap().pop();
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("map.k")), "{error}");
    mine.map.as_mut().unwrap().get_mut("k").unwrap().extend(taken);
    mine.step = 1;
    mine.save().unwrap();
    assert_eq!(Deep::load(&folder).unwrap(), Deep { map: None, list: None, step: 1 });
}

#[test]
fn empty_list_or_map_in_an_option_is_not_told_by_names() {
    let none = Deep { map: None, list: None, step: 0 };
    let (_parent, folder) = saved_deep(&none);
    let mut mine = load::<Deep>(&folder);
    remove(&folder, &["map", "list"]);
    mine.map = Some(BTreeMap::new());
    assert_eq!(mine.save().unwrap_err().kind(), ErrorKind::Stale);
    // Of a folder that never had the fields it is a change as any, and one's own save of something else leaves another's.
    let (_parent, folder) = saved_deep(&none);
    remove(&folder, &["map", "list"]);
    let (mut mine, mut theirs) = (load::<Deep>(&folder), load::<Deep>(&folder));
    theirs.map = Some(BTreeMap::new());
    theirs.list = Some(Vec::new());
    theirs.save().unwrap();
    mine.step = 1;
    mine.save().unwrap();
    let found = Deep::load(&folder).unwrap();
    assert_eq!(found, Deep { map: Some(BTreeMap::new()), list: Some(Vec::new()), step: 1 });
}

#[test]
fn entries_below_a_prefix_of_their_own_are_reached_where_another_has_changed_the_list() {
    #[derive(Varpack)]
    struct Prefixed {
        #[varpack(flatten(prefix = "l_"))]
        list: Vec<Entry>,
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Prefixed { list: vec![entry(1), entry(2)] }.save(&folder).unwrap();
    let mut mine = load::<Prefixed>(&folder);
    Prefixed::update(&folder, |run| {
        run.list.push(entry(3));
        Ok(())
    })
    .unwrap();
    mine.list[0].rate = 7;
    mine.save().unwrap();
    let found: Vec<_> = Prefixed::load(&folder).unwrap().list.iter().map(|it| it.rate).collect();
    assert_eq!(found, [7, 2, 3]);
}
