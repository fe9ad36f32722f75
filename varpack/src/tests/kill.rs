//! Killed at every operation of a save, and of the recovery from that: old or new, never a mix.

use super::observed::{Observed, Step};
use super::puppet::Puppet;
use super::{SYNCED, State, finish, on_disk, on_system, save, seen, state};
use crate::os::FileSystem;
use crate::os::testing::machine;
use crate::store::options::CommitOptions;
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

/// What the folder holds before the save: one file to be replaced, one to stay, one to be removed.
fn before() -> State {
    state(&[("x.npy", "old x"), ("stays.npy", "same"), ("gone.npy", "old")])
}

pub(super) fn after() -> State {
    state(&[("x.npy", "a new and longer x"), ("stays.npy", "same"), ("added.pickle", "new")])
}

/// The number of operations that a run takes when nothing kills it.
fn operations(beneath: &Arc<dyn FileSystem>, run: impl FnOnce()) -> usize {
    operations_of(Observed::over(Arc::clone(beneath), |_: &Step<'_>| Ok(())), run)
}

fn operations_of(counting: Arc<Observed>, run: impl FnOnce()) -> usize {
    let system: Arc<Observed> = Arc::clone(&counting);
    on_system(system, run);
    counting.count()
}

fn assert_old_or_new(folder: &Path, repair: bool, at: &str) -> bool {
    let seen = seen(folder, repair).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert!(seen == before() || seen == after(), "{at}: {seen:?}");
    seen == after()
}

/// Kills a save at each of its operations on top of a file system.
pub(super) fn kill_each(beneath: &Arc<dyn FileSystem>, options: &CommitOptions) {
    let root = tempdir().unwrap();
    let count = {
        let folder = root.path().join("count");
        save(&folder, &before(), &SYNCED).unwrap();
        operations(beneath, || drop(save(&folder, &after(), options).unwrap()))
    };
    let mut new = 0;
    for number in 0..count {
        let at = format!("killed at {number} of {count}");
        let folder = root.path().join(number.to_string());
        save(&folder, &before(), &SYNCED).unwrap();
        let dead = Observed::killed_at(beneath, number);
        on_system(dead, || save(&folder, &after(), options).ok());
        // A read-only load sees it as it is, a load that repairs must see the same.
        let read_only = assert_old_or_new(&folder, false, &at);
        assert_eq!(assert_old_or_new(&folder, true, &at), read_only, "{at}");
        new += usize::from(read_only);
        assert!(!folder.join(".varpack-commit").exists(), "{at}");
        save(&folder, &after(), &SYNCED).unwrap();
        assert_eq!(on_disk(&folder), after(), "{at}");
    }
    assert!(new > 5 && new < count, "{new} of {count}");
}

#[test]
fn save_killed_at_every_operation_leaves_the_old_or_the_new_state() {
    kill_each(&machine(), &SYNCED);
}

/// As Windows does it: what is replaced is given another name before what replaces it has its own.
#[test]
fn save_killed_at_every_operation_where_files_are_set_aside_leaves_the_old_or_the_new_state() {
    let aside = || Observed::over(machine(), |_: &Step<'_>| Ok(())).setting_aside();
    let killed = |number| Observed::killed_at(&machine(), number).setting_aside();
    let root = tempdir().unwrap();
    let folder = root.path().join("count");
    save(&folder, &before(), &SYNCED).unwrap();
    let count = operations_of(aside(), || drop(save(&folder, &after(), &SYNCED).unwrap()));
    let mut new = 0;
    for number in 0..count {
        for recovery in [usize::MAX, number % 40] {
            let at = format!("killed at {number} of {count}, then at {recovery}");
            let folder = root.path().join(format!("{number}-{recovery}"));
            save(&folder, &before(), &SYNCED).unwrap();
            on_system(killed(number), || save(&folder, &after(), &SYNCED).ok());
            on_system(killed(recovery), || {
                if recovery < usize::MAX {
                    finish(&folder).ok();
                }
            });
            on_system(aside(), || {
                let read_only = assert_old_or_new(&folder, false, &at);
                assert_eq!(assert_old_or_new(&folder, true, &at), read_only, "{at}");
                new += usize::from(read_only);
                save(&folder, &after(), &SYNCED).unwrap();
                save(&folder, &before(), &SYNCED).unwrap();
            });
            assert_eq!(on_disk(&folder), before(), "{at}");
        }
    }
    assert!(new > 10 && new < 2 * count, "{new} of {count}");
}

#[test]
fn recovery_killed_at_every_operation_is_finished_by_the_next() {
    let root = tempdir().unwrap();
    let folder = root.path().join("count");
    save(&folder, &before(), &SYNCED).unwrap();
    let count = operations(&machine(), || drop(save(&folder, &after(), &SYNCED).unwrap()));
    let mut kills = 0;
    for number in 0..count {
        for recovery in 0.. {
            let at = format!("killed at {number}, then at {recovery}");
            let folder = root.path().join(format!("{number}-{recovery}"));
            save(&folder, &before(), &SYNCED).unwrap();
            on_system(Observed::killed_at(&machine(), number), || {
                save(&folder, &after(), &SYNCED).ok()
            });
            let killer = Observed::killed_at(&machine(), recovery);
            let system: std::sync::Arc<Observed> = std::sync::Arc::clone(&killer);
            on_system(system, || finish(&folder).ok());
            let read_only = assert_old_or_new(&folder, false, &at);
            assert_eq!(assert_old_or_new(&folder, true, &at), read_only, "{at}");
            std::fs::remove_dir_all(&folder).unwrap();
            kills += 1;
            if killer.count() <= recovery {
                break;
            }
        }
    }
    println!("{count} operations of a save, {kills} kills in recovery");
    assert!(kills > count * 5, "{kills}");
}

#[test]
fn new_folder_killed_at_every_operation_is_whole_or_not_there() {
    let root = tempdir().unwrap();
    let folder = root.path().join("count");
    let count = operations(&machine(), || drop(save(&folder, &after(), &SYNCED).unwrap()));
    for number in 0..count {
        let at = format!("killed at {number} of {count}");
        let folder = root.path().join(format!("above/{number}"));
        on_system(Observed::killed_at(&machine(), number), || {
            save(&folder, &after(), &SYNCED).ok()
        });
        if folder.exists() {
            assert_eq!(seen(&folder, true).unwrap(), after(), "{at}");
        }
        save(&folder, &after(), &SYNCED).unwrap();
        assert_eq!(on_disk(&folder), after(), "{at}");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(std::fs::read_dir(root.path().join("above")).unwrap().count(), 0, "{at}");
    }
}

#[test]
fn process_killed_by_a_signal_in_a_save_and_in_its_recovery_leaves_old_or_new() {
    let root = tempdir().unwrap();
    let mut number = 0;
    loop {
        let folder = root.path().join(number.to_string());
        save(&folder, &before(), &SYNCED).unwrap();
        let mut saver = Puppet::new(&folder);
        let finished = saver.ask(&format!("stop-at {number}")) == "ok";
        saver.kill();
        let mut repairer = Puppet::new(&folder);
        repairer.ask(&format!("repair-stop-at {}", 10 + number % 12));
        repairer.kill();
        let new = assert_old_or_new(&folder, true, &format!("killed at {number}"));
        if finished {
            assert!(new);
            break;
        }
        number += 3;
    }
    assert!(number > 30);
}
