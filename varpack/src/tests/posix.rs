//! Systems that have less than Linux: nothing but POSIX, the same with locks, and each of Linux's own calls missing in
//! turn.

use super::kill::kill_each;
use super::lock::LOCKLESS;
use super::observed::{Observed, Step};
use super::{SYNCED, loading, on_system, saving, system};
use crate::array::MmapArray1;
use crate::os::FileSystem;
use crate::os::testing::{machine, posix, posix_with_locks};
use crate::{Mode, SaveOptions, Varpack};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tempfile::tempdir;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap, default)]
    parts: BTreeMap<String, MmapArray1<u8>>,
    step: u64,
}

/// Enough not to be read for it is small.
const LEN: usize = 50_000;

/// More files than are brought to the disk one by one.
const MANY: usize = 150;

/// What the folder holds, by the machine's own calls.
fn held(folder: &Path) -> (f64, u8, u64) {
    let run = Run::load_with(folder, &crate::LoadOptions::new().mode(Mode::InMemory)).unwrap();
    assert_eq!(run.x.len(), LEN);
    assert!(run.x.iter().all(|x| *x == run.x[0]));
    (run.x[0], run.parts.values().map(|part| part[0]).sum(), run.step)
}

fn locked() -> SaveOptions {
    saving().threads(1)
}

fn unlocked() -> SaveOptions {
    locked().without_lock(true)
}

/// Saves, loads, changes and edits on top of a file system.
fn live(file_system: Arc<dyn FileSystem>, save: fn() -> SaveOptions, edits: bool, name: &str) {
    let root = tempdir().unwrap();
    let folder = root.path().join("runs").join(name);
    on_system(file_system, || {
        let mut x = MmapArray1::zeros_on(&system(), &folder, LEN).unwrap();
        x.view_mut().unwrap().fill(1.0);
        let mut run = Run { x, parts: BTreeMap::new(), step: 1 };
        run.save_with(&folder, &save()).unwrap();
        assert_eq!(held(&folder), (1.0, 0, 1), "{name}");
        run.x.view_mut().unwrap().fill(2.0);
        let part = || MmapArray1::from(vec![1_u8; 5]);
        run.parts = (0..MANY).map(|part_of| (part_of.to_string(), part())).collect();
        run.save_with(&folder, &save()).unwrap();
        assert_eq!(held(&folder), (2.0, 150, 1), "{name}");
        drop(run);
        for mode in [Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
            let mut loaded = Run::load_with(&folder, &loading().mode(mode)).unwrap();
            loaded.step += 1;
            if mode != Mode::ReadOnly {
                loaded.x.view_mut().unwrap().fill(3.0);
            }
            loaded.parts.clear();
            loaded.save_with(&save()).unwrap();
        }
        assert_eq!(held(&folder), (3.0, 0, 4), "{name}");
        let mode = if edits { Mode::ReadWrite } else { Mode::CopyOnWrite };
        let mut loaded = Run::load_with(&folder, &loading().mode(mode)).unwrap();
        loaded.x.view_mut().unwrap().fill(4.0);
        if edits {
            loaded.flush().unwrap();
            assert_eq!(held(&folder), (4.0, 0, 4), "{name}");
        }
        loaded.save_with(&save()).unwrap();
        assert_eq!(held(&folder), (4.0, 0, 4), "{name}");
        Run::update_with(&folder, &loading(), &save(), |run| {
            run.step = 7;
            Ok::<_, crate::Error>(())
        })
        .unwrap();
    });
    assert_eq!(held(&folder), (4.0, 0, 7), "{name}");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let own: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(own.is_empty() || own == [".varpack.lock"], "{name}: {own:?}");
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1, "{name}");
}

#[test]
fn folder_is_saved_loaded_and_changed_by_posix_alone_and_without_locks() {
    live(posix(), unlocked, false, "posix");
}

#[test]
fn folder_is_saved_loaded_and_edited_in_place_by_posix_and_locks() {
    live(posix_with_locks(), locked, true, "locks");
}

#[test]
fn folder_is_saved_loaded_and_changed_where_any_call_of_linux_is_missing() {
    live(machine(), locked, true, "none");
    for missing in ["make_unnamed", "link_unnamed", "copy", "sync_all", "lock"] {
        let without = Observed::new(move |step: &Step<'_>| match step.operation == missing {
            true => Err(io::ErrorKind::Unsupported.into()),
            false => Ok(()),
        });
        match missing {
            "lock" => live(without, unlocked, false, missing),
            _ => live(without, locked, true, missing),
        }
    }
}

#[test]
fn save_killed_at_every_operation_by_posix_alone_leaves_the_old_or_the_new_state() {
    kill_each(&posix_with_locks(), &SYNCED);
    kill_each(&posix(), &LOCKLESS);
}
