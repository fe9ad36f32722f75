//! Symbolic links in a folder, when a load is told to follow them: what they may lead to, what the arrays
//! behind them can do, and that a save never writes through one or over one.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::{Array1, Ix1};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use varpack::{
    Error, ErrorKind, LoadAction, LoadOptions, MmapArray1, Mode, Pack, ReadReason, SaveOptions,
    Varpack,
};
use varpack_tests::folders::{MODES, State};

const SHARED: &str = "__misc_vars__.pickle";
const MANIFEST: &str = "varpack.json";
const FILES: [&str; 6] =
    [MANIFEST, SHARED, "x.npy", "history.pickle", "split.pickle", "split-a.npy"];

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap, default)]
    split: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(separate, default)]
    history: Vec<f64>,
    step: i64,
}

fn ones() -> MmapArray1<f64> {
    Array1::ones(20_000).into()
}

fn run() -> Run {
    let split = BTreeMap::from([("a".to_owned(), ones())]);
    Run { x: ones(), split, history: vec![0.5], step: 7 }
}

/// A folder, and another one beside it.
fn saved() -> (TempDir, PathBuf, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let (folder, elsewhere) = (parent.path().join("run"), parent.path().join("elsewhere"));
    run().save(&folder).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    (parent, folder, elsewhere)
}

/// A folder some of whose files are links to another one.
fn linked(files: &[&str]) -> (TempDir, PathBuf, PathBuf) {
    let (parent, folder, elsewhere) = saved();
    for file in files {
        fs::rename(folder.join(file), elsewhere.join(file)).unwrap();
        symlink(elsewhere.join(file), folder.join(file)).unwrap();
    }
    (parent, folder, elsewhere)
}

fn follow(mode: Mode) -> LoadOptions {
    LoadOptions::new().mode(mode).follow_links(true)
}

/// The errors of a folder that each way in refuses though it follows links.
fn refusals(folder: &Path) -> Vec<Error> {
    let errors = MODES.iter().flat_map(|&mode| {
        let typed = Run::load_with(folder, &follow(mode)).map(drop).unwrap_err();
        [typed, Pack::open_with(folder, &follow(mode)).map(drop).unwrap_err()]
    });
    errors.collect()
}

#[track_caller]
fn assert_whole(run: &Run) {
    assert_eq!((run.x.sum(), run.split["a"].sum()), (20_000.0, 20_000.0));
    assert_eq!((run.history.as_slice(), run.step), (&[0.5][..], 7));
}

#[test]
fn every_file_may_be_a_link_if_links_are_followed() {
    let (_parent, folder, elsewhere) = linked(&FILES);
    let (before, behind) = (State::of(&folder), State::of(&elsewhere));
    assert_eq!(Run::load(&folder).map(drop).unwrap_err().kind(), ErrorKind::FileType);
    for mode in MODES {
        assert_whole(&Run::load_with(&folder, &follow(mode)).unwrap());
        let pack = Pack::open_with(&folder, &follow(mode)).unwrap();
        assert_eq!(pack.view::<f64, Ix1>("x").unwrap().sum(), 20_000.0);
        assert_eq!(pack.value::<i64>("step").unwrap(), 7);
    }
    before.assert_untouched(&folder);
    behind.assert_untouched(&elsewhere);
}

#[test]
fn array_behind_a_link_is_read_into_memory_in_every_mode_and_the_report_says_so() {
    let (_parent, folder, _elsewhere) = linked(&["x.npy"]);
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite] {
        let loaded = Run::load_with(&folder, &follow(mode)).unwrap();
        assert!(!loaded.x.is_mapped() && loaded.split["a"].is_mapped());
        let entry = &loaded.report().entries()[0];
        assert_eq!(entry.action, LoadAction::Read(Some(ReadReason::Link)));
        let text = loaded.report().to_string();
        assert_eq!(text.matches("reached through a link").count(), 1, "{text}");
    }
}

#[test]
fn links_may_be_relative_and_lead_to_links() {
    let (_parent, folder, elsewhere) = saved();
    fs::rename(folder.join("x.npy"), elsewhere.join("data.npy")).unwrap();
    symlink("data.npy", elsewhere.join("latest")).unwrap();
    symlink("../elsewhere/latest", folder.join("x.npy")).unwrap();
    assert_whole(&Run::load_with(&folder, &follow(Mode::ReadWrite)).unwrap());
}

/// Puts a link in place of each file in turn, which each way in refuses, links followed or not.
#[track_caller]
fn refused(kind: ErrorKind, found: Option<&str>, target: &Path) {
    for file in FILES {
        let (_parent, folder, elsewhere) = saved();
        let path = folder.join(file);
        fs::rename(&path, elsewhere.join(file)).unwrap();
        symlink(target, &path).unwrap();
        let before = State::of(&folder);
        for error in refusals(&folder) {
            assert_eq!((error.kind(), error.path()), (kind, Some(path.as_path())), "{error}");
            if found.is_some() {
                assert_eq!((error.expected(), error.found()), (Some("a regular file"), found));
            }
        }
        before.assert_untouched(&folder);
    }
}

#[test]
fn link_that_leads_nowhere_is_refused_by_name() {
    refused(ErrorKind::NotFound, None, Path::new("/nowhere/at/all"));
}

#[test]
fn links_in_a_circle_are_refused_by_name() {
    let parent = tempfile::tempdir().unwrap();
    let (a, b) = (parent.path().join("a"), parent.path().join("b"));
    symlink(&a, &b).unwrap();
    symlink(&b, &a).unwrap();
    refused(ErrorKind::Io, None, &a);
}

#[test]
fn link_to_what_is_no_regular_file_is_refused_without_blocking() {
    let parent = tempfile::tempdir().unwrap();
    let fifo = parent.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    refused(ErrorKind::FileType, Some("a link to a FIFO"), &fifo);
    refused(ErrorKind::FileType, Some("a link to a folder"), parent.path());
    refused(ErrorKind::FileType, Some("a link to a device"), Path::new("/dev/zero"));
    let socket = parent.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    refused(ErrorKind::Io, None, &socket); // the system does not open one at all
}

#[test]
fn folders_and_files_of_a_save_are_never_followed() {
    for name in [".varpack-commit", ".varpack-staging"] {
        let (_parent, folder, elsewhere) = saved();
        fs::write(elsewhere.join("x.npy"), "theirs").unwrap();
        symlink(&elsewhere, folder.join(name)).unwrap();
        let behind = State::of(&elsewhere);
        let loaded = Run::load_with(&folder, &follow(Mode::ReadWrite));
        let error = match loaded {
            Ok(mut loaded) => {
                assert_whole(&loaded); // a staging folder is the next save's affair
                loaded.step = 8;
                loaded.save().unwrap_err()
            }
            Err(error) => error,
        };
        assert_eq!((error.kind(), error.found()), (ErrorKind::FileType, Some("a symbolic link")));
        assert_eq!(error.path(), Some(folder.join(name).as_path()));
        behind.assert_untouched(&elsewhere);
    }
}

#[test]
fn lock_file_behind_a_link_is_never_followed() {
    let (_parent, folder, elsewhere) = saved();
    fs::remove_file(folder.join(".varpack.lock")).unwrap();
    symlink(elsewhere.join("lock"), folder.join(".varpack.lock")).unwrap();
    if let Err(error) = Run::load_with(&folder, &follow(Mode::ReadWrite)) {
        assert_eq!(error.path(), Some(folder.join(".varpack.lock").as_path()));
    }
    assert!(!elsewhere.join("lock").exists());
}

#[test]
fn edits_behind_a_link_stay_in_memory_and_mode_r_refuses_them() {
    let (_parent, folder, elsewhere) = linked(&["x.npy"]);
    let behind = State::of(&elsewhere);
    for mode in MODES {
        let mut loaded = Run::load_with(&folder, &follow(mode)).unwrap();
        match loaded.x.view_mut() {
            Err(error) => assert_eq!((error.kind(), mode), (ErrorKind::ReadOnly, Mode::ReadOnly)),
            Ok(mut x) => {
                x[0] = 5.0;
                assert_ne!(mode, Mode::ReadOnly);
                assert_eq!(loaded.x[0], 5.0);
            }
        }
        match loaded.flush() {
            Err(error) => assert_eq!(error.kind(), ErrorKind::Usage, "{mode:?}"),
            Ok(()) => assert_eq!(mode, Mode::ReadOnly),
        }
    }
    behind.assert_untouched(&elsewhere);
}

#[test]
fn unchanged_array_behind_a_link_stays_that_link_as_something_else_is_saved() {
    let (_parent, folder, elsewhere) = linked(&["x.npy", "split-a.npy"]);
    let (before, behind) = (State::of(&folder), State::of(&elsewhere));
    for mode in MODES {
        let mut loaded = Run::load_with(&folder, &follow(mode)).unwrap();
        loaded.step += 1;
        loaded.save().unwrap();
        let mut pack = Pack::open_with(&folder, &follow(mode)).unwrap();
        pack.insert("step", varpack::PackValue::serialize(&7).unwrap()).unwrap();
        pack.save().unwrap();
    }
    assert_eq!(before.touched(&State::of(&folder)), [SHARED, MANIFEST]);
    assert!(folder.join("x.npy").is_symlink() && folder.join("split-a.npy").is_symlink());
    behind.assert_untouched(&elsewhere);
    assert_whole(&Run::load_with(&folder, &follow(Mode::ReadWrite)).unwrap());
}

#[test]
fn changed_array_is_saved_neither_through_a_link_nor_over_it() {
    let (_parent, folder, elsewhere) = linked(&["x.npy"]);
    let mut loaded = Run::load_with(&folder, &follow(Mode::CopyOnWrite)).unwrap();
    loaded.x.view_mut().unwrap()[0] = 5.0;
    let (before, behind) = (State::of(&folder), State::of(&elsewhere));
    for options in [SaveOptions::new(), SaveOptions::new().overwrite(true)] {
        let error = loaded.save_with(&options).unwrap_err();
        assert_eq!((error.kind(), error.found()), (ErrorKind::FileType, Some("a symbolic link")));
        assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
        assert!(error.to_string().contains("take it away"), "{error}");
        before.assert_untouched(&folder);
    }
    fs::remove_file(folder.join("x.npy")).unwrap(); // as the error says
    loaded.save().unwrap();
    assert_eq!(Run::load(&folder).unwrap().x.sum(), 20_004.0);
    behind.assert_untouched(&elsewhere);
}

#[test]
fn array_that_did_not_come_through_the_link_is_not_saved_by_leaving_it() {
    // It leads to the very file that the array is mapped from, but no one said to follow it.
    let (_parent, folder, _elsewhere) = saved();
    let loaded = Run::load(&folder).unwrap();
    let other = folder.with_file_name("other");
    run().save(&other).unwrap();
    fs::remove_file(other.join("x.npy")).unwrap();
    symlink(folder.join("x.npy"), other.join("x.npy")).unwrap();
    let before = State::of(&other);
    let error = loaded.save(&other).unwrap_err();
    assert_eq!((error.kind(), error.found()), (ErrorKind::FileType, Some("a symbolic link")));
    before.assert_untouched(&other);
}

#[test]
fn array_behind_a_link_that_was_replaced_or_leads_elsewhere_stays_if_it_was_not_changed_here() {
    let changes: [fn(&Path, &Path); 3] = [
        |_, target| fs::write(target, fs::read(target).unwrap()).unwrap(),
        |_, target| {
            fs::copy(target, target.with_extension("new")).unwrap();
            fs::rename(target.with_extension("new"), target).unwrap();
        },
        |link, target| {
            fs::remove_file(link).unwrap();
            symlink(target, link).unwrap();
        },
    ];
    for change in changes {
        let (_parent, folder, elsewhere) = linked(&["x.npy"]);
        let mut loaded = Run::load_with(&folder, &follow(Mode::ReadWrite)).unwrap();
        loaded.step = 8;
        change(&folder.join("x.npy"), &elsewhere.join("x.npy"));
        loaded.save().unwrap();
        assert!(folder.join("x.npy").is_symlink());
        assert_eq!(Run::load_with(&folder, &follow(Mode::ReadWrite)).unwrap().step, 8);

        loaded.x = loaded.x.to_vec().into();
        let before = State::of(&folder);
        let error = loaded.save().unwrap_err();
        let refused = [ErrorKind::Stale, ErrorKind::FileType];
        assert!(refused.contains(&error.kind()), "{error}");
        before.assert_untouched(&folder);
    }
}

#[test]
fn pickles_and_the_manifest_behind_links_are_never_written() {
    for file in [MANIFEST, SHARED, "history.pickle"] {
        let (_parent, folder, elsewhere) = linked(&[file]);
        let mut loaded = Run::load_with(&folder, &follow(Mode::ReadWrite)).unwrap();
        loaded.step = 8;
        loaded.history.push(0.25);
        let (before, behind) = (State::of(&folder), State::of(&elsewhere));
        let error = loaded.save().unwrap_err();
        assert_eq!((error.kind(), error.found()), (ErrorKind::FileType, Some("a symbolic link")));
        assert_eq!(error.path(), Some(folder.join(file).as_path()), "{error}");
        before.assert_untouched(&folder);
        behind.assert_untouched(&elsewhere);
    }
}

#[test]
fn what_was_skipped_is_read_through_links_as_the_load_was_told() {
    let (parent, folder, _elsewhere) = linked(&["history.pickle", "split-a.npy"]);
    let options = follow(Mode::ReadWrite).skip(["history", "split"]);
    let loaded = Run::load_with(&folder, &options).unwrap();
    loaded.save_to(parent.path().join("typed")).unwrap();
    assert_whole(&Run::load(parent.path().join("typed")).unwrap());
    let mut pack = Pack::open_with(&folder, &options).unwrap();
    pack.save_to(parent.path().join("pack")).unwrap();
    assert_whole(&Run::load(parent.path().join("pack")).unwrap());
    pack.detach().unwrap();
    assert_eq!(pack.names().count(), 4);
}

/// Ends a thread, also where an assertion fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn file_swapped_for_a_link_and_back_during_loads_is_read_as_what_it_was_when_it_was_opened() {
    let (_parent, folder, elsewhere) = saved();
    let twos = Run { x: Array1::from_elem(20_000, 2.0).into(), ..run() };
    twos.save(&elsewhere).unwrap();
    let path = |name: &str| folder.join(name);
    fs::copy(path("x.npy"), path("file")).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for target in [elsewhere.join("x.npy"), PathBuf::from("/dev/zero")] {
                    symlink(target, path("next")).unwrap();
                    fs::rename(path("next"), path("x.npy")).unwrap();
                    std::thread::sleep(Duration::from_micros(100));
                    fs::hard_link(path("file"), path("next")).unwrap();
                    fs::rename(path("next"), path("x.npy")).unwrap();
                    std::thread::sleep(Duration::from_micros(100));
                }
            }
        });
        let guard = Done(&done);
        let start = Instant::now();
        let mut seen = [0; 3];
        while start.elapsed() < Duration::from_millis(500) {
            match Run::load_with(&folder, &follow(Mode::ReadWrite)) {
                Ok(loaded) => {
                    let is_link = loaded.report().to_string().contains("reached through a link");
                    assert_eq!(loaded.x.is_mapped(), !is_link);
                    assert!([20_000.0, 40_000.0].contains(&loaded.x.sum()));
                    assert!(is_link || loaded.x.sum() == 20_000.0);
                    seen[usize::from(is_link)] += 1;
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::FileType, "{error}");
                    seen[2] += 1;
                }
            }
        }
        drop(guard);
        eprintln!("loaded from the file, through the link, refused: {seen:?}");
    });
}

#[test]
fn array_behind_a_link_holds_no_lock_of_either_folder() {
    let (_parent, folder, elsewhere) = linked(&["x.npy"]);
    #[derive(Varpack)]
    struct One {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
    }
    let loaded = One::load_with(&folder, &follow(Mode::ReadWrite)).unwrap();
    // Who edits in place has to be alone: nobody else is there.
    let mut editor = Run::load_with(&folder, &follow(Mode::ReadWrite)).unwrap();
    editor.split.get_mut("a").unwrap().view_mut().unwrap()[0] = 3.0;
    editor.flush().unwrap();
    assert!(!elsewhere.join(".varpack.lock").exists());
    assert_eq!(loaded.x.sum(), 20_000.0);
}
