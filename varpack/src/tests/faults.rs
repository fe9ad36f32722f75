//! Each operation of a save failed in turn: before the commit point no trace, after it nothing is lost.

use super::observed::{Observed, Observer, Step};
use super::{
    SYNCED, State, on_disk, on_system, save, save_copies, save_linked, save_renamed, seen, state,
};
use crate::os::Medium;
use crate::{ErrorKind, Result};
use nix::libc::{EACCES, EDQUOT, EINTR, EIO, ENOSPC};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tempfile::tempdir;

#[test]
fn each_operation_failed_in_turn_leaves_the_old_state_or_says_that_the_save_is_made() {
    let old = state(&[("x.npy", "old x"), ("gone.npy", "old")]);
    let new = state(&[("x.npy", "new x"), ("added.npy", "new")]);
    let run = |folder: &Path| save(folder, &new, &SYNCED).map(drop);
    assert!(fail_each(&old, &new, run) > 100);
}

#[test]
fn each_operation_of_a_copy_failed_in_turn_leaves_the_old_state_or_says_that_the_save_is_made() {
    let old = state(&[("x.npy", "old x"), ("y.npy", "y, old")]);
    let new = state(&[("x.npy", "y, old"), ("y.npy", "old x")]);
    let swap = |folder: &Path| {
        save_copies(folder, folder, &[("x.npy", "y.npy"), ("y.npy", "x.npy")], &SYNCED)
    };
    assert!(fail_each(&old, &new, swap) > 100);
}

#[test]
fn each_operation_failed_in_turn_of_a_save_that_links_files_leaves_the_old_state_or_says_so() {
    let old = state(&[("x.npy", "old x"), ("gone.npy", "old")]);
    let new = state(&[("x.npy", "new x"), ("added.npy", "new")]);
    let run = |folder: &Path| save_linked(folder, &new, &SYNCED).map(drop);
    assert!(fail_each(&old, &new, run) > 100);
}

#[test]
fn each_operation_failed_in_turn_of_a_save_that_renames_files_leaves_the_old_state_or_says_so() {
    let old = state(&[("x.npy", "old x"), ("y.npy", "old y"), ("gone.npy", "old")]);
    let new = state(&[("a.npy", "old x"), ("b.npy", "old y"), ("added.npy", "new")]);
    let names = [("a.npy", "x.npy"), ("b.npy", "y.npy")];
    let run = |folder: &Path| save_renamed(folder, &names, &new, &SYNCED);
    assert!(fail_each(&old, &new, run) > 100);
}

/// Gives the number of failures.
fn fail_each(old: &State, new: &State, run: impl Fn(&Path) -> Result<()>) -> usize {
    let root = tempdir().unwrap();
    let mut failures = 0;
    for errno in [ENOSPC, EIO, EDQUOT, EINTR, EACCES] {
        for number in 0.. {
            let folder = root.path().join(format!("{errno}-{number}"));
            save(&folder, old, &SYNCED).unwrap();
            let failing = Observed::failing_at(number, errno);
            let system: Arc<Observed> = Arc::clone(&failing);
            let result = on_system(system, || run(&folder));
            let at = format!("errno {errno} at {number}: {result:?}");
            match &result {
                Ok(()) => assert_eq!(on_disk(&folder), *new, "{at}"),
                Err(error) => {
                    failures += 1;
                    let path = error.path().unwrap_or_else(|| panic!("{at}"));
                    assert!(path.starts_with(root.path()), "{at}");
                    let made = matches!(
                        error.kind(),
                        ErrorKind::CommitPending | ErrorKind::DurabilityUnknown
                    );
                    if made {
                        assert_eq!(seen(&folder, false).unwrap(), *new, "{at}");
                        assert_eq!(seen(&folder, true).unwrap(), *new, "{at}");
                    } else {
                        assert_eq!(seen(&folder, true).unwrap(), *old, "{at}");
                    }
                }
            }
            save(&folder, new, &SYNCED).unwrap();
            assert_eq!(on_disk(&folder), *new, "{at}");
            if failing.count() <= number {
                break;
            }
        }
    }
    failures
}

/// The operations of a save, in their order.
fn log_of(run: impl FnOnce()) -> Vec<(&'static str, String)> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&log);
    let logging = Observed::new(move |step| {
        kept.lock().unwrap().push((step.operation, step.name.to_owned()));
        Ok(())
    });
    on_system(logging, run);
    Arc::into_inner(log).map(|log| log.into_inner().unwrap()).unwrap_or_default()
}

#[test]
fn unsynced_save_syncs_nothing_and_a_synced_one_syncs_before_and_after_its_commit_point() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    save(&folder, &state(&[("x.npy", "one")]), &SYNCED).unwrap();
    let unsynced = log_of(|| {
        save(&folder, &state(&[("x.npy", "two")]), &super::UNSYNCED).unwrap();
    });
    assert!(!unsynced.is_empty() && unsynced.iter().all(|(operation, _)| *operation != "sync"));
    let synced = log_of(|| {
        save(&folder, &state(&[("x.npy", "three")]), &SYNCED).unwrap();
    });
    let order: Vec<&str> = synced
        .iter()
        .map(|(operation, _)| *operation)
        .filter(|operation| operation.starts_with("rename") || *operation == "sync")
        .collect();
    // Three files and their folder; the commit point; the folder; the moves; both; the end.
    let expected = [
        "sync",
        "sync",
        "sync",
        "sync",
        "rename_folder",
        "sync",
        "rename",
        "rename",
        "sync",
        "sync",
        "sync",
    ];
    assert_eq!(order, expected);
    let moved: Vec<&str> = synced
        .iter()
        .filter(|(operation, _)| *operation == "rename")
        .map(|(_, name)| name.as_str())
        .collect();
    assert_eq!(moved, ["x.npy", "varpack.json"]);
}

#[test]
fn failed_clean_up_of_a_failed_save_is_made_up_for_by_the_next() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let old = state(&[("x.npy", "one")]);
    save(&folder, &old, &SYNCED).unwrap();
    let broken = Observed::new(|step| match step.operation {
        "write" | "remove_file" => Err(std::io::Error::from_raw_os_error(EIO)),
        _ => Ok(()),
    });
    let error =
        on_system(broken, || save(&folder, &state(&[("x.npy", "two")]), &SYNCED)).unwrap_err();
    assert_eq!(error.os_error().and_then(std::io::Error::raw_os_error), Some(EIO));
    assert!(folder.join(".varpack-staging").exists());
    assert_eq!(seen(&folder, true).unwrap(), old);
    save(&folder, &state(&[("x.npy", "two")]), &SYNCED).unwrap();
    assert_eq!(on_disk(&folder), state(&[("x.npy", "two")]));
}

#[test]
fn save_that_cannot_finish_an_interrupted_one_says_that_nothing_was_saved() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let [one, two, three] = ["one", "two", "three"].map(|text| state(&[("x.npy", text)]));
    save(&folder, &one, &SYNCED).unwrap();
    let immovable = || {
        Observed::new(|step| match step.operation {
            "rename" => Err(std::io::Error::from_raw_os_error(EIO)),
            _ => Ok(()),
        })
    };
    let error = on_system(immovable(), || save(&folder, &two, &SYNCED)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitPending);
    // To its caller `CommitPending` would mean that the third state is saved.
    let error = on_system(immovable(), || save(&folder, &three, &SYNCED)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("nothing was saved"), "{error}");
    assert_eq!(error.os_error().and_then(std::io::Error::raw_os_error), Some(EIO));
    assert_eq!(seen(&folder, true).unwrap(), two);
}

/// A file system that settles a file's times when it is closed; the save dies before its first move.
struct Settling {
    staged: PathBuf,
    medium: Medium,
}

impl Observer for Settling {
    fn before(&self, step: &Step<'_>) -> io::Result<()> {
        match step.operation {
            "rename" => Err(io::Error::from_raw_os_error(EIO)),
            // The first operation after the close.
            "stat" | "create" | "rename_folder" => {
                if let Ok(file) = File::options().write(true).open(&self.staged) {
                    file.set_modified(SystemTime::UNIX_EPOCH)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn medium(&self, _: Medium) -> Medium {
        self.medium
    }
}

#[test]
fn times_that_are_settled_when_a_file_is_closed_are_those_in_the_record() {
    // That they are settled is what the test makes: taken for a disk's, somebody has touched the file.
    for (medium, is_made) in [(Medium::Other, true), (Medium::Disk, false)] {
        let root = tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|text| state(&[("x.npy", text)]));
        save(root.path(), &old, &SYNCED).unwrap();
        let staged = root.path().join(".varpack-staging/x.npy");
        let settling = Observed::by(Settling { staged, medium });
        let error = on_system(settling, || save(root.path(), &new, &SYNCED)).unwrap_err();
        let expected = if is_made { ErrorKind::CommitPending } else { ErrorKind::Stale };
        assert_eq!(error.kind(), expected, "{medium:?}");
        assert_eq!(seen(root.path(), true).unwrap(), if is_made { new } else { old });
    }
}
