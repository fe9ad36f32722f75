//! A `.npy` file that is written by itself: killed and failed at every operation, and beside an interrupted save.

use super::observed::{Observed, Step};
use super::{loading, on_system, saving, system};
use crate::array::MmapArray1;
use crate::os::testing::machine;
use crate::{ErrorKind, Mode, Varpack};
use nix::libc::{EACCES, EIO, ENOMEM, ENOSPC};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::tempdir;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

const LEN: usize = 20_000;

fn ones(len: usize) -> MmapArray1<f64> {
    MmapArray1::ones(len)
}

fn save(array: &MmapArray1<f64>, path: &Path) -> crate::Result<()> {
    array.save_npy_on(&system(), path)
}

fn open(path: &Path, mode: Mode) -> crate::Result<MmapArray1<f64>> {
    MmapArray1::open_on(&system(), path, mode)
}

/// The array to be saved: from memory, copied from a file, or moved; the file that it replaces is of another length.
fn arrays(folder: &Path) -> [MmapArray1<f64>; 3] {
    let original = folder.join("original");
    save(&ones(1 << 17), &original).unwrap();
    let mut zeros = MmapArray1::zeros_on(&system(), folder, 1 << 17).unwrap();
    zeros.view_mut().unwrap().fill(1.0);
    [ones(1 << 17), open(&original, Mode::ReadOnly).unwrap(), zeros]
}

#[test]
fn file_killed_at_every_operation_is_the_old_or_the_new_one() {
    let root = tempdir().unwrap();
    for kind in 0..3 {
        for old in [0, 3] {
            let (mut new, mut killed_at) = (0, 0);
            loop {
                let folder = root.path().join(format!("{kind}-{old}-{killed_at}"));
                fs::create_dir(&folder).unwrap();
                let path = folder.join("x.npy");
                if old > 0 {
                    save(&ones(old), &path).unwrap();
                }
                let array = arrays(&folder).into_iter().nth(kind).unwrap();
                let dead = Observed::killed_at(&machine(), killed_at);
                let counted: Arc<Observed> = Arc::clone(&dead);
                let outcome = on_system(dead, || save(&array, &path));
                drop(array);
                let len = open(&path, Mode::ReadOnly).map_or(0, |array| array.len());
                assert!([old, 1 << 17].contains(&len), "{kind}, {old}, {killed_at}: {len}");
                new += usize::from(len == 1 << 17);
                let is_own = |name: &str| {
                    ["x.npy", "original"].contains(&name) || name.starts_with(".varpack-scratch-")
                };
                for entry in fs::read_dir(&folder).unwrap() {
                    let name = entry.unwrap().file_name();
                    assert!(name.to_str().is_some_and(is_own), "{}", name.display());
                }
                fs::remove_dir_all(&folder).unwrap();
                if counted.count() <= killed_at {
                    outcome.unwrap();
                    break;
                }
                killed_at += 1;
            }
            assert!(killed_at > 10 && new > 1 && new < killed_at, "{new} of {killed_at}");
        }
    }
}

#[test]
fn each_operation_of_a_file_failed_in_turn_leaves_the_old_one_or_says_that_it_is_made() {
    let root = tempdir().unwrap();
    let mut failures = 0;
    for errno in [ENOSPC, EIO] {
        for kind in 0..3 {
            for number in 0.. {
                let folder = root.path().join(format!("{errno}-{kind}-{number}"));
                fs::create_dir(&folder).unwrap();
                let path = folder.join("x.npy");
                save(&ones(3), &path).unwrap();
                let array = arrays(&folder).into_iter().nth(kind).unwrap();
                let failing = Observed::failing_at(number, errno);
                let counted: Arc<Observed> = Arc::clone(&failing);
                let outcome = on_system(failing, || save(&array, &path));
                let at = format!("errno {errno} at {number} of kind {kind}: {outcome:?}");
                let len = open(&path, Mode::ReadOnly).unwrap().len();
                match &outcome {
                    Err(error) => {
                        failures += 1;
                        assert!(error.path().unwrap().starts_with(&folder), "{at}");
                        let is_made = error.kind() == ErrorKind::DurabilityUnknown;
                        assert_eq!(len, if is_made { 1 << 17 } else { 3 }, "{at}");
                    }
                    Ok(()) => assert_eq!(len, 1 << 17, "{at}"),
                }
                let is_clean_up = matches!(&outcome, Err(error) if error.kind() == ErrorKind::Io);
                let left = fs::read_dir(&folder).unwrap().count();
                // The removal itself may be what fails.
                assert!(left == 2 || is_clean_up, "{at}");
                // All goes on.
                save(&array, &path).unwrap_or_else(|error| panic!("{at}: {error}"));
                assert_eq!(open(&path, Mode::ReadOnly).unwrap().len(), 1 << 17, "{at}");
                drop(array);
                fs::remove_dir_all(&folder).unwrap();
                if counted.count() <= number {
                    break;
                }
            }
        }
    }
    assert!(failures > 60, "{failures}");
}

#[test]
fn each_operation_of_opening_and_editing_a_file_failed_in_turn_leaves_it_readable() {
    let root = tempdir().unwrap();
    let path = root.path().join("x.npy");
    for errno in [EIO, ENOSPC, EACCES] {
        for number in 0.. {
            save(&ones(LEN), &path).unwrap();
            let failing = Observed::failing_at(number, errno);
            let counted: Arc<Observed> = Arc::clone(&failing);
            let outcome = on_system(failing, || {
                let mut array = open(&path, Mode::ReadWrite)?;
                array.view_mut()?[0] = 2.0;
                array.flush()
            });
            if let Err(error) = &outcome {
                let is_named = error.path().is_some_and(|path| path.starts_with(root.path()));
                assert!(is_named, "{errno} at {number}: {error}");
            }
            let mut array = open(&path, Mode::ReadWrite).unwrap();
            assert!([1.0, 2.0].contains(&array[0]) && array[1] == 1.0);
            array.view_mut().unwrap_or_else(|error| panic!("{errno} at {number}: {error}"))[0] =
                1.0;
            drop(array);
            fs::remove_file(&path).unwrap();
            if counted.count() <= number {
                outcome.unwrap();
                break;
            }
        }
    }
}

#[test]
fn file_of_an_interrupted_save_is_opened_as_saved_and_its_edit_finishes_the_save() {
    let is_armed = Arc::new(AtomicBool::new(false));
    let armed = Arc::clone(&is_armed);
    let system = Observed::new(move |step: &Step<'_>| {
        let fails = step.operation == "rename" && armed.load(Ordering::Relaxed);
        if fails { Err(std::io::Error::from_raw_os_error(EIO)) } else { Ok(()) }
    });
    on_system(system, || {
        let root = tempdir().unwrap();
        let folder = root.path().join("run");
        let path = folder.join("x.npy");
        Run { x: ones(LEN) }.save_with(&folder, &saving()).unwrap();
        is_armed.store(true, Ordering::Relaxed);
        let saved = Run { x: MmapArray1::zeros(LEN) }.save_with(&folder, &saving().overwrite(true));
        assert_eq!(saved.unwrap_err().kind(), ErrorKind::CommitPending);
        is_armed.store(false, Ordering::Relaxed);
        assert!(folder.join(".varpack-commit").exists());
        assert_eq!(open(&path, Mode::ReadOnly).unwrap()[0], 0.0);
        let refused = save(&ones(3), &path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Exists, "{refused}");
        save(&ones(3), &folder.join("y.npy")).unwrap();
        assert!(folder.join(".varpack-commit").exists());
        let mut array = open(&path, Mode::ReadWrite).unwrap();
        array.view_mut().unwrap()[0] = 5.0;
        assert!(!folder.join(".varpack-commit").exists());
        array.flush().unwrap();
        drop(array);
        let run = Run::load_with(&folder, &loading()).unwrap();
        assert_eq!((run.x[0], run.x[1]), (5.0, 0.0));
    });
}

#[test]
fn array_whose_private_map_the_system_refuses_is_mapped_to_be_read_and_copied_when_it_is_written() {
    let maps = Arc::new(AtomicBool::new(false));
    let refuses = Arc::clone(&maps);
    let system = Observed::new(move |step: &Step<'_>| {
        let fails = step.operation == "map" && refuses.swap(false, Ordering::Relaxed);
        if fails { Err(std::io::Error::from_raw_os_error(ENOMEM)) } else { Ok(()) }
    });
    on_system(system, || {
        let folder = tempdir().unwrap();
        let path = folder.path().join("x.npy");
        save(&ones(LEN), &path).unwrap();
        maps.store(true, Ordering::Relaxed);
        let mut array = open(&path, Mode::CopyOnWrite).unwrap();
        assert!(!maps.load(Ordering::Relaxed) && array.is_mapped());
        array.view_mut().unwrap()[0] = 2.0;
        assert!(!array.is_mapped());
        assert_eq!((array[0], array[1], open(&path, Mode::ReadOnly).unwrap()[0]), (2.0, 1.0, 1.0));
        save(&array, &path).unwrap();
        assert_eq!(open(&path, Mode::ReadOnly).unwrap()[0], 2.0);
    });
}
