//! What a load has skipped, and what becomes of it: it stays as the folder has it until it is set, and setting it is a
//! change as any.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use varpack::{
    ErrorKind, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackFields, PackMap, PackRules,
    PackValue, Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack)]
struct Run {
    #[varpack(default)]
    notes: String,
    #[varpack(mmap, default)]
    x: MmapArray1<f64>,
    #[varpack(separate, default)]
    history: Vec<u64>,
    #[varpack(mmap, default)]
    m: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

fn array(value: f64) -> MmapArray1<f64> {
    vec![value; 4].into()
}

fn map(items: &[(&str, f64)]) -> BTreeMap<String, MmapArray1<f64>> {
    items.iter().map(|(key, value)| ((*key).to_owned(), array(*value))).collect()
}

fn run() -> Run {
    let m = map(&[("a", 1.0), ("b", 2.0)]);
    Run { notes: "kept".to_owned(), x: array(5.0), history: vec![1, 2], m, step: 1 }
}

fn load_without<T: PackFields>(folder: &Path, skip: &[&str]) -> Loaded<T> {
    let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(skip.iter().copied());
    T::load_with(folder, &options).unwrap()
}

#[track_caller]
fn assert_whole(folder: &Path, step: u64) {
    let found = Run::load(folder).unwrap();
    assert_eq!((found.notes.as_str(), found.step), ("kept", step));
    assert_eq!((found.x[0], &*found.history), (5.0, [1, 2].as_slice()));
    assert_eq!((found.m["a"][0], found.m["b"][0]), (1.0, 2.0));
}

#[test]
fn what_was_skipped_stays_after_a_save_to_its_own_folder() {
    let (_parent, folder) = saved(&run());
    let mut loaded = load_without::<Run>(&folder, &["notes", "x", "history", "m"]);
    for step in 2..5 {
        loaded.step = step;
        loaded.save_to_with(&folder, &unsynced()).unwrap();
        assert_whole(&folder, step);
        loaded.save_with(&unsynced()).unwrap();
        assert_whole(&folder, step);
    }
    let other = folder.with_extension("other");
    loaded.save_to_with(&other, &unsynced()).unwrap();
    assert_whole(&other, 4);
    loaded.save_with(&unsynced()).unwrap();
    assert_whole(&folder, 4);
}

#[derive(Varpack)]
struct Older {
    old: u64,
}

#[derive(Varpack)]
struct Newer {
    #[varpack(default, alias = "old")]
    w: u64,
}

#[test]
fn what_was_skipped_under_an_older_name_is_saved_elsewhere_under_its_own() {
    let (_parent, folder) = saved(&Older { old: 77 });
    let other = folder.with_extension("other");
    Newer { w: 5 }.save_with(&other, &unsynced()).unwrap();
    load_without::<Newer>(&folder, &["w"]).save_to_with(&other, &unsynced()).unwrap();
    assert_eq!(Newer::load(&other).unwrap().w, 77);
    assert_eq!(Pack::open(&other).unwrap().names().collect::<Vec<_>>(), ["w"]);
}

#[test]
fn field_that_the_folder_has_by_two_names_is_saved_elsewhere_by_the_present_one() {
    let (_parent, folder) = saved(&Older { old: 77 });
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert_value("w", &5_u64).unwrap();
    pack.save_with(&unsynced()).unwrap();
    let other = folder.with_extension("other");
    load_without::<Newer>(&folder, &["w"]).save_to_with(&other, &unsynced()).unwrap();
    assert_eq!(Newer::load(&other).unwrap().w, 5);
    assert_eq!(Pack::open(&other).unwrap().names().collect::<Vec<_>>(), ["w"]);
}

#[test]
fn pack_whose_skipped_variable_is_gone_is_not_saved_elsewhere_without_it() {
    let (_parent, folder) = saved(&Older { old: 77 });
    let open = || Pack::open_with(&folder, &LoadOptions::new().skip(["old"])).unwrap();
    let (mut pack, other) = (open(), folder.with_extension("other"));
    load::<Newer>(&folder).save_with(&unsynced().overwrite(true)).unwrap();
    assert_eq!(Pack::open(&folder).unwrap().names().collect::<Vec<_>>(), ["w"]);
    for saved in [pack.save_to_with(&other, &unsynced()).map(drop), pack.detach()] {
        let error = saved.unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("old")), "{error}");
    }
    assert!(!other.exists());
    pack.remove("old");
    pack.save_to_with(&other, &unsynced()).unwrap();
    assert_eq!(Pack::open(&other).unwrap().names().count(), 0);
}

/// `m`, all of whose arrays have files, in a pickle of its own.
fn saved_apart() -> (tempfile::TempDir, std::path::PathBuf) {
    let (parent, folder) = saved(&run());
    let mut pack = Pack::open(&folder).unwrap();
    pack.set_rules(PackRules::new().split_min_len(0).separate_min_size(0));
    let m = pack.remove("m").unwrap();
    pack.insert("m", m).unwrap();
    pack.save_with(&unsynced()).unwrap();
    assert!(folder.join("m.pickle").exists() && folder.join("m-a.npy").exists());
    (parent, folder)
}

fn any(value: f64) -> varpack::AnyArray {
    array(value).try_into().unwrap()
}

/// Another program changes an array of the map.
fn change_a(folder: &Path) {
    let mut pack = Pack::open_with(folder, &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    pack.set_rules(PackRules::new().split_min_len(0).separate_min_size(0));
    pack.get_mut("m").and_then(PackValue::as_map_mut).unwrap().insert("a", any(99.0));
    pack.save_with(&unsynced()).unwrap();
}

#[test]
fn map_in_a_pickle_of_its_own_that_was_skipped_is_not_set_over_anothers_change() {
    let (_parent, folder) = saved_apart();
    let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(["m"]);
    let mut typed = load_without::<Run>(&folder, &["m"]);
    let mut removes = Pack::open_with(&folder, &options).unwrap();
    let mut inserts = Pack::open_with(&folder, &options).unwrap();
    change_a(&folder);
    typed.m = map(&[("z", 7.0)]);
    removes.remove("m");
    let mut m = PackMap::new();
    m.insert("a", any(3.0));
    inserts.insert("m", m).unwrap();
    for error in [
        typed.save_with(&unsynced()).unwrap_err(),
        removes.save_with(&unsynced()).unwrap_err(),
        inserts.save_with(&unsynced()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        assert!(error.variable().unwrap().starts_with('m'), "{error}");
    }
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.m["a"][0], found.m["b"][0], found.m.len()), (99.0, 2.0, 2));
}

#[test]
fn map_in_a_pickle_of_its_own_that_was_skipped_is_set_where_nobody_has_changed_it() {
    let (_parent, folder) = saved_apart();
    let mut typed = load_without::<Run>(&folder, &["m"]);
    typed.m = map(&[("z", 7.0)]);
    typed.save_with(&unsynced()).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.m.len(), found.m["z"][0]), (1, 7.0));
    let options = LoadOptions::new().skip(["m"]);
    let mut pack = Pack::open_with(&folder, &options).unwrap();
    pack.remove("m");
    pack.save_with(&unsynced()).unwrap();
    assert!(Run::load(&folder).unwrap().m.is_empty());
}

#[test]
fn map_that_was_skipped_and_set_replaces_what_was_there_or_is_stale() {
    let (_parent, folder) = saved(&run());
    let mut first = load_without::<Run>(&folder, &["m"]);
    let mut second = load_without::<Run>(&folder, &["m"]);
    let mut other: Loaded<Run> = load(&folder);
    first.m = map(&[("z", 7.0)]);
    first.save_with(&unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap().m.keys().collect::<Vec<_>>(), ["z"]);

    let (_parent, folder) = saved(&run());
    let mut third = load_without::<Run>(&folder, &["m"]);
    let mut fourth: Loaded<Run> = load(&folder);
    fourth.m.insert("b".to_owned(), array(9.0));
    fourth.m.insert("new".to_owned(), array(9.0));
    fourth.save_with(&unsynced()).unwrap();
    third.m = map(&[("z", 7.0)]);
    let error = third.save_with(&unsynced()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(Run::load(&folder).unwrap().m.len(), 3);
    // Those of the first folder know of it too.
    second.m = map(&[("y", 7.0)]);
    assert_eq!(second.save_with(&unsynced()).unwrap_err().kind(), ErrorKind::Stale);
    other.m.insert("a".to_owned(), array(3.0));
    assert_eq!(other.save_with(&unsynced()).unwrap_err().kind(), ErrorKind::Stale);
}

#[derive(Varpack, Default, Debug)]
struct Part {
    #[varpack(mmap, default)]
    w: MmapArray1<f64>,
    #[varpack(default)]
    q: u64,
    #[varpack(default)]
    r: u64,
}

#[derive(Varpack)]
struct Outer {
    #[varpack(nested, default)]
    n: Part,
    #[varpack(default)]
    more: u64,
}

#[test]
fn fields_of_a_nested_struct_that_was_skipped_stay_until_each_is_set() {
    let (_parent, folder) = saved(&Outer { n: Part { w: array(5.0), q: 6, r: 7 }, more: 1 });
    for with_unknown_key in [false, true] {
        if with_unknown_key {
            let mut pack = Pack::open(&folder).unwrap();
            pack.get_mut("n")
                .and_then(PackValue::as_map_mut)
                .unwrap()
                .insert_value("k", &1)
                .unwrap();
            pack.save_with(&unsynced()).unwrap();
        }
        let mut loaded = load_without::<Outer>(&folder, &["n"]);
        loaded.n.r += 8;
        loaded.save_with(&unsynced()).unwrap();
        let found = Outer::load(&folder).unwrap();
        assert_eq!((found.n.w.to_vec(), found.n.q, found.n.r), (vec![5.0; 4], 6, 8));
        assert_eq!(found.more, 1);
    }
}

#[test]
fn struct_that_skipped_all_its_arrays_and_was_swapped_does_not_empty_another_folder() {
    let (_one, folder) = saved(&run());
    let (_two, other) = saved(&run());
    let mut full: Loaded<Run> = load(&folder);
    let mut skipping: Loaded<Run> = load_without(&other, &["x", "m"]);
    std::mem::swap(&mut *full, &mut *skipping);
    let error = full.save_with(&unsynced()).unwrap_err();
    assert_eq!(error.kind(), varpack::ErrorKind::Usage, "{error}");
    assert_whole(&folder, 1);
    std::mem::swap(&mut *full, &mut *skipping);
    full.save_with(&unsynced()).unwrap();
    skipping.save_with(&unsynced()).unwrap();
    assert_whole(&folder, 1);
    assert_whole(&other, 1);
}

#[derive(Varpack, Default)]
struct Within {
    r: u64,
    #[varpack(mmap)]
    w: MmapArray1<f64>,
    #[varpack(mmap)]
    v: Option<MmapArray1<f64>>,
}

#[derive(Varpack)]
struct Skipping {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(nested, default)]
    n: Within,
}

#[derive(Varpack)]
struct NotLoaded {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(nested, skip_load)]
    n: Within,
}

/// Arrays that are no more than the default's were never here.
#[test]
fn arrays_of_a_skipped_nested_struct_stay_however_often_others_of_its_fields_are_set() {
    let array = |element: f64| MmapArray1::from(vec![element; 4]);
    let inner = || Within { r: 1, w: array(3.0), v: Some(array(4.0)) };
    let assert_kept = |folder: &Path, r: u64| {
        let n = Skipping::load(folder).unwrap().n;
        assert_eq!((n.r, n.w.to_vec(), n.v.unwrap().to_vec()), (r, vec![3.0; 4], vec![4.0; 4]));
    };
    let options = LoadOptions::new().mode(Mode::CopyOnWrite);
    let (_parent, folder) = saved(&Skipping { x: array(1.0), n: inner() });
    let mut skipping = Skipping::load_with(&folder, &options.clone().skip(["n"])).unwrap();
    for r in 5..8 {
        skipping.n.r = r;
        skipping.save_with(&unsynced()).unwrap();
        assert_kept(&folder, r);
    }
    let (_parent, folder) = saved(&Skipping { x: array(1.0), n: inner() });
    let mut not_loaded = NotLoaded::load_with(&folder, &options).unwrap();
    for r in 5..8 {
        not_loaded.n.r = r;
        not_loaded.save_with(&unsynced()).unwrap();
        assert_kept(&folder, r);
    }
}

#[derive(Varpack, Default)]
struct Later {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap, skip_load)]
    m: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(skip_load)]
    note: Option<String>,
}

#[derive(Varpack)]
struct Now {
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(default)]
    note: Option<String>,
}

#[test]
fn field_that_was_skipped_then_set_and_saved_is_emptied_by_the_next_save() {
    let first = Later { x: array(1.0), m: map(&[("a", 1.0)]), note: Some("first".into()) };
    let (_parent, folder) = saved(&first);
    let mut later: Loaded<Later> = load(&folder);
    later.save_with(&unsynced()).unwrap();
    assert_eq!(Now::load(&folder).unwrap().note.as_deref(), Some("first"));
    (later.m, later.note) = (map(&[("c", 1.0)]), Some("set".into()));
    later.save_with(&unsynced()).unwrap();
    (later.m, later.note) = Default::default();
    for _ in 0..2 {
        later.save_with(&unsynced()).unwrap();
        let now = Now::load(&folder).unwrap();
        assert_eq!((now.m.len(), now.note), (0, None));
    }
}

#[test]
fn field_that_a_load_has_skipped_while_the_folder_had_none_is_not_written_over_what_came_since() {
    let (_parent, folder) = saved(&Now { m: map(&[("a", 1.0)]), note: None });
    let mut loaded = load_without::<Now>(&folder, &["note"]);
    loaded.save_with(&unsynced()).unwrap();
    let mut other: Loaded<Now> = load(&folder);
    other.note = Some("another's".into());
    other.save_with(&unsynced()).unwrap();
    loaded.m = map(&[("b", 2.0)]);
    loaded.save_with(&unsynced().overwrite(true)).unwrap();
    let now = Now::load(&folder).unwrap();
    assert_eq!((now.m["b"][0], now.note.as_deref()), (2.0, Some("another's")));
}

/// "Transfer learning": the arrays come from a load that skipped what this struct has by itself.
#[test]
fn struct_with_arrays_of_a_load_that_skipped_a_field_is_saved_while_its_own_is_empty() {
    let (_one, pretrained) = saved(&run());
    let (_two, folder) = saved(&run());
    let from = load_without::<Run>(&pretrained, &["history"]);
    let new = || Run { x: from.x.clone(), history: vec![], ..run() };
    let fresh = folder.with_file_name("fresh");
    for step in 1..3 {
        Run { step, ..new() }.save_with(&fresh, &unsynced()).unwrap();
    }
    assert_eq!(Run::load(&fresh).unwrap().step, 2);
    Run::update(&fresh, |run| {
        (run.x, run.step) = (from.x.clone(), 3);
        Ok(())
    })
    .unwrap();
    let mut own: Loaded<Run> = load(&folder);
    own.x = from.x.clone();
    own.history.clear();
    own.save_with(&unsynced()).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.x[0], found.history.len(), found.m.len()), (5.0, 0, 2));
    // Where the folder has more, nobody can tell that it is not the other's default.
    let (_three, folder) = saved(&run());
    let error = new().save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("history")), "{error}");
}

/// An array at its default is no other for having been saved elsewhere.
#[test]
fn skipped_array_that_was_saved_elsewhere_at_its_default_stays_at_home() {
    let (parent, folder) =
        saved(&Skipping { x: array(1.0), n: Within { r: 1, w: array(2.0), v: None } });
    let mut loaded = load_without::<Skipping>(&folder, &["n"]);
    loaded.n.r = 8;
    loaded.save_to_with(parent.path().join("elsewhere"), &unsynced()).unwrap();
    loaded.save_with(&unsynced()).unwrap();
    let n = Skipping::load(&folder).unwrap().n;
    assert_eq!((n.r, n.w.to_vec()), (8, vec![2.0; 4]));

    let (parent, folder) = saved(&run());
    let skipping = load_without::<Run>(&folder, &["x"]).into_inner();
    skipping.save_with(parent.path().join("elsewhere"), &unsynced()).unwrap();
    skipping.save_with(&folder, &unsynced()).unwrap();
    assert_whole(&folder, 1);
}

/// Whichever of two loads has skipped what: a default is not written over what the folder has.
#[test]
fn struct_that_skipped_fields_and_gets_an_array_of_a_whole_load_keeps_what_it_skipped() {
    for is_older in [true, false] {
        let (_parent, folder) = saved(&run());
        let before = Run::load(&folder).unwrap();
        let mut skipping = load_without::<Run>(&folder, &["history"]).into_inner();
        let whole = if is_older { before } else { Run::load(&folder).unwrap() };
        skipping.x = whole.x;
        skipping.step = 2;
        let saved = skipping.save_with(&folder, &unsynced());
        if let Err(error) = &saved {
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        }
        assert_whole(&folder, if saved.is_ok() { 2 } else { 1 });
    }
}

#[test]
fn overwrite_writes_no_default_over_fields_of_a_nested_struct_that_the_load_has_skipped() {
    for changes_beside in [false, true] {
        let (_parent, folder) = saved(&Outer { n: Part { w: array(5.0), q: 6, r: 7 }, more: 1 });
        let mut loaded = load_without::<Outer>(&folder, &["n"]);
        (loaded.n.r, loaded.more) = (8, 2);
        if changes_beside {
            let mut other: Loaded<Outer> = load(&folder);
            (other.more, other.n.q) = (3, 9);
            other.save_with(&unsynced()).unwrap();
            assert_eq!(loaded.save_with(&unsynced()).unwrap_err().kind(), ErrorKind::Stale);
        }
        loaded.save_with(&unsynced().overwrite(true)).unwrap();
        let found = Outer::load(&folder).unwrap();
        assert_eq!((found.n.w.to_vec(), found.n.r, found.more), (vec![5.0; 4], 8, 2));
        assert_eq!(found.n.q, if changes_beside { 9 } else { 6 });
        // By its name it is written whole.
        loaded.save_with(&unsynced().overwrite_field("n")).unwrap();
        let found = Outer::load(&folder).unwrap();
        assert_eq!((found.n.w.len(), found.n.q, found.n.r), (0, 0, 8));
    }
}

#[test]
fn field_that_was_skipped_then_set_and_saved_is_emptied_by_overwrite() {
    let first = Later { x: array(1.0), m: map(&[("a", 1.0)]), note: Some("first".into()) };
    let (_parent, folder) = saved(&first);
    let mut later: Loaded<Later> = load(&folder);
    later.note = Some("set".into());
    later.save_with(&unsynced()).unwrap();
    later.note = None;
    later.save_with(&unsynced().overwrite(true)).unwrap();
    let now = Now::load(&folder).unwrap();
    assert_eq!((now.m.len(), now.note), (1, None));
}

/// What this struct's own load has skipped stays, whatever its arrays' loads have skipped.
#[test]
fn struct_that_skipped_what_an_arrays_load_has_skipped_too_is_saved() {
    let (_parent, folder) = saved(&run());
    let skip = ["history", "m", "notes"];
    let other = load_without::<Run>(&folder, &skip);
    let mut loaded = load_without::<Run>(&folder, &skip);
    (loaded.x, loaded.step) = (other.x.clone(), 2);
    loaded.save_with(&unsynced()).unwrap();
    assert_whole(&folder, 2);
    let mut plain = load_without::<Run>(&folder, &skip).into_inner();
    (plain.x, plain.step) = (load_without::<Run>(&folder, &skip).into_inner().x, 3);
    plain.save_with(&folder, &unsynced()).unwrap();
    assert_whole(&folder, 3);
    let options = LoadOptions::new().skip(skip);
    Run::update_with(&folder, &options, &unsynced(), |run| {
        (run.x, run.step) = (other.x.clone(), 4);
        Ok(())
    })
    .unwrap();
    assert_whole(&folder, 4);
}

#[test]
fn overwrite_of_a_plain_struct_with_an_array_of_another_load_empties_nothing_that_was_skipped() {
    #[derive(Varpack)]
    struct Two {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
        #[varpack(mmap)]
        y: MmapArray1<f64>,
        #[varpack(mmap, default)]
        m: BTreeMap<String, MmapArray1<f64>>,
        #[varpack(default)]
        notes: String,
        step: u64,
    }
    let m = map(&[("a", 1.0)]);
    let two = Two { x: array(1.0), y: array(1.0), m, notes: "kept".to_owned(), step: 1 };
    let (_parent, folder) = saved(&two);
    let best = Two::load(&folder).unwrap();
    let mut plain = load_without::<Two>(&folder, &["m", "notes"]).into_inner();
    (plain.x, plain.step) = (best.x.clone(), 2);
    plain.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    let found = Two::load(&folder).unwrap();
    assert_eq!((found.m.len(), found.notes.as_str(), found.step), (1, "kept", 2));
}

/// The folder's own value, too, is another than the default that the field had.
#[test]
fn skipped_field_that_is_set_to_what_the_folder_had_is_a_change_as_any() {
    let set = |run: &mut Run, from: &Run| {
        (run.history, run.x, run.m) = (vec![1, 2], from.x.clone(), from.m.clone());
    };
    type Change = fn(&mut Run);
    let changes: [(&str, Change); 3] = [
        ("history", |run| run.history.push(3)),
        ("x", |run| run.x = array(6.0)),
        ("m", |run| drop(run.m.insert("a".to_owned(), array(6.0)))),
    ];
    for (name, change) in changes {
        let (_parent, folder) = saved(&run());
        let from = Run::load(&folder).unwrap();
        let mut loaded = load_without::<Run>(&folder, &["history", "x", "m"]);
        set(&mut loaded, &from);
        let mut other: Loaded<Run> = load(&folder);
        change(&mut other);
        other.save_with(&unsynced()).unwrap();
        let error = loaded.save_with(&unsynced()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        assert!(error.variable().is_some_and(|variable| variable.starts_with(name)), "{error}");
    }
    // Where nobody else has changed it, it is saved, and may be emptied from then on.
    let (parent, folder) = saved(&run());
    let from = Run::load(&folder).unwrap();
    let mut loaded = load_without::<Run>(&folder, &["history", "x", "m"]);
    set(&mut loaded, &from);
    loaded.save_with(&unsynced()).unwrap();
    assert_whole(&folder, 1);
    (loaded.history, loaded.m) = Default::default();
    let elsewhere = parent.path().join("elsewhere");
    loaded.save_to_with(&elsewhere, &unsynced()).unwrap();
    loaded.save_with(&unsynced()).unwrap();
    for folder in [folder, elsewhere] {
        let found = Run::load(&folder).unwrap();
        assert_eq!((found.history.len(), found.m.len(), found.x[0]), (0, 0, 5.0));
    }
}

#[test]
fn field_that_was_skipped_then_set_as_another_has_it_is_emptied_by_the_next_save() {
    let first = Later { x: array(1.0), m: map(&[("a", 1.0)]), note: Some("first".into()) };
    let (parent, folder) = saved(&first);
    let mut later: Loaded<Later> = load(&folder);
    let mut other: Loaded<Now> = load(&folder);
    other.note = Some("set".into());
    other.save_with(&unsynced()).unwrap();
    later.note = Some("set".into());
    later.save_with(&unsynced()).unwrap();
    later.note = None;
    let elsewhere = parent.path().join("elsewhere");
    later.save_to_with(&elsewhere, &unsynced()).unwrap();
    later.save_with(&unsynced()).unwrap();
    for folder in [folder, elsewhere] {
        let now = Now::load(&folder).unwrap();
        assert_eq!((now.m.len(), now.note), (1, None));
    }
}
