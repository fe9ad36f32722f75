//! What is no regular file stands where a file of the folder should: each way in refuses it by name,
//! follows no link and blocks on nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, SaveOptions, Varpack};
use varpack_tests::folders::{State, refusals};

const SHARED: &str = "__misc_vars__.pickle";
const MANIFEST: &str = "varpack.json";

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<f64>>,
    #[varpack(separate)]
    history: Vec<f64>,
    step: i64,
}

fn run() -> Run {
    let ones = || MmapArray1::from(Array1::ones(20_000));
    let split = BTreeMap::from([("a".to_owned(), ones())]);
    Run { x: ones(), split, history: vec![0.5], step: 7 }
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    run().save(&folder).unwrap();
    (parent, folder)
}

/// The files of a folder, each with the variable that errors name.
const FILES: [(&str, Option<&str>); 6] = [
    (MANIFEST, None),
    (SHARED, None),
    ("x.npy", Some("x")),
    ("history.pickle", Some("history")),
    ("split.pickle", Some("split")),
    ("split-a.npy", Some("split[a]")),
];

/// Puts something else in place of each file in turn: both ways in refuse it, and so does a save that
/// would have to replace it.
#[track_caller]
fn refused(noun: &str, make: impl Fn(&Path)) {
    for (file, variable) in FILES {
        let (_parent, folder) = saved();
        let path = folder.join(file);
        fs::rename(&path, folder.join("aside")).unwrap();
        make(&path);
        let before = State::of(&folder);
        for error in refusals::<Run>(&folder) {
            assert_eq!(
                (error.kind(), error.variable()),
                (ErrorKind::FileType, variable),
                "{error}"
            );
            assert_eq!(error.path(), Some(path.as_path()), "{error}");
            assert_eq!((error.expected(), error.found()), (Some("a regular file"), Some(noun)));
        }
        let error = run().save(&folder).unwrap_err();
        assert!([ErrorKind::FileType, ErrorKind::Stale].contains(&error.kind()), "{file}: {error}");
        assert_eq!(error.path(), Some(path.as_path()), "{error}");
        assert_eq!(error.found(), Some(noun), "{error}");
        before.assert_untouched(&folder);
    }
}

#[test]
fn folder_in_place_of_a_file_is_refused() {
    refused("a folder", |path| fs::create_dir(path).unwrap());
}

#[test]
fn fifo_in_place_of_a_file_is_refused_without_blocking() {
    refused("a FIFO", |path| {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    });
}

#[test]
fn socket_in_place_of_a_file_is_refused() {
    refused("a socket", |path| drop(UnixListener::bind(path).unwrap()));
}

#[test]
fn symbolic_link_in_place_of_a_file_is_not_followed() {
    // Not even to a file that would do.
    refused("a symbolic link", |path| symlink("aside", path).unwrap());
    refused("a symbolic link", |path| symlink("/nowhere/at/all", path).unwrap());
    refused("a symbolic link", |path| symlink(path, path).unwrap());
}

#[test]
fn device_in_place_of_a_file_is_refused() {
    let probe = tempfile::tempdir().unwrap();
    let mknod = |path: &Path| {
        let output = Command::new("mknod").arg(path).args(["c", "1", "5"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !mknod(&probe.path().join("zero")) {
        eprintln!("skipped: only root makes devices, where it may");
        return;
    }
    refused("a device", |path| assert!(mknod(path)));
}

#[test]
fn missing_files_are_refused_by_name() {
    for (file, variable) in FILES {
        let (_parent, folder) = saved();
        fs::remove_file(folder.join(file)).unwrap();
        let before = State::of(&folder);
        for error in refusals::<Run>(&folder) {
            assert_eq!(
                (error.kind(), error.variable()),
                (ErrorKind::NotFound, variable),
                "{error}"
            );
            assert_eq!(error.path(), Some(folder.join(file).as_path()), "{error}");
        }
        before.assert_untouched(&folder);
    }
}

#[test]
fn missing_file_is_written_anew_by_a_save_of_what_was_loaded_before() {
    for file in ["x.npy", "history.pickle", "split.pickle", "split-a.npy", SHARED] {
        let (_parent, folder) = saved();
        let loaded = Run::load(&folder).unwrap();
        fs::remove_file(folder.join(file)).unwrap();
        loaded.save(&folder).unwrap();
        let found = Run::load(&folder).unwrap();
        assert_eq!((found.x.sum(), found.split["a"].sum()), (20_000.0, 20_000.0), "{file}");
        assert_eq!((found.history.as_slice(), found.step), (&[0.5][..], 7), "{file}");
    }
}

#[test]
fn shared_pickle_that_is_missing_with_a_variable_to_be_kept_fails_the_save_by_its_name() {
    #[derive(Varpack)]
    struct Added {
        added: i64,
    }
    let (_parent, folder) = saved();
    fs::remove_file(folder.join(SHARED)).unwrap();
    let before = State::of(&folder);
    let error = Added { added: 1 }.save(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::NotFound, Some("step")));
    assert_eq!(error.path(), Some(folder.join(SHARED).as_path()));
    before.assert_untouched(&folder);
}

#[test]
fn staging_of_a_stranger_is_not_followed_out_of_the_folder() {
    let (parent, folder) = saved();
    let outside = parent.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x.npy"), "theirs").unwrap();
    let before = State::of(&outside);
    symlink(&outside, folder.join(".varpack-staging")).unwrap();
    let mut changed = run();
    changed.step = 8;
    let error = changed.save(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileType, "{error}");
    assert_eq!(error.path(), Some(folder.join(".varpack-staging").as_path()));
    before.assert_untouched(&outside);
    Run::load(&folder).unwrap();
}

#[test]
fn lock_file_that_is_a_link_is_not_followed() {
    let (parent, folder) = saved();
    let outside = parent.path().join("outside");
    let lock = folder.join(".varpack.lock");
    fs::remove_file(&lock).unwrap();
    symlink(&outside, &lock).unwrap();
    // Without a lock the folder can still be read; that is said, and no edit is allowed.
    match Run::load_with(&folder, &LoadOptions::new().mode(Mode::ReadWrite)) {
        Ok(mut loaded) => {
            assert_eq!(loaded.report().notes().len(), 1);
            assert_eq!(loaded.x.view_mut().unwrap_err().kind(), ErrorKind::ReadOnly);
        }
        Err(error) => assert_eq!(error.path(), Some(lock.as_path()), "{error}"),
    }
    assert!(!outside.exists());
}

#[test]
fn variables_named_as_no_variable_may_be_load_and_are_refused_by_a_save_elsewhere() {
    for name in ["../x", "/etc/passwd", "a/b", "", ".", "__misc_vars__", "nul\0", &"x".repeat(300)]
    {
        let (parent, folder) = saved();
        let text = fs::read_to_string(folder.join(MANIFEST)).unwrap();
        let quoted = serde_json::to_string(name).unwrap();
        fs::write(folder.join(MANIFEST), text.replacen("\"x\"", &quoted, 1)).unwrap();
        let before = State::of(parent.path());
        let pack = Pack::open(&folder).unwrap();
        assert_eq!(pack.get(name).unwrap().as_array().unwrap().shape(), [20_000]);
        let error = pack.save_to(parent.path().join("other")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{error}");
        assert_eq!(error.variable(), Some(name));
        assert_eq!(State::of(parent.path()).names(), before.names());
    }
}

#[test]
fn files_that_a_stranger_s_manifest_claims_are_not_removed_unless_they_can_be_a_variable_s() {
    let (_parent, folder) = saved();
    fs::write(folder.join("thesis.docx"), "theirs").unwrap();
    let text = r#"{"x": {"filename": "x.npy", "files": ["thesis.docx"]},
                   "y": {"filename": "thesis.docx"}}"#;
    fs::write(folder.join(MANIFEST), text).unwrap();
    #[derive(Varpack)]
    struct Step {
        step: i64,
    }
    Step { step: 1 }.save_with(&folder, &SaveOptions::new().prune(true)).unwrap();
    assert_eq!(fs::read_to_string(folder.join("thesis.docx")).unwrap(), "theirs");
    assert!(!folder.join("x.npy").exists());
}
