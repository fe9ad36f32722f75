//! What a save into a folder keeps, removes, rewrites and leaves alone.
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, arr1};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackValue, SaveOptions, Varpack};
use varpack_tests::fixtures;
use varpack_tests::folders::State;

const SHARED: &str = "__misc_vars__.pickle";
const MANIFEST: &str = "varpack.json";

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    weights: MmapArray1<f64>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(separate)]
    history: Vec<f64>,
    step: u64,
    note: String,
}

/// What of [`Run`] an older program knew.
#[derive(Varpack)]
struct Step {
    step: u64,
}

fn ramp(len: u32) -> Array1<f64> {
    (0..len).map(f64::from).collect()
}

fn run() -> Run {
    Run {
        weights: ramp(20_000).into(),
        split: BTreeMap::from([
            ("test".to_owned(), ramp(10).into()),
            ("train".to_owned(), ramp(20_000).into()),
        ]),
        history: vec![0.5, 0.25],
        step: 7,
        note: "first".to_owned(),
    }
}

fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    value.save(&folder).unwrap();
    (parent, folder)
}

fn assert_is_run(run: &Run) {
    assert_eq!(run.weights.view(), ramp(20_000));
    assert_eq!(run.split["train"].view(), ramp(20_000));
    assert_eq!(run.split["test"].view(), ramp(10));
    assert_eq!((run.history.as_slice(), run.note.as_str()), (&[0.5, 0.25][..], "first"));
}

#[test]
fn unchanged_save_touches_nothing() {
    let (_parent, folder) = saved(&run());
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
        let before = State::of(&folder);
        let loaded = Run::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        loaded.save().unwrap();
        loaded.save().unwrap();
        before.assert_untouched(&folder);
    }
}

#[test]
fn second_save_of_a_struct_that_was_never_loaded_touches_nothing() {
    let run = run();
    let (_parent, folder) = saved(&run);
    let before = State::of(&folder);
    run.save(&folder).unwrap();
    before.assert_untouched(&folder);
}

#[test]
fn unchanged_save_of_a_struct_that_knows_less_touches_nothing() {
    let (_parent, folder) = saved(&run());
    let before = State::of(&folder);
    Step::load(&folder).unwrap().save(&folder).unwrap();
    before.assert_untouched(&folder);
}

#[test]
fn unchanged_save_of_a_struct_that_knows_less_writes_no_value_of_ours_in_another_way() {
    #[derive(Serialize)]
    struct Epoch {
        loss: f64,
        best: Option<&'static str>,
    }
    #[derive(Varpack)]
    #[varpack(bound = "")]
    struct All {
        #[varpack(skip_load)]
        history: Vec<Epoch>,
        #[varpack(mmap(min_len = 100))]
        split: BTreeMap<String, MmapArray1<f64>>,
        #[varpack(mmap)]
        one: BTreeMap<String, MmapArray1<f64>>,
        #[varpack(skip_load)]
        nested: BTreeMap<u8, (i64, String, [u8; 5])>,
        step: u64,
    }
    let epoch = |loss| Epoch { loss, best: Some("best") };
    let all = All {
        history: vec![epoch(0.5), epoch(0.25)],
        split: [("a", 3), ("b", 4), ("c", 200)].map(|(k, n)| (k.to_owned(), ramp(n).into())).into(),
        one: BTreeMap::from([("a".to_owned(), ramp(3).into())]),
        nested: BTreeMap::from([(1, (-1, "x".repeat(300), [1; 5]))]),
        step: 7,
    };
    let (_parent, folder) = saved(&all);
    let before = State::of(&folder);
    Step::load(&folder).unwrap().save(&folder).unwrap();
    before.assert_untouched(&folder);
}

#[test]
fn changed_scalar_rewrites_the_shared_pickle_and_no_array() {
    let (_parent, folder) = saved(&run());
    let before = State::of(&folder);
    let mut loaded = Run::load_with(&folder, &LoadOptions::new()).unwrap();
    loaded.step = 300; // one byte longer, so that the manifest's size of it changes too
    loaded.save().unwrap();
    assert_eq!(before.touched(&State::of(&folder)), [SHARED, MANIFEST]);
    assert_eq!(Run::load(&folder).unwrap().step, 300);
}

#[test]
fn changed_array_rewrites_its_own_file_alone() {
    let (_parent, folder) = saved(&run());
    let before = State::of(&folder);
    let options = LoadOptions::new().mode(Mode::CopyOnWrite);
    let mut loaded = Run::load_with(&folder, &options).unwrap();
    loaded.split.get_mut("train").unwrap().view_mut().unwrap()[3] = -1.0;
    loaded.save().unwrap();
    let after = State::of(&folder);
    // The manifest is part of every commit.
    assert_eq!(before.touched(&after), ["split-train.npy", MANIFEST]);
    assert_eq!(Run::load(&folder).unwrap().split["train"][3], -1.0);
    loaded.save().unwrap();
    after.assert_untouched(&folder);
}

#[test]
fn variables_that_the_struct_does_not_know_are_kept_wherever_they_are() {
    let (_parent, folder) = saved(&run());
    let before = State::of(&folder);
    Step { step: 300 }.save(&folder).unwrap();
    assert_eq!(before.touched(&State::of(&folder)), [SHARED, MANIFEST]);
    let run = Run::load(&folder).unwrap();
    assert_is_run(&run);
    assert_eq!(run.step, 300);
}

/// Those of which arrays have files of their own.
fn maps_in_the_shared_pickle(folder: impl AsRef<Path>) -> Vec<String> {
    let manifest = fs::read(folder.as_ref().join(MANIFEST)).unwrap();
    let manifest: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&manifest).unwrap();
    let is_one = |entry: &serde_json::Value| {
        entry["filename"] == SHARED && entry["uses_numpy_placeholders"] == true
    };
    manifest.iter().filter(|(_, entry)| is_one(entry)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn maps_and_values_that_the_python_program_wrote_are_kept() {
    #[derive(Varpack)]
    struct Added {
        added: u32,
    }
    for name in fixtures::names() {
        let folder = fixtures::copy(&name);
        let before = State::of(&folder);
        let maps = maps_in_the_shared_pickle(&folder);
        let pack = Pack::open(&folder).unwrap();
        Added { added: 5 }.save(&folder).unwrap();
        // What has arrays in files of their own moves out of the shared pickle.
        let mut touched = vec![SHARED.to_owned(), MANIFEST.to_owned()];
        touched.extend(maps.iter().map(|map| format!("{map}.pickle")));
        touched.sort();
        assert_eq!(before.touched(&State::of(&folder)), touched, "{name}");
        let after = Pack::open(&folder).unwrap();
        assert_eq!(Added::load(&folder).unwrap().added, 5);
        assert_eq!(after.names().count(), pack.names().count() + 1);
        for variable in pack.names() {
            assert_eq!(after.get(variable), pack.get(variable), "{name}: {variable}");
        }
    }
}

#[test]
fn prune_removes_unknown_variables_with_all_their_files() {
    let (_parent, folder) = saved(&run());
    fs::write(folder.join("thesis.npy"), "theirs").unwrap();
    Step { step: 7 }.save_with(&folder, &SaveOptions::new().prune(true)).unwrap();
    assert_eq!(State::of(&folder).names(), [SHARED, "thesis.npy", MANIFEST]);
    assert_eq!(Pack::open(&folder).unwrap().names().collect::<Vec<_>>(), ["step"]);
}

#[test]
fn prune_removes_the_maps_of_the_python_program_with_their_files() {
    for name in fixtures::names() {
        let folder = fixtures::copy(&name);
        Step { step: 7 }.save_with(&folder, &SaveOptions::new().prune(true)).unwrap();
        assert_eq!(State::of(&folder).names(), [SHARED, MANIFEST], "{name}");
    }
}

#[test]
fn pruned_variable_is_kept_if_keep_names_it() {
    let (_parent, folder) = saved(&run());
    let options = SaveOptions::new().prune(true).keep(["split", "note"]);
    Step { step: 8 }.save_with(&folder, &options).unwrap();
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.names().collect::<Vec<_>>(), ["split", "step", "note"]);
    assert!(folder.join("split-train.npy").exists());
    assert!(!folder.join("weights.npy").exists());
}

#[test]
fn keep_leaves_a_field_as_the_folder_holds_it() {
    let (_parent, folder) = saved(&run());
    let before = State::of(&folder);
    let mut other = Run::load(&folder).unwrap();
    other.weights = arr1(&[1.0]).into();
    other.note = "second".to_owned();
    other.save_with(&folder, &SaveOptions::new().keep(["weights", "note"])).unwrap();
    before.assert_untouched(&folder);
}

#[derive(Varpack)]
struct Optional {
    step: u64,
    #[varpack(separate, default, alias = "log")]
    history: Vec<f64>,
    #[varpack(mmap, default)]
    weights: MmapArray1<f64>,
}

fn optional() -> Optional {
    Optional { step: 1, history: vec![0.5], weights: ramp(20_000).into() }
}

#[test]
fn save_of_what_was_loaded_keeps_what_was_skipped() {
    let (_parent, folder) = saved(&optional());
    let before = State::of(&folder);
    let options = LoadOptions::new().skip(["history", "weights"]);
    let mut loaded = Optional::load_with(&folder, &options).unwrap();
    assert!(loaded.history.is_empty() && loaded.weights.is_empty());
    loaded.step = 300;
    loaded.save().unwrap();
    assert_eq!(before.touched(&State::of(&folder)), [SHARED, MANIFEST]);
    let all = Optional::load(&folder).unwrap();
    assert_eq!((all.step, all.history.as_slice(), all.weights.len()), (300, &[0.5][..], 20_000));
}

#[test]
fn variable_skipped_by_its_older_name_is_kept_under_it() {
    let (_parent, folder) = saved(&optional());
    let mut pack = Pack::open(&folder).unwrap();
    let history = pack.remove("history").unwrap();
    pack.insert("log", history).unwrap();
    pack.save().unwrap();

    let options = LoadOptions::new().skip(["log"]);
    let mut loaded = Optional::load_with(&folder, &options).unwrap();
    assert!(loaded.history.is_empty());
    loaded.step = 2;
    loaded.save().unwrap();
    let all = Optional::load(&folder).unwrap();
    assert_eq!((all.step, all.history.as_slice()), (2, &[0.5][..]));
}

#[test]
fn save_to_another_folder_brings_what_was_skipped_along_in_files_as_the_struct_says() {
    let (parent, folder) = saved(&optional());
    let options = LoadOptions::new().skip(["history", "weights"]);
    let loaded = Optional::load_with(&folder, &options).unwrap();
    let before = State::of(&folder);
    let other = parent.path().join("other");
    loaded.save_to(&other).unwrap();
    before.assert_untouched(&folder);
    assert_eq!(State::of(&other).names(), before.names());
    let all = Optional::load(&other).unwrap();
    assert_eq!((all.step, all.history.as_slice(), all.weights.len()), (1, &[0.5][..], 20_000));
}

#[test]
fn overwrite_writes_no_default_over_a_variable_that_the_load_has_skipped() {
    for is_bare in [false, true] {
        let (_parent, folder) = saved(&optional());
        let options = LoadOptions::new().skip(["history"]).mode(Mode::CopyOnWrite);
        let mut loaded = Optional::load_with(&folder, &options).unwrap();
        Pack::update(&folder, |theirs| theirs.insert_value("step", &9)).unwrap();
        loaded.step = 2;
        let save = |options: &SaveOptions| match is_bare {
            true => (*loaded).save_with(&folder, options),
            false => loaded.save_with(options),
        };
        assert_eq!(save(&SaveOptions::new()).unwrap_err().kind(), ErrorKind::Stale);
        save(&SaveOptions::new().overwrite(true)).unwrap();
        let all = Optional::load(&folder).unwrap();
        assert_eq!((all.step, all.history.as_slice()), (2, &[0.5][..]));
        save(&SaveOptions::new().overwrite(true).overwrite_field("history")).unwrap();
        assert!(Optional::load(&folder).unwrap().history.is_empty());
    }
}

#[test]
fn field_that_was_skipped_and_set_is_saved_to_another_folder_as_it_was_set() {
    let (parent, folder) = saved(&optional());
    for skipped in [["history", "weights"], ["log", "weights"]] {
        let (other, third) = (parent.path().join("other"), parent.path().join("third"));
        let mut pack = Pack::open(&folder).unwrap();
        let history = pack.remove("history").or_else(|| pack.remove("log")).unwrap();
        pack.insert(skipped[0], history).unwrap();
        pack.save().unwrap();

        let options = LoadOptions::new().skip(skipped).mode(Mode::CopyOnWrite);
        let mut loaded = Optional::load_with(&folder, &options).unwrap();
        let found = |folder: &PathBuf| {
            let all = Optional::load(folder).unwrap();
            (all.history, all.weights.len())
        };
        loaded.history = vec![0.25];
        loaded.save_to(&other).unwrap();
        assert_eq!(found(&other), (vec![0.25], 20_000));
        loaded.weights = ramp(5).into();
        loaded.save_to(&other).unwrap();
        assert_eq!(found(&other), (vec![0.25], 5));
        assert_eq!(found(&folder), (vec![0.5], 20_000));
        // Once saved, a default is a value as any.
        loaded.save().unwrap();
        loaded.history = Vec::new();
        loaded.save_to(&third).unwrap();
        assert_eq!(found(&third), (Vec::new(), 5));
        assert_eq!(found(&folder), (vec![0.25], 5));
        optional().save_with(&folder, &SaveOptions::new().overwrite(true)).unwrap();
        for folder in [&other, &third] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[test]
fn edit_that_was_saved_to_another_folder_first_is_saved_to_its_own_too() {
    for (mode, len) in [Mode::CopyOnWrite, Mode::InMemory, Mode::ReadWrite]
        .iter()
        .flat_map(|&mode| [(mode, 4), (mode, 20_000)])
    {
        let (parent, folder) = saved(&Optional { weights: ramp(len).into(), ..optional() });
        let other = parent.path().join("other");
        let mut loaded = Optional::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        loaded.weights.view_mut().unwrap()[0] = 5.0;
        loaded.save_to(&other).unwrap();
        loaded.save().unwrap();
        for folder in [&folder, &other] {
            assert_eq!(Optional::load(folder).unwrap().weights[0], 5.0, "{mode:?}");
        }
        let before = State::of(&folder);
        loaded.save_to(&other).unwrap();
        loaded.save().unwrap();
        before.assert_untouched(&folder);
    }
}

#[test]
fn save_to_the_folder_that_was_loaded_touches_nothing() {
    let (_parent, folder) = saved(&optional());
    let before = State::of(&folder);
    let loaded = Optional::load_with(&folder, &LoadOptions::new().skip(["weights"])).unwrap();
    loaded.save_to(&folder).unwrap();
    before.assert_untouched(&folder);
}

#[derive(Varpack)]
struct WithNotes {
    #[varpack(skip_load)]
    notes: String,
    #[varpack(mmap, skip_load)]
    cache: BTreeMap<String, MmapArray1<f64>>,
    step: u64,
}

fn with_notes() -> WithNotes {
    let cache = BTreeMap::from([("a".to_owned(), ramp(20_000).into())]);
    WithNotes { notes: "long".to_owned(), cache, step: 1 }
}

fn notes(folder: &PathBuf) -> Option<String> {
    let pack = Pack::open(folder).unwrap();
    pack.get("notes")?.as_value()?.as_str().map(str::to_owned)
}

#[test]
fn field_that_is_not_loaded_keeps_what_the_folder_holds_until_it_is_set() {
    let (_parent, folder) = saved(&with_notes());
    let mut loaded = WithNotes::load(&folder).unwrap();
    assert!(loaded.notes.is_empty() && loaded.cache.is_empty());
    loaded.step = 2;
    loaded.save(&folder).unwrap();
    assert_eq!(notes(&folder).unwrap(), "long");
    assert!(folder.join("cache-a.npy").exists());

    loaded.notes = "new".to_owned();
    loaded.save(&folder).unwrap();
    assert_eq!(notes(&folder).unwrap(), "new");
    assert!(folder.join("cache-a.npy").exists());
}

#[test]
fn overwrite_field_writes_a_default_over_what_the_folder_holds() {
    let (_parent, folder) = saved(&with_notes());
    let loaded = WithNotes::load(&folder).unwrap();
    let options = SaveOptions::new().overwrite_field("notes").overwrite_field("cache");
    loaded.save_with(&folder, &options).unwrap();
    assert_eq!(notes(&folder).unwrap(), "");
    assert!(!folder.join("cache-a.npy").exists());
}

#[test]
fn field_that_is_not_loaded_is_saved_to_a_folder_that_lacks_it() {
    let (parent, folder) = saved(&with_notes());
    let loaded = WithNotes::load_with(&folder, &LoadOptions::new()).unwrap();
    let (bare, carried) = (parent.path().join("bare"), parent.path().join("carried"));
    loaded.save_with(&SaveOptions::new()).unwrap();
    WithNotes::save(&loaded, &bare).unwrap();
    assert_eq!(notes(&bare).unwrap(), "", "a bare struct has nowhere to remember it");
    loaded.save_to(&carried).unwrap();
    assert_eq!(notes(&carried).unwrap(), "long");
    assert!(carried.join("cache-a.npy").exists());
}

/// A value that serde cannot serialize.
struct Stubborn;

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no, never"))
    }
}

impl<'de> serde::Deserialize<'de> for Stubborn {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[test]
fn field_that_cannot_be_serialized_leaves_the_folder_as_it_was() {
    #[derive(Varpack)]
    struct New {
        #[varpack(mmap)]
        weights: MmapArray1<f64>,
        step: u64,
        note: Stubborn,
    }
    let new = New { weights: arr1(&[1.0]).into(), step: 9, note: Stubborn };
    let (parent, folder) = saved(&run());
    let before = State::of(&folder);
    let error = new.save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Value, Some("note")));
    assert!(error.to_string().contains("no, never"), "{error}");
    assert_eq!(error.path(), Some(folder.as_path()));
    before.assert_untouched(&folder);

    let parent_before = State::of(parent.path());
    new.save(parent.path().join("absent")).unwrap_err();
    assert_eq!(State::of(parent.path()).names(), parent_before.names());
}

#[test]
fn names_that_cannot_be_variables_are_refused_before_anything_is_written() {
    let (_parent, folder) = saved(&Step { step: 1 });
    let before = State::of(&folder);
    let mut pack = Pack::open(&folder).unwrap();
    let long = "x".repeat(249); // and `.pickle` makes 256 bytes
    for name in ["", ".", "..", "../x", "a/b", "a\\b", "a\0b", "__misc_vars__", "VarPack", &long] {
        let array = PackValue::try_from(arr1(&[1.0])).unwrap();
        let error = pack.insert(name, array).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{name}");
        assert_eq!(error.variable(), Some(name));
    }
    // Of values too where the Python program breaks on them, and where no folder is read with them.
    for name in ["__class__", "__dict__", "__internal__", &"x".repeat(4097)] {
        let error = pack.insert(name, varpack::pickle::Value::Int(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{name}");
    }
    pack.save().unwrap();
    before.assert_untouched(&folder);
}
