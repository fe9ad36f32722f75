//! Flattened fields that are saved again, by one program or by two: what was not changed stays, entries go with all
//! that is theirs, and nobody's change is lost in silence.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadAction, LoadOptions, Loaded, MmapArray1, Mode, Pack, PackValue, SaveOptions,
    Varpack,
};
use varpack_tests::folders::Stamp;
use varpack_tests::holders::{self, load, unsynced};

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Layer {
    #[varpack(mmap)]
    w: MmapArray1<f32>,
    #[varpack(mmap)]
    bias: Option<MmapArray1<f32>>,
    name: String,
}

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Adam {
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(mmap)]
    v: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(separate, default)]
    log: Vec<String>,
    #[varpack(skip_load)]
    notes: String,
    rate: f64,
}

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Model {
    #[varpack(flatten)]
    layers: Vec<Layer>,
    #[varpack(flatten)]
    heads: BTreeMap<String, Layer>,
}

#[derive(Varpack, Debug, Clone, PartialEq, Default)]
struct Run {
    #[varpack(flatten)]
    model: Model,
    #[varpack(flatten)]
    opt: Option<Adam>,
    step: u64,
}

fn array(first: f32) -> MmapArray1<f32> {
    Array1::linspace(first, first + 1.0, 20_000).into()
}

fn layer(first: f32) -> Layer {
    Layer { w: array(first), bias: None, name: first.to_string() }
}

fn adam() -> Adam {
    let moments = || ["w", "b"].map(|key| (key.to_owned(), array(0.5))).into();
    Adam {
        m: moments(),
        v: moments(),
        log: vec!["begun".to_owned()],
        notes: String::new(),
        rate: 0.1,
    }
}

fn run() -> Run {
    let heads = [("a", 3.0), ("b", 4.0)].map(|(key, first)| (key.to_owned(), layer(first))).into();
    let model = Model { layers: vec![layer(1.0), layer(2.0)], heads };
    Run { model, opt: Some(adam()), step: 1 }
}

fn saved() -> (TempDir, PathBuf) {
    holders::saved(&run())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = Pack::open(folder).unwrap().names().map(str::to_owned).collect();
    names.sort();
    names
}

fn below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut names = names(folder);
    names.retain(|name| name.starts_with(prefix));
    names
}

/// Which file stands under each name.
fn files(folder: &Path) -> BTreeMap<String, Stamp> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), Stamp::at(entry.path())))
        .collect()
}

fn set(folder: &Path, name: &str, value: u64) {
    let mut pack = Pack::open(folder).unwrap();
    pack.insert(name, PackValue::serialize(&value).unwrap()).unwrap();
    pack.save().unwrap();
}

/// The error of a save that would undo what another has done.
#[track_caller]
fn assert_stale(loaded: &Loaded<Run>, variable: &str) {
    let error = loaded.save_with(&unsynced()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    assert_eq!(error.variable(), Some(variable), "{error}");
}

#[test]
fn step_that_is_changed_beside_deep_arrays_writes_the_shared_pickle_alone() {
    let (_parent, folder) = saved();
    let before = files(&folder);
    let mut run = load::<Run>(&folder);
    for _ in 0..3 {
        run.step += 1;
        run.save_with(&unsynced()).unwrap();
    }
    let mut bare = Run::load(&folder).unwrap();
    bare.step += 1;
    bare.save_with(&folder, &unsynced()).unwrap();
    let after = files(&folder);
    let changed: Vec<_> =
        after.iter().filter(|(name, file)| before.get(*name) != Some(file)).collect();
    assert!(
        changed
            .iter()
            .all(|(name, _)| ["__misc_vars__.pickle", "varpack.json"].contains(&name.as_str())),
        "{changed:?}"
    );
    assert_eq!(before.len(), after.len());
    assert_eq!(Run::load(&folder).unwrap().step, 5);
}

#[test]
fn save_of_what_was_not_changed_writes_nothing() {
    let (_parent, folder) = saved();
    let before = files(&folder);
    load::<Run>(&folder).save_with(&unsynced()).unwrap();
    assert_eq!(files(&folder), before);
}

#[test]
fn training_loop_over_lists_of_layers_and_an_optimizer_writes_what_it_changes() {
    let (_parent, folder) = saved();
    let mut run = load::<Run>(&folder);
    for step in 2..5 {
        run.step = step;
        run.model.layers[1].w.view_mut().unwrap()[0] = step as f32;
        let opt = run.opt.as_mut().unwrap();
        opt.m.get_mut("w").unwrap().view_mut().unwrap()[0] = step as f32;
        opt.log.push(format!("step {step}"));
        run.save_with(&unsynced()).unwrap();
        let now = Run::load(&folder).unwrap();
        assert_eq!(now, *run);
        assert_eq!(now.opt.unwrap().m["w"][0], step as f32);
    }
}

#[test]
fn different_keys_that_two_add_to_a_map_of_structs_are_both_there() {
    let (_parent, folder) = saved();
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.model.heads.insert("c".to_owned(), layer(5.0));
    two.model.heads.insert("d".to_owned(), layer(6.0));
    two.model.heads.remove("a");
    one.save_with(&unsynced()).unwrap();
    two.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!(now.model.heads.keys().collect::<Vec<_>>(), ["b", "c", "d"]);
    assert_eq!(now.model.heads["c"], layer(5.0));
    assert!(below(&folder, "model.heads.a").is_empty());
    one.step = 9;
    one.save_with(&unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap().model.heads.len(), 3);
}

#[test]
fn key_that_two_have_added_otherwise_is_stale() {
    let (_parent, folder) = saved();
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.model.heads.insert("c".to_owned(), layer(5.0));
    two.model.heads.insert("c".to_owned(), layer(6.0));
    one.save_with(&unsynced()).unwrap();
    assert_stale(&two, "model.heads.c.w");
    two.model.heads.insert("c".to_owned(), layer(5.0));
    two.save_with(&unsynced()).unwrap();
}

#[test]
fn list_that_two_have_lengthened_otherwise_is_stale() {
    let (_parent, folder) = saved();
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.model.layers.push(layer(5.0));
    two.model.layers.push(layer(6.0));
    one.save_with(&unsynced()).unwrap();
    assert_stale(&two, "model.layers.2.w");
    two.model.layers.push(layer(7.0));
    assert_stale(&two, "model.layers");
    assert_eq!(Run::load(&folder).unwrap(), *one);
}

#[test]
fn entry_that_one_takes_out_and_another_has_changed_is_stale_either_way() {
    for changes_first in [true, false] {
        let (_parent, folder) = saved();
        let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
        one.model.layers[1].w.view_mut().unwrap()[0] = 9.0;
        two.model.layers.pop();
        let (first, second) = if changes_first { (one, two) } else { (two, one) };
        first.save_with(&unsynced()).unwrap();
        assert_stale(&second, "model.layers.1.w");
        assert_eq!(Run::load(&folder).unwrap(), *first);
    }
}

#[test]
fn option_that_one_empties_and_another_has_changed_is_stale() {
    let (_parent, folder) = saved();
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.opt.as_mut().unwrap().rate = 0.2;
    two.opt = None;
    one.save_with(&unsynced()).unwrap();
    assert_stale(&two, "opt.rate");
    assert_eq!(Run::load(&folder).unwrap(), *one);
}

#[test]
fn entry_that_another_has_taken_out_stays_out() {
    let (_parent, folder) = saved();
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.model.layers.pop();
    one.model.heads.remove("a");
    one.opt = None;
    one.save_with(&unsynced()).unwrap();
    two.step = 2;
    two.save_with(&unsynced()).unwrap();
    let now = Run::load(&folder).unwrap();
    assert_eq!((now.step, now.model.layers.len(), now.model.heads.len()), (2, 1, 1));
    assert!(now.opt.is_none());
    assert_eq!(below(&folder, "opt"), ["opt"]);
}

#[test]
fn option_is_emptied_with_what_no_field_has_of_it_but_not_with_what_came_since() {
    let (_parent, folder) = saved();
    set(&folder, "opt.before", 1);
    let mut run = load::<Run>(&folder);
    set(&folder, "opt.since", 2);
    run.opt = None;
    assert_stale(&run, "opt.since");
    assert_eq!(Run::load(&folder).unwrap().opt, Some(adam()));
    let mut run = load::<Run>(&folder);
    run.opt = None;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(below(&folder, "opt"), ["opt"]);
    assert!(Run::load(&folder).unwrap().opt.is_none());
    run.opt = Some(adam());
    run.save_with(&unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap().opt, Some(adam()));
}

#[test]
fn unknown_variable_below_an_entry_that_goes_and_was_changed_since_is_stale() {
    let (_parent, folder) = saved();
    set(&folder, "model.layers.1.extra", 1);
    let mut run = load::<Run>(&folder);
    set(&folder, "model.layers.1.extra", 2);
    run.model.layers.pop();
    assert_stale(&run, "model.layers.1.extra");
    let overwrite = unsynced().overwrite_field("model.layers");
    run.save_with(&overwrite).unwrap();
    assert!(below(&folder, "model.layers.1").is_empty());
}

#[test]
fn unknown_variables_below_an_entry_that_stays_stay() {
    let (_parent, folder) = saved();
    set(&folder, "model.layers.0.extra", 1);
    set(&folder, "model.heads.b.extra.more", 1);
    let mut run = load::<Run>(&folder);
    run.model.layers.pop();
    run.model.heads.remove("a");
    run.save_with(&unsynced()).unwrap();
    let names = names(&folder);
    for name in ["model.layers.0.extra", "model.heads.b.extra.more"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    run.save_with(&unsynced().prune(true)).unwrap();
    assert!(!self::names(&folder).contains(&"model.layers.0.extra".to_owned()));
}

fn skipping(folder: &Path, names: &[&str]) -> Loaded<Run> {
    let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(names.iter().copied());
    Run::load_with(folder, &options).unwrap()
}

#[test]
fn group_that_is_skipped_is_kept_whole() {
    let (_parent, folder) = saved();
    set(&folder, "opt.extra", 1);
    let before = names(&folder);
    let mut run = skipping(&folder, &["opt", "model.layers", "model.heads"]);
    assert_eq!((&run.opt, &run.model), (&None, &Model::default()));
    let skipped = run.report().entries().iter().filter(|entry| entry.action == LoadAction::Skipped);
    assert!(skipped.count() >= 15, "{}", run.report());
    run.step = 2;
    run.save_with(&unsynced().prune(true)).unwrap();
    assert_eq!(names(&folder), before);
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 2, ..self::run() });
}

#[test]
fn group_that_was_skipped_and_is_set_replaces_all_of_it() {
    let (_parent, folder) = saved();
    let mut run = skipping(&folder, &["model.layers"]);
    run.model.layers = vec![layer(7.0)];
    run.save_with(&unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap().model.layers, [layer(7.0)]);
    assert!(below(&folder, "model.layers.1").is_empty());
    run.model.layers.clear();
    run.save_with(&unsynced()).unwrap();
    assert!(Run::load(&folder).unwrap().model.layers.is_empty());
    assert_eq!(below(&folder, "model.layers"), ["model.layers"]);
}

#[test]
fn one_variable_of_a_group_is_skipped_and_kept() {
    let (_parent, folder) = saved();
    let mut run = skipping(&folder, &["opt.log"]);
    assert!(run.opt.as_ref().unwrap().log.is_empty());
    run.opt.as_mut().unwrap().rate = 0.5;
    run.save_with(&unsynced()).unwrap();
    let opt = Run::load(&folder).unwrap().opt.unwrap();
    assert_eq!((opt.log, opt.rate), (vec!["begun".to_owned()], 0.5));
}

#[test]
fn what_has_no_default_cannot_be_skipped() {
    let (_parent, folder) = saved();
    for name in ["model", "model.layers.0", "model.layers.0.w", "opt.rate"] {
        let error = Run::load_with(&folder, &LoadOptions::new().skip([name])).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some(name)), "{error}");
    }
}

#[test]
fn skip_load_field_of_a_group_is_kept_until_it_is_set() {
    let (_parent, folder) = saved();
    let mut run = load::<Run>(&folder);
    run.opt.as_mut().unwrap().notes = "first".to_owned();
    run.save_with(&unsynced()).unwrap();
    let mut run = load::<Run>(&folder);
    assert_eq!(run.opt.as_ref().unwrap().notes, "");
    run.step = 3;
    run.save_with(&unsynced()).unwrap();
    assert_eq!(Pack::open(&folder).unwrap().value::<String>("opt.notes").unwrap(), "first");
}

#[test]
fn keep_and_overwrite_of_a_group_mean_all_of_it() {
    let (_parent, folder) = saved();
    let mut other = Run { step: 5, ..Run::default() };
    other.model.layers = vec![layer(8.0)];
    other.save_with(&folder, &unsynced().keep(["model", "opt"])).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run { step: 5, ..run() });
    let (mut one, mut two) = (load::<Run>(&folder), load::<Run>(&folder));
    one.model.layers[0].name = "one".to_owned();
    two.model.layers[0].name = "two".to_owned();
    one.save_with(&unsynced()).unwrap();
    assert_stale(&two, "model.layers.0.name");
    two.save_with(&unsynced().overwrite_field("model")).unwrap();
    assert_eq!(Run::load(&folder).unwrap().model.layers[0].name, "two");
}

#[test]
fn what_was_skipped_is_brought_along_to_another_folder() {
    let (parent, folder) = saved();
    let copy = parent.path().join("copy");
    let run = skipping(&folder, &["opt", "model.layers"]);
    run.save_to_with(&copy, &unsynced()).unwrap();
    assert_eq!(Run::load(&copy).unwrap(), self::run());
}

#[test]
fn bare_struct_without_arrays_is_written_over_whatever_there_is() {
    let (_parent, folder) = saved();
    Run::default().save_with(&folder, &unsynced()).unwrap();
    assert_eq!(Run::load(&folder).unwrap(), Run::default());
    assert_eq!(names(&folder), ["model.heads", "model.layers", "opt", "step"]);
}

#[test]
fn update_loses_nothing_of_lists() {
    let (_parent, folder) = saved();
    for first in [5.0, 6.0] {
        Run::update(&folder, |run| {
            run.model.layers.push(layer(first));
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(Run::load(&folder).unwrap().model.layers.len(), 4);
}

#[test]
fn edits_in_place_of_flattened_arrays_are_flushed() {
    let (_parent, folder) = saved();
    let mut run = Run::edit(&folder).unwrap();
    run.model.layers[0].w.view_mut().unwrap()[0] = 42.0;
    run.flush().unwrap();
    drop(run);
    assert_eq!(Run::edit(&folder).unwrap().model.layers[0].w[0], 42.0);
}

#[test]
fn copy_of_a_whole_struct_is_saved_elsewhere() {
    let (parent, folder) = saved();
    let run = Run::load(&folder).unwrap();
    let copy = parent.path().join("copy");
    run.save_with(&copy, &SaveOptions::new().sync(false)).unwrap();
    assert_eq!(Run::load(&copy).unwrap(), run);
}
