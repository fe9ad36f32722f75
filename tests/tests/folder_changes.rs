//! Two load a folder, both change it, both save: nobody's change is lost in silence.

use indexmap::IndexMap;
use ndarray::array;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackItem, PackMap, PackRules, PackValue,
    Result, SaveOptions, Varpack,
};
use varpack_tests::holders::{self, unsynced};

#[derive(Varpack, Debug, Clone, PartialEq)]
struct Inner {
    depth: u64,
    width: u64,
}

#[derive(Varpack, Debug, Clone)]
struct Run {
    #[varpack(mmap)]
    w: MmapArray1<f64>,
    #[varpack(mmap)]
    opt: Option<MmapArray1<f64>>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(nested)]
    inner: Inner,
    step: u64,
    #[varpack(separate, default)]
    notes: String,
    #[varpack(npy, default)]
    plain: Vec<f64>,
}

fn array(value: f64) -> MmapArray1<f64> {
    vec![value; 3].into()
}

fn first() -> Run {
    Run {
        w: array(1.0),
        opt: Some(array(1.0)),
        m: [("a", 1.0), ("b", 1.0)].map(|(key, value)| (key.to_owned(), array(value))).into(),
        inner: Inner { depth: 1, width: 1 },
        step: 1,
        notes: "1".to_owned(),
        plain: vec![1.0],
    }
}

fn saved() -> (TempDir, PathBuf) {
    holders::saved(&first())
}

fn in_mode_c() -> LoadOptions {
    LoadOptions::new().mode(Mode::CopyOnWrite)
}

/// One of those who have the folder loaded.
trait Holder {
    fn set(&mut self, part: &str, value: f64);
    fn remove(&mut self, part: &str);
    fn save(&mut self, options: &SaveOptions) -> Result<()>;
}

fn set(run: &mut Run, part: &str, value: f64) {
    match part {
        "w" => run.w = array(value),
        // As it was loaded, and then changed.
        "w!" => run.w.view_mut().unwrap().fill(value),
        "opt" => run.opt = Some(array(value)),
        "m[a]" => drop(run.m.insert("a".to_owned(), array(value))),
        "m[c]" => drop(run.m.insert("c".to_owned(), array(value))),
        "inner" => run.inner.depth = value as u64,
        "inner.width" => run.inner.width = value as u64,
        "step" => run.step = value as u64,
        "notes" => run.notes = value.to_string(),
        "plain" => run.plain = vec![value],
        _ => unreachable!("{part}"),
    }
}

fn remove(run: &mut Run, part: &str) {
    match part {
        "opt" => run.opt = None,
        "m[a]" => drop(run.m.remove("a")),
        _ => unreachable!("{part}"),
    }
}

struct Bare(Run, PathBuf);

impl Holder for Bare {
    fn set(&mut self, part: &str, value: f64) {
        set(&mut self.0, part, value);
    }

    fn remove(&mut self, part: &str) {
        remove(&mut self.0, part);
    }

    fn save(&mut self, options: &SaveOptions) -> Result<()> {
        self.0.save_with(&self.1, options).map(drop)
    }
}

struct Loaded(varpack::Loaded<Run>);

impl Holder for Loaded {
    fn set(&mut self, part: &str, value: f64) {
        set(&mut self.0, part, value);
    }

    fn remove(&mut self, part: &str) {
        remove(&mut self.0, part);
    }

    fn save(&mut self, options: &SaveOptions) -> Result<()> {
        self.0.save_with(options).map(drop)
    }
}

impl Holder for Pack {
    fn set(&mut self, part: &str, value: f64) {
        let new = || PackValue::try_from(array(value)).unwrap();
        let item = || PackItem::Array(new().into_array().unwrap());
        match part {
            "w" | "opt" | "plain" => drop(self.insert(part, new()).unwrap()),
            "w!" => {
                let w = self.get_mut("w").and_then(PackValue::as_array_mut).unwrap();
                w.view_mut::<f64, ndarray::Ix1>().unwrap().fill(value);
            }
            "m[a]" | "m[c]" => {
                let map = self.get_mut("m").and_then(PackValue::as_map_mut).unwrap();
                map.insert(&part[2..3], item());
            }
            "inner" | "inner.width" => {
                let mut inner: BTreeMap<String, u64> = self.value("inner").unwrap();
                let key = if part == "inner" { "depth" } else { "width" };
                inner.insert(key.to_owned(), value as u64);
                self.insert_value("inner", &inner).unwrap();
            }
            "step" => drop(self.insert_value("step", &(value as u64)).unwrap()),
            "notes" => drop(self.insert_value("notes", &value.to_string()).unwrap()),
            _ => unreachable!("{part}"),
        }
    }

    fn remove(&mut self, part: &str) {
        match part {
            "opt" => drop(Pack::remove(self, "opt").unwrap()),
            "m[a]" => drop(
                self.get_mut("m").and_then(PackValue::as_map_mut).unwrap().remove("a").unwrap(),
            ),
            _ => unreachable!("{part}"),
        }
    }

    fn save(&mut self, options: &SaveOptions) -> Result<()> {
        self.save_with(options).map(drop)
    }
}

fn holders(folder: &Path) -> Vec<(&'static str, Box<dyn Holder>)> {
    let options = in_mode_c();
    let bare = Run::load_with(folder, &options).unwrap().into_inner();
    vec![
        ("bare", Box::new(Bare(bare, folder.to_owned()))),
        ("Loaded", Box::new(Loaded(Run::load_with(folder, &options).unwrap()))),
        ("Pack", Box::new(Pack::open_with(folder, &options).unwrap())),
    ]
}

/// What the folder has of a part.
fn held(folder: &Path, part: &str) -> Option<f64> {
    let run = Run::load(folder).unwrap();
    match part {
        "w" | "w!" => Some(run.w[0]),
        "opt" => run.opt.map(|array| array[0]),
        "m[a]" => run.m.get("a").map(|array| array[0]),
        "m[c]" => run.m.get("c").map(|array| array[0]),
        "inner" => Some(run.inner.depth as f64),
        "inner.width" => Some(run.inner.width as f64),
        "step" => Some(run.step as f64),
        "notes" => run.notes.parse().ok(),
        "plain" => Some(run.plain[0]),
        _ => unreachable!("{part}"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Nothing,
    To(f64),
    Removed,
}

fn apply(holder: &mut dyn Holder, part: &str, change: Change) {
    match change {
        Change::Nothing => {}
        Change::To(value) => holder.set(part, value),
        Change::Removed => holder.remove(part),
    }
}

/// Every kind of holder against its own and another, part by part, change by change.
#[test]
fn what_one_has_changed_is_there_or_the_other_is_told() {
    use Change::{Nothing, Removed, To};
    let changes = [Nothing, To(2.0), To(3.0), Removed];
    for part in ["w", "w!", "opt", "m[a]", "m[c]", "inner", "step", "notes", "plain"] {
        let can_go = matches!(part, "opt" | "m[a]");
        let theirs = [Nothing, To(2.0), Removed];
        for (theirs, mine) in theirs.iter().flat_map(|&a| changes.map(|b| (a, b))) {
            if !can_go && (theirs == Removed || mine == Removed) {
                continue;
            }
            for (their_kind, my_kind) in (0..3).flat_map(|a| [(a, a), (a, (a + 1) % 3)]) {
                let (_parent, folder) = saved();
                let before = held(&folder, part);
                let (their_name, mut them) = holders(&folder).swap_remove(their_kind);
                let (my_name, mut me) = holders(&folder).swap_remove(my_kind);
                let case = format!("{part}: {their_name} {theirs:?}, {my_name} {mine:?}");
                apply(&mut *them, part, theirs);
                them.save(&unsynced()).unwrap_or_else(|error| panic!("{case}: {error}"));
                apply(&mut *me, part, mine);
                let outcome = me.save(&unsynced());
                let value = |change| match change {
                    Nothing => before,
                    To(value) => Some(value),
                    Removed => None,
                };
                match (theirs, mine) {
                    // A plain struct leaves nothing out in silence.
                    (To(_) | Removed, Nothing) if my_name == "bare" => {
                        let error = outcome.expect_err(&case);
                        assert_eq!(error.kind(), ErrorKind::Stale, "{case}: {error}");
                        assert_eq!(held(&folder, part), value(theirs), "{case}");
                    }
                    (_, Nothing) => {
                        outcome.unwrap_or_else(|error| panic!("{case}: {error}"));
                        assert_eq!(held(&folder, part), value(theirs), "{case}");
                    }
                    (Nothing, _) => {
                        outcome.unwrap_or_else(|error| panic!("{case}: {error}"));
                        assert_eq!(held(&folder, part), value(mine), "{case}");
                    }
                    (theirs, mine) if theirs == mine && outcome.is_ok() => {
                        assert_eq!(held(&folder, part), value(theirs), "{case}");
                    }
                    _ => {
                        let error = outcome.expect_err(&case);
                        assert_eq!(error.kind(), ErrorKind::Stale, "{case}: {error}");
                        assert!(error.variable().is_some(), "{case}: {error}");
                        assert_eq!(held(&folder, part), value(theirs), "{case}");
                        // What is asked for is done, and it is as usable as before.
                        me.save(&unsynced().overwrite(true)).unwrap();
                        assert_eq!(held(&folder, part), value(mine), "{case}");
                    }
                }
            }
        }
    }
}

#[test]
fn changes_of_different_parts_are_all_there() {
    let parts = ["w", "opt", "m[a]", "m[c]", "inner", "step", "notes", "plain"];
    for (their_kind, my_kind) in (0..3).flat_map(|a| (0..3).map(move |b| (a, b))) {
        let next = |number: usize, steps: usize| parts[(number + steps) % parts.len()];
        let pairs = (0..parts.len())
            .flat_map(|number| [1, 3].map(|steps| (next(number, 0), next(number, steps))));
        for (theirs, mine) in pairs {
            let (_parent, folder) = saved();
            let (their_name, mut them) = holders(&folder).swap_remove(their_kind);
            let (my_name, mut me) = holders(&folder).swap_remove(my_kind);
            let case = format!("{their_name} {theirs}, {my_name} {mine}");
            them.set(theirs, 2.0);
            them.save(&unsynced()).unwrap();
            me.set(mine, 3.0);
            if my_name == "bare" {
                let error = me.save(&unsynced()).expect_err(&case);
                assert_eq!(error.kind(), ErrorKind::Stale, "{case}: {error}");
                assert_eq!(held(&folder, theirs), Some(2.0), "{case}");
                continue;
            }
            me.save(&unsynced()).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(held(&folder, theirs), Some(2.0), "{case}");
            assert_eq!(held(&folder, mine), Some(3.0), "{case}");
            // And once more: what was kept is known to be another's.
            me.set(mine, 4.0);
            me.save(&unsynced()).unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(held(&folder, theirs), Some(2.0), "{case}");
            assert_eq!(held(&folder, mine), Some(4.0), "{case}");
            me.set(theirs, 5.0);
            let error = me.save(&unsynced()).expect_err(&case);
            assert_eq!(error.kind(), ErrorKind::Stale, "{case}: {error}");
        }
    }
}

#[test]
fn fields_of_a_nested_struct_are_changed_one_by_one() {
    let (_parent, folder) = saved();
    let mut mine = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.inner.width = 5;
    theirs.save().unwrap();
    mine.inner.depth = 7;
    mine.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().inner, Inner { depth: 7, width: 5 });
}

#[test]
fn key_that_another_has_added_stays_with_its_file_and_its_place() {
    let (_parent, folder) = saved();
    let mine = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.m.insert("c".to_owned(), array(9.0));
    theirs.notes = "theirs".to_owned();
    theirs.save().unwrap();
    mine.save().unwrap();
    assert!(folder.join("m-c.npy").exists());
    let run = Run::load(&folder).unwrap();
    assert_eq!((run.m["c"][0], run.notes.as_str()), (9.0, "theirs"));

    let mut mine = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.m.insert("d".to_owned(), array(10.0));
    theirs.save().unwrap();
    mine.m.insert("e".to_owned(), array(11.0));
    mine.m.remove("b");
    mine.save().unwrap();
    #[derive(Varpack)]
    struct Ordered {
        #[varpack(mmap)]
        m: IndexMap<String, MmapArray1<f64>>,
    }
    let keys: Vec<_> = Ordered::load(&folder).unwrap().m.into_keys().collect();
    assert_eq!(keys, ["a", "c", "d", "e"]);
    assert!(!folder.join("m-b.npy").exists());
}

#[test]
fn key_that_both_have_changed_is_named() {
    let (_parent, folder) = saved();
    let mut mine = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.m.get_mut("a").unwrap().view_mut().unwrap().fill(2.0);
    theirs.save().unwrap();
    mine.m.get_mut("a").unwrap().view_mut().unwrap().fill(3.0);
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[a]")));
    assert!(error.to_string().contains("overwrite(true)"), "{error}");
}

#[test]
fn changed_clone_of_an_array_is_stale_where_its_file_was_replaced() {
    let (_parent, folder) = saved();
    let run = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut clone = run.w.clone();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.w = array(2.0);
    theirs.save().unwrap();
    clone.view_mut().unwrap().fill(3.0);
    let mine = Run { w: clone, ..first() };
    let error = mine.save(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(held(&folder, "w"), Some(2.0));
}

#[test]
fn array_that_was_taken_out_and_put_back_undoes_nothing() {
    let (_parent, folder) = saved();
    let mut pack = Pack::open_with(&folder, &in_mode_c()).unwrap();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.w = array(2.0);
    theirs.save().unwrap();
    let w = pack.remove("w").unwrap();
    pack.insert("w", w).unwrap();
    pack.save().unwrap();
    assert_eq!(held(&folder, "w"), Some(2.0));

    let mut pack = Pack::open_with(&folder, &in_mode_c()).unwrap();
    theirs.w = array(4.0);
    theirs.save().unwrap();
    let mut w = pack.remove("w").unwrap();
    w.as_array_mut().unwrap().view_mut::<f64, ndarray::Ix1>().unwrap().fill(5.0);
    pack.insert("w", w).unwrap();
    assert_eq!(pack.save().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(held(&folder, "w"), Some(4.0));
}

#[test]
fn copy_that_was_made_before_an_edit_in_place_is_put_back_if_that_is_said() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    let before = run.w.clone();
    run.w.view_mut().unwrap().fill(7.0);
    run.w.flush().unwrap();
    assert_eq!(held(&folder, "w"), Some(7.0));
    run.w = before;
    // Put back, or held by someone who knows nothing of the edit? It is asked.
    assert_eq!(run.save().unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(held(&folder, "w"), Some(7.0));
    run.save_with(&SaveOptions::new().overwrite(true)).unwrap();
    assert_eq!(held(&folder, "w"), Some(1.0));
    // One that is put in the place of an edit that is not flushed.
    let mut run = Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
    run.w.view_mut().unwrap().fill(8.0);
    run.w = array(9.0);
    run.save().unwrap();
    assert_eq!(held(&folder, "w"), Some(9.0));
}

#[test]
fn skipped_field_that_is_set_is_written() {
    let (_parent, folder) = saved();
    let skipping = in_mode_c().skip(["notes", "plain"]);
    let mut run = Run::load_with(&folder, &skipping).unwrap();
    run.save().unwrap();
    assert_eq!((held(&folder, "notes"), held(&folder, "plain")), (Some(1.0), Some(1.0)));
    run.notes = "5".to_owned();
    run.plain = vec![5.0];
    run.save().unwrap();
    assert_eq!((held(&folder, "notes"), held(&folder, "plain")), (Some(5.0), Some(5.0)));
    // From then on it is a field as any other.
    run.notes = String::new();
    run.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().notes, "");

    let mut run = Run::load_with(&folder, &skipping).unwrap();
    let mut theirs = Run::load_with(&folder, &in_mode_c()).unwrap();
    theirs.notes = "6".to_owned();
    theirs.save().unwrap();
    run.notes = "7".to_owned();
    assert_eq!(run.save().unwrap_err().kind(), ErrorKind::Stale);
    run.notes = String::new();
    run.save().unwrap();
    assert_eq!(held(&folder, "notes"), Some(6.0));
}

#[test]
fn struct_that_skipped_a_variable_and_was_swapped_does_not_empty_another_folder() {
    let (_parent, folder) = saved();
    let (_other_parent, other) = saved();
    let mut full = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut skipping = Run::load_with(&other, &in_mode_c().skip(["notes"])).unwrap();
    std::mem::swap(&mut *full, &mut *skipping);
    let error = full.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("notes")));
    let text = error.to_string();
    assert!(text.contains(folder.to_str().unwrap()), "{text}");
    assert!(text.contains(other.to_str().unwrap()), "{text}");
    assert_eq!(Run::load(&folder).unwrap().notes, "1");
    // Of one folder too, and as a bare struct.
    let mut full = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut skipping = Run::load_with(&folder, &in_mode_c().skip(["notes"])).unwrap();
    std::mem::swap(&mut *full, &mut *skipping);
    assert_eq!(full.save().unwrap_err().kind(), ErrorKind::Usage);
    let bare = Run::load_with(&other, &in_mode_c().skip(["notes"])).unwrap().into_inner();
    assert_eq!(bare.save(&folder).unwrap_err().kind(), ErrorKind::Usage);
    bare.save(&other).unwrap();
    for folder in [&folder, &other] {
        assert_eq!(Run::load(folder).unwrap().notes, "1");
    }
    bare.save_with(&folder, &SaveOptions::new().overwrite_field("notes")).unwrap();
    assert_eq!(Run::load(&folder).unwrap().notes, "");
}

#[test]
fn saves_of_one_struct_follow_each_other() {
    for kind in 0..3 {
        let (_parent, folder) = saved();
        let (name, mut holder) = holders(&folder).swap_remove(kind);
        for value in [2.0, 3.0, 4.0] {
            for part in ["w", "opt", "m[a]", "m[c]", "inner", "step", "notes", "plain"] {
                holder.set(part, value);
                holder.save(&unsynced()).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(held(&folder, part), Some(value), "{name} {part}");
            }
            for part in ["opt", "m[a]"] {
                holder.remove(part);
                holder.save(&unsynced()).unwrap();
                assert_eq!(held(&folder, part), None, "{name} {part}");
            }
        }
    }
}

#[test]
fn python_that_writes_the_same_again_has_changed_nothing() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &in_mode_c()).unwrap();
    // As a program does that saves everything: other files, the same objects, pickled in another way.
    for file in ["notes.pickle", "__misc_vars__.pickle"] {
        let bytes = fs::read(folder.join(file)).unwrap();
        fs::remove_file(folder.join(file)).unwrap();
        fs::write(folder.join(file), bytes).unwrap();
    }
    run.step = 9;
    run.notes = "9".to_owned();
    run.save().unwrap();
    assert_eq!((held(&folder, "step"), held(&folder, "notes")), (Some(9.0), Some(9.0)));
}

#[cfg(unix)]
#[test]
fn chmod_of_an_array_that_was_changed_here_is_stale_and_told() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &in_mode_c()).unwrap();
    varpack_tests::folders::set_mode(&folder.join("w.npy"), 0o600);
    run.step = 2;
    run.save().unwrap(); // for it was not changed here
    run.w = array(9.0);
    let error = run.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("w")));
    assert!(error.to_string().contains("times and permissions"), "{error}");
    run.save_with(&unsynced().overwrite_field("w")).unwrap();
    assert_eq!(held(&folder, "w"), Some(9.0));
}

#[test]
fn struct_without_a_loaded_array_is_written_over_what_another_has_saved_and_a_loaded_is_not() {
    #[derive(Varpack)]
    struct One {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
        step: u64,
    }

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("one");
    for remembers in [false, true] {
        One { x: array(1.0), step: 1 }.save_with(&folder, &unsynced()).unwrap();
        let mut loaded = One::load_with(&folder, &in_mode_c()).unwrap();
        let mut bare = One::load(&folder).unwrap();
        One::update(&folder, |theirs| {
            theirs.step = 7;
            Ok(())
        })
        .unwrap();
        (loaded.x, bare.x) = (array(2.0), array(2.0));
        if remembers { loaded.save() } else { bare.save(&folder) }.unwrap();
        let found = One::load(&folder).unwrap();
        assert_eq!((found.x[0], found.step), (2.0, if remembers { 7 } else { 1 }));
    }
}

#[test]
fn variable_that_another_has_taken_out_stays_out() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &in_mode_c()).unwrap();
    let mut pack = Pack::open_with(&folder, &in_mode_c()).unwrap();
    let mut second = Pack::open_with(&folder, &in_mode_c()).unwrap();
    for name in ["notes", "plain", "opt"] {
        pack.remove(name).unwrap();
    }
    pack.save().unwrap();
    run.save().unwrap();
    second.save().unwrap();
    let names: Vec<_> = Pack::open(&folder).unwrap().names().map(str::to_owned).collect();
    assert!(
        !names.iter().any(|name| ["notes", "plain", "opt"].contains(&name.as_str())),
        "{names:?}"
    );
    run.notes = "changed".to_owned();
    assert_eq!(run.save().unwrap_err().kind(), ErrorKind::Stale);
}

#[test]
fn maps_of_values_in_a_pack_are_merged_key_by_key() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut map = PackMap::new();
    map.insert(
        "x",
        PackItem::Array(PackValue::try_from(array![1.0]).unwrap().into_array().unwrap()),
    );
    map.insert_value("n", &1).unwrap();
    map.insert_value("k", &1).unwrap();
    let mut pack = Pack::new();
    pack.set_rules(PackRules::new().split_min_len(1));
    pack.insert("m", map).unwrap();
    pack.save_to(&folder).unwrap();
    let (mut mine, mut theirs) = (Pack::open(&folder).unwrap(), Pack::open(&folder).unwrap());
    for pack in [&mut mine, &mut theirs] {
        pack.set_rules(PackRules::new().split_min_len(1));
    }
    let map = |pack: &mut Pack, key: &str, value: i64| {
        pack.get_mut("m")
            .and_then(PackValue::as_map_mut)
            .unwrap()
            .insert_value(key, &value)
            .unwrap();
    };
    map(&mut theirs, "n", 2);
    map(&mut theirs, "new", 2);
    theirs.save().unwrap();
    map(&mut mine, "k", 3);
    mine.save().unwrap();
    let found = Pack::open(&folder).unwrap();
    let found = found.get("m").and_then(PackValue::as_map).unwrap();
    for (key, value) in [("n", 2), ("k", 3), ("new", 2)] {
        assert_eq!(found.get(key).and_then(PackItem::as_value), Some(&value.into()), "{key}");
    }
    map(&mut mine, "n", 7);
    let error = mine.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("m[n]")));
}

#[test]
fn copy_of_a_struct_does_not_undo_what_was_saved_after_it_was_made() {
    let (_parent, folder) = saved();
    let mut run = Run::load(&folder).unwrap();
    let mut copy = run.clone();
    run.step = 2;
    run.save_with(&folder, &unsynced()).unwrap();
    copy.notes = "2".to_owned();
    // It has an older `step`: to bring it back, or not to touch it? It is asked.
    let error = copy.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("step")), "{error}");
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.step, found.notes.as_str()), (2, "1"));
    copy.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.step, found.notes.as_str()), (1, "2"));
}

#[test]
fn best_state_so_far_is_never_saved_in_vain_without_a_word() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &in_mode_c()).unwrap().into_inner();
    let best = run.clone();
    run.w.view_mut().unwrap()[0] = 5.0;
    run.m.get_mut("a").unwrap().view_mut().unwrap()[0] = 5.0;
    run.save_with(&folder, &unsynced()).unwrap();
    let error = best.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(error.to_string().contains("overwrite(true)"), "{error}");
    best.save_with(&folder, &unsynced().overwrite(true)).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.w[0], found.m["a"][0]), (1.0, 1.0));
}

#[test]
fn best_array_so_far_is_put_back_and_saved() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &in_mode_c()).unwrap().into_inner();
    let (best, best_of_map) = (run.w.clone(), run.m["a"].clone());
    for value in [5.0, 6.0] {
        run.w.view_mut().unwrap()[0] = value;
        run.m.get_mut("a").unwrap().view_mut().unwrap()[0] = value;
        run.save_with(&folder, &unsynced()).unwrap();
    }
    run.w = best;
    run.m.insert("a".to_owned(), best_of_map);
    run.step = 2;
    run.save_with(&folder, &unsynced()).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.w[0], found.m["a"][0], found.step), (1.0, 1.0, 2));
}

#[test]
fn loaded_that_saves_again_and_again_is_never_stale_by_itself() {
    let (_parent, folder) = saved();
    let mut run = Run::load_with(&folder, &in_mode_c()).unwrap();
    let best = Run::clone(&run);
    for step in 2..5 {
        run.step = step;
        run.m.insert(step.to_string(), array(1.0));
        run.save_with(&unsynced()).unwrap();
    }
    *run = best;
    run.save_with(&unsynced()).unwrap();
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.step, found.m.len()), (1, 2));
}

#[test]
fn edit_in_place_is_not_undone_by_a_copy_that_was_made_before() {
    let (_parent, folder) = saved();
    let mut run = Run::edit(&folder).unwrap();
    let mut copy = run.clone();
    run.w.view_mut().unwrap().fill(7.0);
    run.m.get_mut("a").unwrap().view_mut().unwrap().fill(7.0);
    run.flush().unwrap();
    copy.step = 2;
    let error = copy.save_with(&folder, &unsynced()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert!(matches!(error.variable(), Some("w" | "m[a]")), "{error}");
    let found = Run::edit(&folder).unwrap();
    assert_eq!((found.w[0], found.m["a"][0], found.step), (7.0, 7.0, 1));
}
