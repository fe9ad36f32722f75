//! Sharing a folder between real processes.

use super::observed::Observed;
use super::puppet::Puppet;
use super::{SYNCED, UNSYNCED, on_disk, on_system, save, save_held, seen, state, system};
use crate::ErrorKind;
use crate::os::dir::DirId;
use crate::store::commit::Commit;
use crate::store::folder::Folder;
use crate::store::options::CommitOptions;
use crate::store::trust::Trust;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::{TempDir, tempdir};

fn saved() -> TempDir {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    root
}

#[test]
fn any_number_of_processes_load_beside_a_save() {
    let root = saved();
    let (mut first, mut second) = (Puppet::new(root.path()), Puppet::new(root.path()));
    assert_eq!(first.ask("load"), "ok");
    assert_eq!(second.ask("load"), "ok");
    save(root.path(), &state(&[("x.npy", "two")]), &SYNCED).unwrap();
    assert_eq!(seen(root.path(), false).unwrap(), state(&[("x.npy", "two")]));
}

#[test]
fn in_place_edit_keeps_loads_and_saves_of_others_away() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let claim = folder.claim(DirId::default(), "x").unwrap();
    let mut other = Puppet::new(root.path());
    assert_eq!(other.ask("load"), "Busy");
    assert_eq!(other.ask("begin"), "Busy");
    drop(claim);
    assert_eq!(other.ask("load"), "ok");
    assert_eq!(other.ask("begin"), "ok");
}

#[test]
fn in_place_edit_keeps_other_loads_of_the_same_process_away() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let _claim = folder.claim(DirId::default(), "x").unwrap();
    let error = Folder::open(&system(), root.path(), None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert_eq!(error.path().unwrap(), root.path());
}

#[test]
fn refused_upgrade_keeps_the_shared_lock() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let mut other = Puppet::new(root.path());
    assert_eq!(other.ask("load"), "ok");
    assert_eq!(folder.claim(DirId::default(), "x").unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(other.ask("claim"), "Busy");
    // Neither lost what it had: each still keeps the other from the exclusive lock.
    assert_eq!(folder.claim(DirId::default(), "x").unwrap_err().kind(), ErrorKind::Busy);
    assert_eq!(other.ask("unload"), "ok");
    drop(folder.claim(DirId::default(), "x").unwrap());
}

#[test]
fn claims_are_counted_and_the_last_goes_back_to_shared() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let mut other = Puppet::new(root.path());
    let (first, second) = (
        folder.claim(DirId::default(), "x").unwrap(),
        folder.claim(DirId::default(), "y").unwrap(),
    );
    drop(first);
    assert_eq!(other.ask("load"), "Busy");
    drop(second);
    assert_eq!(other.ask("load"), "ok");
    assert_eq!(other.ask("claim"), "Busy");
}

#[test]
fn one_save_at_a_time_and_the_next_waits_as_told() {
    let root = saved();
    let mut other = Puppet::new(root.path());
    assert_eq!(other.ask("begin"), "ok");
    let error = Commit::begin(&system(), root.path(), &[], &UNSYNCED).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Busy, Some(root.path())));

    let waiting = CommitOptions { wait: Some(Duration::from_millis(50)), ..UNSYNCED };
    let start = Instant::now();
    assert_eq!(
        Commit::begin(&system(), root.path(), &[], &waiting).unwrap_err().kind(),
        ErrorKind::Busy
    );
    assert!(start.elapsed() >= Duration::from_millis(50));

    let patient = CommitOptions { wait: Some(Duration::from_secs(60)), ..UNSYNCED };
    std::thread::scope(|scope| {
        let saver = scope.spawn(|| save(root.path(), &state(&[("x.npy", "two")]), &patient));
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(other.ask("abandon"), "ok");
        saver.join().unwrap().unwrap();
    });
    assert_eq!(on_disk(root.path()), state(&[("x.npy", "two")]));
}

#[test]
fn locks_of_a_killed_process_are_free() {
    let root = saved();
    let mut editor = Puppet::new(root.path());
    assert_eq!(editor.ask("load"), "ok");
    assert_eq!(editor.ask("claim"), "ok");
    editor.kill();
    let mut saver = Puppet::new(root.path());
    assert_eq!(saver.ask("begin"), "ok");
    saver.kill();
    save(root.path(), &state(&[("x.npy", "two")]), &SYNCED).unwrap();
}

#[test]
fn save_does_not_wait_for_a_load_which_finds_out() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let snapshot = folder.snapshot(Trust::default(), false).unwrap();
    assert!(snapshot.is_stable().unwrap());
    save(root.path(), &state(&[("x.npy", "two")]), &SYNCED).unwrap();
    assert_eq!(snapshot.read_pickle("x.npy").unwrap().0, b"two");
    assert!(!snapshot.is_stable().unwrap());
}

#[test]
fn no_later_manifest_is_taken_for_the_one_that_a_load_has_seen() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let snapshot = folder.snapshot(Trust::default(), false).unwrap();
    let seen = fs::metadata(root.path().join("varpack.json")).unwrap().ino();
    for text in ["two", "one", "two", "one", "two", "one"] {
        save(root.path(), &state(&[("x.npy", text)]), &UNSYNCED).unwrap();
        assert_ne!(fs::metadata(root.path().join("varpack.json")).unwrap().ino(), seen);
        assert!(!snapshot.is_stable().unwrap());
    }
}

#[test]
fn quick_load_passes_a_save_that_waits_for_a_slow_one() {
    let root = saved();
    let mut slow = Puppet::new(root.path());
    assert_eq!(slow.ask("load"), "ok");
    assert_eq!(slow.ask("snapshot"), "ok");
    std::thread::scope(|scope| {
        let saver = scope.spawn(|| save(root.path(), &state(&[("x.npy", "two")]), &UNSYNCED));
        std::thread::sleep(Duration::from_millis(100));
        let folder = Folder::open(&system(), root.path(), None).unwrap();
        for undisturbed in [false, true] {
            let snapshot = folder.snapshot(Trust::default(), undisturbed).unwrap();
            assert_eq!(snapshot.read_pickle("x.npy").unwrap().0, b"one");
            assert!(snapshot.is_stable().unwrap());
        }
        assert!(!saver.is_finished());
        assert_eq!(slow.ask("release"), "ok");
        saver.join().unwrap().unwrap();
    });
}

#[test]
fn commit_waits_for_a_load_that_has_had_to_start_over() {
    let root = saved();
    let mut loading = Puppet::new(root.path());
    assert_eq!(loading.ask("load"), "ok");
    assert_eq!(loading.ask("snapshot"), "ok");
    std::thread::scope(|scope| {
        let saver = scope.spawn(|| save(root.path(), &state(&[("x.npy", "two")]), &UNSYNCED));
        std::thread::sleep(Duration::from_millis(100));
        assert!(!saver.is_finished());
        assert_eq!(fs::read(root.path().join("x.npy")).unwrap(), b"one");
        assert_eq!(loading.ask("release"), "ok");
        saver.join().unwrap().unwrap();
    });
    assert_eq!(fs::read(root.path().join("x.npy")).unwrap(), b"two");
}

#[test]
fn save_goes_through_the_descriptor_that_its_arrays_hold() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let _claim = folder.claim(DirId::default(), "x").unwrap();
    let new = state(&[("x.npy", "two")]);
    assert_eq!(save(root.path(), &new, &UNSYNCED).unwrap_err().kind(), ErrorKind::Busy);
    save_held(root.path(), &new, &[folder], &UNSYNCED).unwrap();
    assert_eq!(on_disk(root.path()), new);
}

#[test]
fn two_threads_that_share_a_descriptor_save_one_after_the_other() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    let held = [folder];
    let first = Commit::begin(&system(), root.path(), &held, &UNSYNCED).unwrap();
    let error = Commit::begin(&system(), root.path(), &held, &UNSYNCED).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    drop(first);
    Commit::begin(&system(), root.path(), &held, &UNSYNCED).unwrap();
}

#[test]
fn two_processes_that_make_one_new_folder_do_so_one_after_the_other() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let mut first = Puppet::new(&folder);
    assert_eq!(first.ask("begin"), "ok");
    assert_eq!(
        Commit::begin(&system(), &folder, &[], &UNSYNCED).unwrap_err().kind(),
        ErrorKind::Busy
    );
    let patient = CommitOptions { wait: Some(Duration::from_secs(60)), ..UNSYNCED };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| save(&folder, &state(&[("x.npy", "two")]), &patient));
        std::thread::sleep(Duration::from_millis(50));
        // It gives up, and takes the lock file away that the other waits for.
        assert_eq!(first.ask("abandon"), "ok");
        second.join().unwrap().unwrap();
    });
    assert_eq!(on_disk(&folder), state(&[("x.npy", "two")]));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

/// Loads, saves and claims a folder, again and again, whose files all hold one and the same text.
pub(super) fn churn(folder: &Path, text: &str) {
    let patient = CommitOptions { wait: Some(Duration::from_secs(60)), ..UNSYNCED };
    for round in 0..25 {
        let loaded = Folder::open(&system(), folder, patient.wait).unwrap();
        let snapshot = loaded.snapshot(Trust::default(), true).unwrap();
        let texts = ["x.npy", "y.npy", "z.npy"].map(|name| snapshot.read_pickle(name).unwrap().0);
        assert!(texts.iter().all(|text| *text == texts[0]), "torn: {texts:?}");
        assert!(snapshot.is_stable().unwrap());
        drop(snapshot);
        match loaded.claim(DirId::default(), "x") {
            Ok(claim) => drop(claim),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Busy),
        }
        drop(loaded);
        let text = format!("{text} {round}");
        let new = state(&[("x.npy", &text), ("y.npy", &text), ("z.npy", &text)]);
        save(folder, &new, &patient).unwrap();
    }
}

#[test]
fn processes_that_load_save_and_edit_at_once_see_no_torn_state() {
    let root = tempdir().unwrap();
    save(root.path(), &state(&[("x.npy", "0"), ("y.npy", "0"), ("z.npy", "0")]), &UNSYNCED)
        .unwrap();
    let mut puppets: Vec<Puppet> = (0..4).map(|_| Puppet::new(root.path())).collect();
    for (number, puppet) in puppets.iter_mut().enumerate() {
        puppet.send(&format!("churn {number}"));
    }
    for puppet in &mut puppets {
        assert_eq!(puppet.answer(), "ok");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 5);
}

#[test]
fn replaced_lock_file_is_noticed() {
    let root = saved();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    assert!(folder.lock().unwrap().is_current(folder.dir()).unwrap());
    fs::remove_file(root.path().join(".varpack.lock")).unwrap();
    assert!(!folder.lock().unwrap().is_current(folder.dir()).unwrap());
    save(root.path(), &state(&[("x.npy", "two")]), &UNSYNCED).unwrap();
    assert!(!folder.lock().unwrap().is_current(folder.dir()).unwrap());
}

#[test]
fn link_in_place_of_the_lock_file_is_not_followed_and_keeps_no_load_away() {
    let root = saved();
    let lock = root.path().join(".varpack.lock");
    fs::remove_file(&lock).unwrap();
    std::os::unix::fs::symlink(root.path().join("victim"), &lock).unwrap();
    let folder = Folder::open(&system(), root.path(), None).unwrap();
    assert!(folder.unlocked_because().unwrap().contains("a symbolic link"));
    let error = save(root.path(), &state(&[("x.npy", "two")]), &UNSYNCED).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    assert!(!root.path().join("victim").exists());
}

/// A file system on which some ways of opening the lock file fail.
fn lock_file_refused(operations: &'static [&'static str], errno: i32) -> std::sync::Arc<Observed> {
    Observed::new(move |step| {
        if operations.contains(&step.operation) && step.name == ".varpack.lock" {
            return Err(io::Error::from_raw_os_error(errno));
        }
        Ok(())
    })
}

#[test]
fn folder_that_may_not_be_locked_loads_and_refuses_edits_with_the_reason() {
    let root = saved();
    for errno in [nix::libc::EACCES, nix::libc::EROFS, nix::libc::ENOSPC, nix::libc::EDQUOT] {
        on_system(lock_file_refused(&["open_to_write", "open_to_read"], errno), || {
            let folder = Folder::open(&system(), root.path(), None).unwrap();
            assert!(folder.unlocked_because().unwrap().contains(".varpack.lock"));
            assert_eq!(
                folder.snapshot(Trust::default(), true).unwrap().read_pickle("x.npy").unwrap().0,
                b"one"
            );
            let error = folder.claim(DirId::default(), "x").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ReadOnly);
            assert!(error.to_string().contains("not locked"), "{error}");
        });
    }
}

#[test]
fn lock_file_that_may_only_be_read_still_keeps_the_edits_of_others_away() {
    let root = saved();
    on_system(lock_file_refused(&["open_to_write"], nix::libc::EACCES), || {
        let folder = Folder::open(&system(), root.path(), None).unwrap();
        assert_eq!(folder.unlocked_because(), None);
        assert_eq!(folder.claim(DirId::default(), "x").unwrap_err().kind(), ErrorKind::ReadOnly);
        let mut owner = Puppet::new(root.path());
        assert_eq!(owner.ask("load"), "ok");
        assert_eq!(owner.ask("claim"), "Busy");
        drop(folder);
        assert_eq!(owner.ask("claim"), "ok");
    });
}

#[test]
fn whoever_may_write_in_the_folder_may_lock_it() {
    let root = tempdir().unwrap();
    for mode in [0o700, 0o770, 0o777, 0o755] {
        let folder = root.path().join(format!("{mode:o}"));
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        save(&folder, &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
        let found = fs::metadata(folder.join(".varpack.lock")).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode & 0o666);
    }
}

/// A file system that knows no locks.
fn lockless() -> std::sync::Arc<Observed> {
    Observed::new(|step| match step.operation {
        "lock" => Err(io::ErrorKind::Unsupported.into()),
        _ => Ok(()),
    })
}

pub(super) const LOCKLESS: CommitOptions = CommitOptions { without_lock: true, ..SYNCED };

#[test]
fn file_system_without_locks_loads_and_saves_only_if_asked_to() {
    let root = saved();
    on_system(lockless(), || {
        assert!(Folder::open(&system(), root.path(), None).unwrap().unlocked_because().is_some());
        let two = state(&[("x.npy", "two")]);
        let error = save(root.path(), &two, &SYNCED).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::ReadOnly, Some(root.path())));
        assert!(error.to_string().contains("`without_lock`"), "{error}");
        save(root.path(), &two, &LOCKLESS).unwrap();
        assert_eq!(seen(root.path(), true).unwrap(), two);
    });
}

#[test]
fn new_folder_without_locks_is_refused_without_a_trace_unless_asked_for() {
    let root = tempdir().unwrap();
    let folder = root.path().join("runs/7");
    on_system(lockless(), || {
        let one = state(&[("x.npy", "one")]);
        let error = save(&folder, &one, &SYNCED).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReadOnly);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        save(&folder, &one, &LOCKLESS).unwrap();
        assert_eq!(seen(&folder, false).unwrap(), one);
        assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    });
}

#[test]
fn staging_folder_is_left_alone_where_no_lock_tells_whose_it_is() {
    let root = saved();
    let staging = root.path().join(".varpack-staging");
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("x.npy"), "half").unwrap();
    let two = state(&[("x.npy", "two")]);
    let error = on_system(lockless(), || save(root.path(), &two, &LOCKLESS)).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Busy, Some(staging.as_path())));
    assert!(error.to_string().contains("remove this folder"), "{error}");
    assert!(staging.join("x.npy").exists());
}

/// Saves again and again without a lock: one of several at once may lose each of its races, so a save may fail. Whatever
/// was saved last must load whole.
pub(super) fn save_without_locks(folder: &Path, text: &str) {
    on_system(lockless(), || {
        for round in 0..200 {
            let text = format!("{text} {round}");
            // The same variables all the time: whoever removes a file cannot know that it was added anew.
            let new = state(&[("x.npy", &text), ("y.npy", &text), ("z.npy", &text)]);
            let _lost_to_another = save(folder, &new, &LOCKLESS);
            let mut last = None;
            let found = (0..100).find_map(|_| match seen(folder, false) {
                Ok(found) => Some(found),
                Err(error) => {
                    last = Some(error);
                    None
                }
            });
            let found = found.unwrap_or_else(|| panic!("no state that loads: {last:?}"));
            let texts: Vec<_> = found.iter().filter(|(name, _)| name.ends_with(".npy")).collect();
            assert!(texts.iter().all(|(_, text)| *text == texts[0].1), "torn: {texts:?}");
        }
    });
}

#[test]
fn processes_that_save_at_once_without_locks_leave_a_folder_that_loads() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    let mut puppets: Vec<Puppet> = (0..3).map(|_| Puppet::new(&folder)).collect();
    for (number, puppet) in puppets.iter_mut().enumerate() {
        puppet.send(&format!("save-without-locks {number}"));
    }
    for puppet in &mut puppets {
        assert_eq!(puppet.answer(), "ok");
    }
    let found = seen(&folder, false).unwrap();
    assert!(found.len() > 2);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn load_survives_a_change_of_the_working_directory_and_a_rename_of_the_folder() {
    let root = tempdir().unwrap();
    let folder = root.path().join("7");
    save(&folder, &state(&[("x.npy", "one")]), &UNSYNCED).unwrap();
    let loaded = Folder::open(&system(), &folder, None).unwrap();
    fs::rename(&folder, root.path().join("8")).unwrap();
    assert_eq!(
        loaded.snapshot(Trust::default(), true).unwrap().read_pickle("x.npy").unwrap().0,
        b"one"
    );
}
