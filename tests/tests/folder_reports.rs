//! What a load and a save tell: reports, and events of the log.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use varpack::{
    LoadAction, LoadOptions, Loaded, MmapArray1, MmapArray2, Pack, SaveAction, SaveOptions,
    SaveReport, Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray2<f32>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<u8>>,
    step: u64,
    name: String,
    #[varpack(separate)]
    history: Vec<f64>,
}

fn run() -> Run {
    Run {
        x: ndarray::Array2::zeros((3, 2)).into(),
        split: [("a", vec![1, 2]), ("b", vec![3])]
            .map(|(key, elements)| (key.to_owned(), elements.into()))
            .into(),
        step: 7,
        name: "first".to_owned(),
        history: (0..100).map(f64::from).collect(),
    }
}

fn lines(report: &SaveReport) -> Vec<(String, SaveAction, String, Option<String>)> {
    let entries = report.entries().iter();
    entries
        .map(|it| (it.variable.clone(), it.action, it.filename.clone(), it.value.clone()))
        .collect()
}

fn sizes_on_disk(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|file| !file.file_name().to_string_lossy().contains("lock"));
    files.map(|file| file.metadata().unwrap().len()).sum()
}

#[test]
fn first_save_reports_each_variable_and_each_array_of_a_map_with_what_it_is() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let report = run().save_with(&folder, &unsynced()).unwrap();
    let is = |variable: &str, filename: &str, value: Option<&str>| {
        let texts = (variable.to_owned(), filename.to_owned(), value.map(str::to_owned));
        (texts.0, SaveAction::Written, texts.1, texts.2)
    };
    assert_eq!(
        lines(&report),
        [
            is("x", "x.npy", None),
            is("split", "split.pickle", Some("dict")),
            is("split[a]", "split-a.npy", None),
            is("split[b]", "split-b.npy", None),
            is("step", "__misc_vars__.pickle", Some("int 7")),
            is("name", "__misc_vars__.pickle", Some("str 'first'")),
            is("history", "history.pickle", Some("list")),
        ]
    );
    let array = |number: usize| {
        let entry = &report.entries()[number];
        (entry.array.clone().unwrap(), entry.bytes)
    };
    assert_eq!(array(0), (("float32".to_owned(), vec![3, 2]), 152));
    assert_eq!(array(2), (("uint8".to_owned(), vec![2]), 130));
    assert_eq!(report.bytes_written(), sizes_on_disk(&folder));
    let text = report.to_string();
    assert!(text.starts_with("x         written  float32 [3, 2]  152 B  x.npy\n"), "{text}");
    assert!(text.ends_with("7 written (2.0 KiB), 0 kept, 0 removed\n"), "{text}");
}

#[test]
fn save_that_changes_nothing_reports_that_all_is_kept_and_nothing_written() {
    let (_parent, folder) = saved(&run());
    let report = load::<Run>(&folder).save_with(&unsynced()).unwrap();
    assert!(report.entries().iter().all(|it| it.action == SaveAction::Kept), "{report}");
    let variables: Vec<_> = report.entries().iter().map(|it| it.variable.as_str()).collect();
    assert_eq!(variables, ["x", "split", "step", "name", "history"]);
    assert_eq!(report.bytes_written(), 0);
    assert_eq!(report.entries()[0].array, Some(("float32".to_owned(), vec![3, 2])));
}

#[test]
fn save_of_one_change_reports_what_was_written_and_what_was_kept() {
    let (_parent, folder) = saved(&run());
    let mut loaded: Loaded<Run> = load(&folder);
    loaded.split.get_mut("a").unwrap().view_mut().unwrap()[0] = 9;
    loaded.history.push(0.5);
    let report = loaded.save_with(&unsynced()).unwrap();
    let written = lines(&report).into_iter().filter(|it| it.1 == SaveAction::Written);
    let written: Vec<_> = written.map(|(variable, ..)| variable).collect();
    assert_eq!(written, ["split[a]", "history"], "{report}");
}

#[test]
fn what_a_save_removes_is_reported_with_its_files() {
    let (_parent, folder) = saved(&run());
    let mut pack = Pack::open(&folder).unwrap();
    for name in ["x", "split", "step"] {
        pack.remove(name).unwrap();
    }
    let report = pack.save_with(&unsynced()).unwrap();
    let removed = lines(&report).into_iter().filter(|it| it.1 == SaveAction::Removed);
    let removed: BTreeSet<_> = removed.map(|(variable, _, file, _)| (variable, file)).collect();
    let is = |variable: &str, file: &str| (variable.to_owned(), file.to_owned());
    assert_eq!(
        removed,
        BTreeSet::from([
            is("x", "x.npy"),
            is("split", "split.pickle"),
            is("split[a]", "split-a.npy"),
            is("split[b]", "split-b.npy"),
            is("step", "__misc_vars__.pickle"),
        ])
    );
    let x = report.entries().iter().find(|it| it.filename == "x.npy").unwrap();
    assert_eq!(x.bytes, 128 + 24);
}

fn removed(report: &SaveReport) -> Vec<(&str, &str)> {
    let entries = report.entries().iter().filter(|it| it.action == SaveAction::Removed);
    entries.map(|it| (it.variable.as_str(), it.filename.as_str())).collect()
}

#[test]
fn array_that_is_taken_out_of_a_map_is_reported_by_its_key() {
    let (_parent, folder) = saved(&run());
    let mut loaded: Loaded<Run> = load(&folder);
    loaded.split.remove("a").unwrap();
    let report = loaded.save_with(&unsynced()).unwrap();
    assert_eq!(removed(&report), [("split[a]", "split-a.npy")], "{report}");
}

#[test]
fn array_of_a_map_that_goes_to_its_pickle_is_not_reported_as_removed() {
    #[derive(Varpack)]
    struct Short {
        #[varpack(mmap(min_len = 2))]
        split: BTreeMap<String, MmapArray1<u8>>,
    }
    let (_parent, folder) = saved(&run());
    let mut loaded: Loaded<Short> = load(&folder);
    *loaded.split.get_mut("b").unwrap() = vec![4].into();
    let report = loaded.save_with(&unsynced()).unwrap();
    assert!(!folder.join("split-b.npy").exists());
    assert_eq!(removed(&report), [], "{report}");
}

#[test]
fn value_that_goes_to_another_file_is_not_reported_as_removed() {
    #[derive(Varpack)]
    struct Together {
        history: Vec<f64>,
    }
    let (_parent, folder) = saved(&run());
    let report = Together { history: vec![0.5] }.save_with(&folder, &unsynced()).unwrap();
    assert!(!folder.join("history.pickle").exists());
    assert_eq!(removed(&report), [], "{report}");
    let history = report.entries().iter().find(|it| it.variable == "history").unwrap();
    assert_eq!(
        (history.action, history.filename.as_str()),
        (SaveAction::Written, "__misc_vars__.pickle")
    );
}

#[test]
fn copy_to_another_folder_reports_what_it_wrote() {
    let (parent, folder) = saved(&run());
    let copy = parent.path().join("copy");
    let report = load::<Run>(&folder).save_to_with(&copy, &SaveOptions::new()).unwrap();
    assert!(report.entries().iter().all(|it| it.action == SaveAction::Written), "{report}");
    assert_eq!(report.bytes_written(), sizes_on_disk(&copy));
    let pack = Pack::open(&folder).unwrap();
    let again = parent.path().join("again");
    let report = pack.save_to_with(&again, &SaveOptions::new()).unwrap();
    assert_eq!(report.bytes_written(), sizes_on_disk(&again));
}

#[test]
fn load_reports_types_short_values_and_sizes() {
    let (_parent, folder) = saved(&run());
    let texts = |report: &varpack::LoadReport| -> Vec<_> {
        let entries = report.entries().iter();
        entries
            .map(|it| (it.variable.clone(), it.value.clone().unwrap_or_default(), it.bytes))
            .collect()
    };
    let is = |variable: &str, value: &str, bytes| (variable.to_owned(), value.to_owned(), bytes);
    let history = std::fs::metadata(folder.join("history.pickle")).unwrap().len();
    let expected = [
        is("x", "", Some(24)),
        is("split[a]", "", Some(2)),
        is("split[b]", "", Some(1)),
        is("step", "int 7", Some(2)),
        is("name", "str 'first'", Some(7)),
        is("history", "list of 100", Some(history)),
    ];
    assert_eq!(texts(load::<Run>(&folder).report()), expected);
    assert_eq!(texts(Pack::open(&folder).unwrap().report()), expected);
    let skipping = Pack::open_with(&folder, &LoadOptions::new().skip(["history"])).unwrap();
    let skipped = skipping.report().entries().last().unwrap();
    assert_eq!((&skipped.action, skipped.bytes), (&LoadAction::Skipped, Some(history)));
}

#[derive(Varpack)]
struct Values {
    none: Option<u8>,
    yes: bool,
    loss: f64,
    few: Vec<f32>,
    nested: BTreeMap<String, Vec<u8>>,
    pair: (u8, String),
    long: String,
    control: String,
}

#[test]
fn short_values_are_shown_as_python_prints_them_and_long_or_odd_ones_cut_and_escaped() {
    let values = Values {
        none: None,
        yes: true,
        loss: 0.5,
        few: vec![0.5, 1.0],
        nested: BTreeMap::from([("a".to_owned(), vec![1])]),
        pair: (1, "two".to_owned()),
        long: "ä".repeat(1000),
        control: "\u{1b}[31m\n".to_owned(),
    };
    let long = format!("str '{}'… (2000 bytes)", "ä".repeat(40));
    let expected = [
        "None",
        "bool True",
        "float 0.5",
        "list [0.5, 1.0]",
        "dict of 1",
        "tuple of 2",
        &long,
        r"str '\u{1b}[31m\n'",
    ];
    let root = tempfile::tempdir().unwrap();
    let saved = values.save_with(root.path(), &unsynced()).unwrap();
    let saved: Vec<_> =
        saved.entries().iter().map(|it| it.value.clone().unwrap_or_default()).collect();
    let loaded = load::<Values>(root.path());
    let loaded: Vec<_> =
        loaded.report().entries().iter().map(|it| it.value.clone().unwrap()).collect();
    assert_eq!(loaded, expected);
    // What may be long is not read again to be shown.
    assert_eq!((&saved[..3], &saved[7]), (&loaded[..3], &loaded[7]));
    assert_eq!(saved[3..7], ["list", "dict", "", ""]);
}

static EVENTS: Mutex<Vec<(String, BTreeMap<String, String>)>> = Mutex::new(Vec::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        struct Pairs(BTreeMap<String, String>);
        impl<'kvs> log::kv::VisitSource<'kvs> for Pairs {
            fn visit_pair(
                &mut self,
                key: log::kv::Key<'kvs>,
                value: log::kv::Value<'kvs>,
            ) -> Result<(), log::kv::Error> {
                self.0.insert(key.to_string(), value.to_string());
                Ok(())
            }
        }
        let mut pairs = Pairs(BTreeMap::new());
        record.key_values().visit(&mut pairs).unwrap();
        EVENTS.lock().unwrap().push((record.args().to_string(), pairs.0));
    }

    fn flush(&self) {}
}

#[test]
fn loads_saves_edits_and_flushes_are_events_of_the_log_with_keys_and_values() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(log::LevelFilter::Debug);
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("logged");
    run().save_with(&folder, &unsynced()).unwrap();
    let mut loaded = Run::edit(&folder).unwrap();
    loaded.x.view_mut().unwrap().fill(1.0);
    loaded.x.view_mut().unwrap().fill(2.0);
    loaded.x.flush().unwrap();
    log::set_max_level(log::LevelFilter::Off);
    let events = EVENTS.lock().unwrap();
    let here = |text: &&(String, BTreeMap<String, String>)| text.0.contains("logged");
    let events: Vec<_> = events.iter().filter(here).collect();
    let first_words: Vec<_> =
        events.iter().map(|(text, _)| text.split([' ', ':']).next().unwrap()).collect();
    assert_eq!(first_words, ["saved", "loaded", "edited", "flushed"], "{events:?}");
    let path = folder.to_str().unwrap();
    let pairs = |number: usize| &events[number].1;
    assert_eq!(pairs(0)["folder"], path);
    assert_eq!((&*pairs(0)["written"], &*pairs(0)["removed"]), ("7", "0"));
    assert_eq!((&*pairs(1)["folder"], &*pairs(1)["variables"]), (path, "6"));
    for number in [2, 3] {
        assert_eq!(pairs(number)["variable"], "x");
        assert_eq!(pairs(number)["file"], folder.join("x.npy").to_str().unwrap());
    }
}

#[test]
fn load_reports_what_is_empty_as_a_save_does() {
    #[derive(Varpack, Default)]
    struct Nothing {}
    #[derive(Varpack, Default)]
    struct Empty {
        #[varpack(mmap)]
        map: BTreeMap<String, MmapArray1<f32>>,
        #[varpack(mmap)]
        list: Vec<MmapArray1<f32>>,
        #[varpack(mmap)]
        option: Option<BTreeMap<String, MmapArray1<f32>>>,
        #[varpack(nested)]
        nothing: Nothing,
        #[varpack(flatten)]
        layers: Vec<Nothing>,
        step: u64,
    }
    let root = tempfile::tempdir().unwrap();
    let empty = Empty { option: Some(BTreeMap::new()), ..Empty::default() };
    let saved = empty.save_with(root.path(), &unsynced()).unwrap();
    let saved: BTreeSet<_> = saved.entries().iter().map(|it| it.variable.clone()).collect();
    let loaded: Loaded<Empty> = load(root.path());
    let entries = loaded.report().entries().iter();
    assert_eq!(entries.map(|it| it.variable.clone()).collect::<BTreeSet<_>>(), saved);
    for entry in loaded.report().entries() {
        assert!(entry.value.is_some() && entry.bytes.is_some(), "{}", loaded.report());
    }
}
