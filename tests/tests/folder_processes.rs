//! Folders that other processes save, that are reached through relative paths, and that may not be
//! written. Each test runs part of itself in a child process: this binary again, told by its
//! environment what to do.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, SaveOptions, Varpack};
use varpack_tests::child::{assert_passes, command, of_stranger, told};
use varpack_tests::folders::{State, set_mode};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    small: MmapArray1<f64>,
    step: u64,
}

fn run() -> Run {
    Run { x: Array1::ones(20_000).into(), small: Array1::ones(4).into(), step: 7 }
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    run().save(&folder).unwrap();
    (parent, folder)
}

/// Runs one test of this program in a child process, which is told the folder.
#[track_caller]
fn in_a_child(test: &str, folder: &Path, prepare: impl FnOnce(&mut Command)) {
    let mut command = command(test, folder);
    prepare(&mut command);
    assert_passes(command);
}

#[test]
fn array_that_another_process_has_changed_too_makes_a_save_stale() {
    if let Some(folder) = told() {
        let options = LoadOptions::new().mode(Mode::CopyOnWrite);
        let mut theirs = Run::load_with(folder, &options).unwrap();
        theirs.x.view_mut().unwrap()[0] = 5.0;
        theirs.small.view_mut().unwrap()[0] = 5.0;
        theirs.save().unwrap();
        return;
    }
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
        let (_parent, folder) = saved();
        let mut mine = Run::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        let test = "array_that_another_process_has_changed_too_makes_a_save_stale";
        in_a_child(test, &folder, |_| {});
        assert_eq!((mine.x[0], mine.small[0]), (1.0, 1.0));
        mine.save().unwrap(); // nothing was changed here
        assert_eq!(Run::load(&folder).unwrap().x[0], 5.0);
        mine.x = Array1::ones(20_000).into();
        let before = State::of(&folder);
        assert_eq!(mine.save().unwrap_err().kind(), ErrorKind::Stale);
        before.assert_untouched(&folder);
        assert_eq!(Run::load(&folder).unwrap().x[0], 5.0);
        mine.save_with(&SaveOptions::new().overwrite(true)).unwrap();
        let found = Run::load(&folder).unwrap();
        assert_eq!((found.x[0], found.small[0]), (1.0, 1.0));
    }
}

#[test]
fn another_process_sees_the_folder_busy_while_an_array_is_edited_in_place() {
    if let Some(folder) = told() {
        let is_busy = |error: varpack::Error| assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        is_busy(Run::edit(&folder).map(drop).unwrap_err());
        is_busy(Pack::edit(&folder).map(drop).unwrap_err());
        is_busy(run().save(&folder).unwrap_err());
        return;
    }
    let (_parent, folder) = saved();
    let mut mine = Run::edit(&folder).unwrap();
    mine.small.view_mut().unwrap()[0] = 5.0;
    let test = "another_process_sees_the_folder_busy_while_an_array_is_edited_in_place";
    in_a_child(test, &folder, |_| {});
}

#[test]
fn working_directory_as_the_folder_is_saved_over_itself() {
    if told().is_some() {
        for path in [".", "../run"] {
            let mut loaded = Run::load(path).unwrap();
            loaded.step += 1;
            loaded.save(path).unwrap();
            loaded.x.view_mut().unwrap()[0] += 1.0;
            loaded.small.view_mut().unwrap()[0] += 1.0;
            loaded.save(path).unwrap();
            assert!(loaded.x.path().unwrap().is_absolute());
        }
        return;
    }
    let (_parent, folder) = saved();
    let inode = fs::metadata(&folder).unwrap().ino();
    in_a_child("working_directory_as_the_folder_is_saved_over_itself", &folder, |command| {
        command.current_dir(&folder);
    });
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.step, found.x[0], found.small[0]), (9, 3.0, 3.0));
    assert_eq!(fs::metadata(&folder).unwrap().ino(), inode);
}

#[test]
fn relative_path_still_means_the_folder_after_a_change_of_directory() {
    if told().is_some() {
        let mut loaded = Run::load_with("run", &LoadOptions::new().mode(Mode::ReadWrite)).unwrap();
        std::env::set_current_dir("/").unwrap();
        for edit in [2.0, 3.0] {
            loaded.x.view_mut().unwrap()[0] = edit;
            loaded.small.view_mut().unwrap()[0] = edit;
            loaded.flush().unwrap();
            loaded.step += 1;
            loaded.save().unwrap();
        }
        return;
    }
    let (parent, folder) = saved();
    let test = "relative_path_still_means_the_folder_after_a_change_of_directory";
    in_a_child(test, &folder, |command| {
        command.current_dir(parent.path());
    });
    let found = Run::edit(&folder).unwrap();
    assert_eq!((found.step, found.x[0], found.small[0]), (9, 3.0, 3.0));
}

/// Runs a test in a child that may not write the folder: as `nobody` if this process is root, whom no
/// permission stops.
fn without_permission(test: &str, folder: &Path) {
    let command = of_stranger(test, folder);
    set_mode(folder, 0o555);
    assert_passes(command);
    set_mode(folder, 0o755);
}

#[test]
fn folder_that_may_not_be_written_loads_and_refuses_edits_and_saves_with_the_reason() {
    let test = "folder_that_may_not_be_written_loads_and_refuses_edits_and_saves_with_the_reason";
    if let Some(folder) = told() {
        for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
            let mut loaded = Run::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
            assert_eq!((loaded.x.sum(), loaded.small.sum(), loaded.step), (20_000.0, 4.0, 7));
            assert_eq!(loaded.x.is_mapped(), mode != Mode::InMemory);
            if mode == Mode::ReadWrite {
                let Run { x, small, .. } = &mut *loaded;
                for (array, name) in [(x, "x"), (small, "small")] {
                    let error = array.view_mut().unwrap_err();
                    assert_eq!(
                        (error.kind(), error.variable()),
                        (ErrorKind::ReadOnly, Some(name)),
                        "{error}"
                    );
                    assert!(error.to_string().contains("lock"), "{error}");
                }
            }
            loaded.step = 8;
            let error = loaded.save().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
            assert!(error.path().unwrap().starts_with(&folder), "{error}");
            // The lock file that is there may only be read, and none can be made.
            assert!(error.to_string().contains("ermission denied"), "{error}");
        }
        return;
    }
    for has_lock_file in [true, false] {
        let (_parent, folder) = saved();
        if !has_lock_file {
            fs::remove_file(folder.join(".varpack.lock")).unwrap();
        }
        let before = State::of(&folder);
        without_permission(test, &folder);
        before.assert_untouched(&folder);
        assert_eq!(folder.join(".varpack.lock").exists(), has_lock_file);
    }
}

#[test]
fn file_that_may_not_be_read_is_an_error_that_names_it() {
    if let Some(folder) = told() {
        for error in
            [Run::load(&folder).map(drop).unwrap_err(), Pack::open(&folder).map(drop).unwrap_err()]
        {
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Io, Some("x")), "{error}");
            assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
            assert!(error.to_string().contains("ermission denied"), "{error}");
        }
        return;
    }
    let (_parent, folder) = saved();
    set_mode(&folder.join("x.npy"), 0o000);
    without_permission("file_that_may_not_be_read_is_an_error_that_names_it", &folder);
}
