//! Arrays that only get another name: their files are not copied, and an interrupted save is finished, read through and
//! settled as any other.

use super::observed::Observed;
use super::recover::interrupt;
use super::{SYNCED, State, on_disk, on_system, save, save_renamed, seen, state};
use crate::store::recover::{Recover, recover};
use crate::{Error, ErrorKind, Result};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::{TempDir, tempdir};

fn old() -> State {
    state(&[("x.npy", "old x"), ("y.npy", "old y")])
}

fn new() -> State {
    state(&[("a.npy", "old x"), ("y.npy", "new y!")])
}

fn rename(folder: &Path) -> Result<()> {
    save_renamed(folder, &[("a.npy", "x.npy")], &new(), &SYNCED)
}

/// A folder whose save was killed after so many files were moved into place: `a.npy` is the first.
fn after_moves(moves: usize) -> TempDir {
    let root = tempdir().unwrap();
    save(root.path(), &old(), &SYNCED).unwrap();
    interrupt(root.path(), moves, || rename(root.path()));
    root
}

fn conflict(error: Error, folder: &Path) {
    assert_eq!(error.kind(), ErrorKind::InterruptedSaveConflict, "{error}");
    assert!(error.path().unwrap().starts_with(folder), "{error}");
}

#[test]
fn file_keeps_its_inode_and_its_time_under_another_name() {
    let root = tempdir().unwrap();
    save(root.path(), &old(), &SYNCED).unwrap();
    let before = fs::metadata(root.path().join("x.npy")).unwrap();
    rename(root.path()).unwrap();
    let after = fs::metadata(root.path().join("a.npy")).unwrap();
    assert_eq!(
        (before.ino(), before.modified().unwrap()),
        (after.ino(), after.modified().unwrap())
    );
    assert_eq!(on_disk(root.path()), new());
}

#[test]
fn interrupted_save_is_read_through_and_finished_at_each_of_its_moves() {
    for moves in 0..3 {
        let root = after_moves(moves);
        assert_eq!(seen(root.path(), false).unwrap(), new(), "{moves}");
        assert_eq!(seen(root.path(), true).unwrap(), new(), "{moves}");
        assert_eq!(on_disk(root.path()), new(), "{moves}");
    }
}

#[test]
fn interrupted_save_is_kept_or_as_long_as_nothing_is_moved_dropped() {
    for moves in 0..3 {
        let root = after_moves(moves);
        recover(root.path(), Recover::KeepCommit).unwrap();
        assert_eq!(on_disk(root.path()), new(), "{moves}");
        let root = after_moves(moves);
        let kept = recover(root.path(), Recover::KeepFolder);
        match moves {
            0 => assert_eq!(on_disk(root.path()), old()),
            _ => conflict(kept.unwrap_err(), root.path()),
        }
    }
}

#[test]
fn file_that_was_written_over_before_it_got_its_new_name_is_a_conflict() {
    let root = after_moves(0);
    fs::write(root.path().join("x.npy"), "python's").unwrap();
    let before = on_disk(root.path());
    for finished in [false, true] {
        conflict(seen(root.path(), finished).unwrap_err(), root.path());
    }
    conflict(recover(root.path(), Recover::KeepCommit).unwrap_err(), root.path());
    assert_eq!(on_disk(root.path()), before);
    recover(root.path(), Recover::KeepFolder).unwrap();
    assert_eq!(fs::read(root.path().join("x.npy")).unwrap(), b"python's");
}

#[test]
fn file_that_came_under_the_old_name_since_is_a_conflict_and_stays() {
    let root = after_moves(2);
    fs::remove_file(root.path().join("x.npy")).unwrap();
    fs::write(root.path().join("x.npy"), "python's").unwrap();
    let before = on_disk(root.path());
    conflict(seen(root.path(), true).unwrap_err(), root.path());
    assert_eq!(on_disk(root.path()), before);
    recover(root.path(), Recover::KeepCommit).unwrap();
    assert_eq!(fs::read(root.path().join("x.npy")).unwrap(), b"python's");
    assert_eq!(fs::read(root.path().join("a.npy")).unwrap(), b"old x");
}

#[test]
fn record_that_renames_what_the_manifest_does_not_answer_for_is_refused() {
    for from in ["notes.npy", "y.npy", "varpack.json", "../x.npy", ".varpack.lock"] {
        let root = after_moves(0);
        fs::copy(root.path().join("x.npy"), root.path().join("notes.npy")).unwrap();
        let record = root.path().join(".varpack-commit/commit.json");
        let text = fs::read_to_string(&record).unwrap();
        fs::write(&record, text.replace("\"x.npy\"", &format!("\"{from}\""))).unwrap();
        let before = on_disk(root.path());
        for finished in [false, true] {
            conflict(seen(root.path(), finished).unwrap_err(), root.path());
        }
        assert_eq!(on_disk(root.path()), before, "{from}");
    }
}

#[test]
fn file_that_gets_a_hard_link_or_is_changed_while_it_is_saved_makes_the_save_stale() {
    for changed in [false, true] {
        let root = tempdir().unwrap();
        save(root.path(), &old(), &SYNCED).unwrap();
        let x = root.path().join("x.npy");
        let once = AtomicUsize::new(0);
        let changing = Observed::new(move |step| {
            if step.name == "commit.json" && once.fetch_add(1, Ordering::SeqCst) == 0 {
                match changed {
                    true => fs::write(&x, "python's")?,
                    false => fs::hard_link(&x, x.with_file_name("link.txt"))?,
                }
            }
            Ok(())
        });
        let error = on_system(changing, || rename(root.path()).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
        assert!(root.path().join("x.npy").exists() && !root.path().join("a.npy").exists());
    }
}
