//! Names that the options of a save give: known to the struct or the folder, or refused.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::{Duration, Instant};
use varpack::{ErrorKind, LoadOptions, Pack, PackValue, SaveOptions, Varpack};
use varpack_tests::folders::State;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, default, alias = "log")]
    history: Vec<f64>,
    #[varpack(skip_load)]
    notes: String,
    #[varpack(skip_save, default)]
    cache: Vec<f64>,
    step: u64,
}

fn run() -> Run {
    Run { history: vec![0.5], notes: "first".to_owned(), cache: vec![1.0], step: 7 }
}

#[test]
fn error_of_a_name_to_keep_that_is_none_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut pack = Pack::new();
    for name in ["fm", "f.w", "f.lr", "f", "s", "step"] {
        pack.insert_value(name, &1).unwrap();
    }
    let texts: std::collections::BTreeSet<_> = (0..20)
        .map(|_| {
            let options = SaveOptions::new().keep(["fm.a"]);
            pack.save_to_with(folder.path(), &options).unwrap_err().to_string()
        })
        .collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
}

#[test]
fn name_to_keep_that_nobody_knows_is_refused_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    run().save(folder.path()).unwrap();
    let before = State::of(folder.path());
    for options in
        [SaveOptions::new().keep(["histroy"]), SaveOptions::new().overwrite_field("histroy")]
    {
        let error = run().save_with(folder.path(), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingVariable);
        assert_eq!(error.variable(), Some("histroy"));
        assert_eq!(error.path(), Some(folder.path()));
        assert!(error.found().unwrap().contains("`history`"), "{error}");
        assert!(error.to_string().contains("did you mean `history`?"), "{error}");
    }
    before.assert_untouched(folder.path());
}

#[test]
fn name_to_keep_that_nobody_knows_leaves_no_new_folder() {
    let root = tempfile::tempdir().unwrap();
    let options = SaveOptions::new().keep(["histroy"]);
    run().save_with(root.path().join("run"), &options).unwrap_err();
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn name_to_keep_may_be_an_alias_or_known_to_one_side_alone() {
    let root = tempfile::tempdir().unwrap();
    let [new, old] = ["new", "old"].map(|name| root.path().join(name));
    // Known to the struct: there is nothing to keep yet.
    run().save_with(&new, &SaveOptions::new().keep(["history", "log"])).unwrap();
    assert_eq!(Run::load(&new).unwrap().history, [0.5]);
    // Known to the folder, which is pruned but for it.
    let mut pack = Pack::new();
    pack.insert("theirs", PackValue::serialize(&1).unwrap()).unwrap();
    pack.insert("more", PackValue::serialize(&2).unwrap()).unwrap();
    pack.save_to(&old).unwrap();
    run().save_with(&old, &SaveOptions::new().prune(true).keep(["theirs"])).unwrap();
    let names: Vec<String> = Pack::open(&old).unwrap().names().map(String::from).collect();
    assert_eq!(names, ["theirs", "history", "notes", "step"]);
}

#[test]
fn loaded_keeps_what_it_skipped_though_neither_folder_nor_save_has_it() {
    let folder = tempfile::tempdir().unwrap();
    run().save(folder.path()).unwrap();
    // `cache` is loaded where a folder has it, and never saved.
    let options = LoadOptions::new().skip(["cache", "history"]);
    let mut loaded = Run::load_with(folder.path(), &options).unwrap();
    loaded.step = 8;
    loaded.save().unwrap();
    let saved = Run::load(folder.path()).unwrap();
    assert_eq!((saved.history, saved.cache, saved.step), (vec![0.5], vec![], 8));
}

#[test]
fn pack_refuses_a_name_to_keep_that_nobody_knows_and_not_what_it_left_out_itself() {
    let folder = tempfile::tempdir().unwrap();
    run().save(folder.path()).unwrap();
    let mut pack = Pack::open(folder.path()).unwrap();
    pack.set_rules(varpack::PackRules::new().skip_save(["gone"]));
    pack.insert("step", PackValue::serialize(&8).unwrap()).unwrap();
    let error = pack.save_with(&SaveOptions::new().keep(["stpe"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable);
    assert!(error.to_string().contains("did you mean `step`?"), "{error}");
    pack.save().unwrap();
    assert_eq!(Run::load(folder.path()).unwrap().step, 8);
}

#[test]
fn empty_path_is_refused_as_that() {
    let errors = [
        run().save("").unwrap_err(),
        Run::load("").map(drop).unwrap_err(),
        Pack::new().save_to("").unwrap_err(),
        Pack::open("").map(drop).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(error.to_string(), "the path of the folder is empty");
    }
}

#[test]
fn name_that_is_too_long_is_refused_with_its_length_and_the_longest() {
    let mut pack = Pack::new();
    let value = || PackValue::serialize(&1).unwrap();
    let array = || PackValue::try_from(ndarray::array![1.0]).unwrap();
    pack.insert("v".repeat(4096), value()).unwrap();
    pack.insert("a".repeat(248), array()).unwrap();
    let error = pack.insert("v".repeat(4097), value()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Name);
    let message = "it cannot be a variable's: it has 4097 bytes, of at most 4096";
    assert_eq!(error.message(), Some(message));
    let folder = tempfile::tempdir().unwrap();
    pack.save_to(folder.path().join("run")).unwrap();
    let error = pack.insert("a".repeat(250), array()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Name);
    let message = "it cannot be the name of a file: it has 250 bytes, of at most 248";
    assert_eq!(error.message(), Some(message));
}

#[test]
fn folder_that_the_system_has_no_way_to_make_is_told_and_not_called_busy() {
    #[derive(Varpack)]
    struct Step {
        step: u64,
    }
    let options = SaveOptions::new().wait(Duration::from_secs(60));
    for path in ["/proc/self/x", "/proc/self/fd/x"] {
        let started = Instant::now();
        let error = Step { step: 7 }.save_with(path, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io, "{error}");
        assert!(error.to_string().contains("cannot make the folder"), "{error}");
        assert!(started.elapsed().as_secs() < 30);
    }
}
