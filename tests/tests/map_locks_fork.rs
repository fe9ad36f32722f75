//! A forked child has its parent's maps, and with them their locks: while it may read, nobody edits in place.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]
#![allow(unsafe_code, reason = "a fork cannot be had otherwise")]

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use std::fs::File;
use std::io::{PipeWriter, Read, Write, pipe};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

/// One test at a time: a child has the maps of all threads of its parent.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Run { x: vec![1.0; 20_000].into() }.save(&folder).unwrap();
    (parent, folder)
}

/// A child that has its parent's maps, until it is told to end.
struct Child {
    pid: Pid,
    until: PipeWriter,
}

impl Child {
    /// Forks a child that reads the array at its end, and fails if an element is another than `expected`.
    fn reading(run: &Run, expected: f64) -> Self {
        let (wait, until) = pipe().unwrap();
        // SAFETY: the child makes system calls and reads memory, and neither allocates nor takes a lock.
        match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => Self { pid: child, until },
            ForkResult::Child => {
                drop(until);
                let _ = (&wait).read(&mut [0]);
                let is_same = run.x.iter().all(|element| *element == expected);
                // SAFETY: it ends the child and runs nothing of the parent's.
                unsafe { nix::libc::_exit(i32::from(!is_same)) }
            }
        }
    }

    fn end(self) {
        let Self { pid, mut until } = self;
        until.write_all(&[0]).unwrap();
        assert_eq!(waitpid(pid, None).unwrap(), WaitStatus::Exited(pid, 0), "an edit shows");
    }
}

fn load(folder: &Path) -> Run {
    Run::load_with(folder, &LoadOptions::new().mode(Mode::ReadWrite)).unwrap().into_inner()
}

#[track_caller]
fn assert_busy(run: &mut Run) {
    let error = run.x.view_mut().map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(error.variable(), Some("x"), "{error}");
}

#[test]
fn load_made_anew_after_a_fork_is_not_edited_while_the_child_may_read() {
    let _alone = alone();
    let (_parent, folder) = saved();
    let run = load(&folder);
    let child = Child::reading(&run, 1.0);
    drop(run);
    let mut anew = load(&folder);
    assert_busy(&mut anew);
    child.end();
    anew.x.view_mut().unwrap()[0] = 2.0;
}

#[test]
fn parent_does_not_edit_while_its_child_may_read() {
    let _alone = alone();
    let (_parent, folder) = saved();
    let mut run = load(&folder);
    let child = Child::reading(&run, 1.0);
    assert_busy(&mut run);
    child.end();
    run.x.view_mut().unwrap()[0] = 2.0;
}

#[test]
fn parent_that_has_edited_before_does_not_edit_again_while_its_child_may_read() {
    let _alone = alone();
    let (_parent, folder) = saved();
    let mut run = load(&folder);
    run.x.view_mut().unwrap().fill(2.0);
    run.x.flush().unwrap();
    let child = Child::reading(&run, 2.0);
    assert_busy(&mut run);
    child.end();
    run.x.view_mut().unwrap().fill(3.0);
    run.flush().unwrap();
    let found = File::open(folder.join("x.npy")).unwrap().metadata().unwrap().len();
    assert_eq!((load(&folder).x[7], found), (3.0, 160_128));
}

#[derive(Varpack)]
struct Two {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    small: MmapArray1<f64>,
}

#[test]
fn child_edits_nothing_in_place_by_what_its_parent_has_claimed() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Two { x: vec![1.0; 20_000].into(), small: vec![1.0; 10].into() }.save(&folder).unwrap();
    let mut run = Two::edit(&folder).unwrap();
    run.x.view_mut().unwrap()[0] = 2.0;
    // SAFETY: no other thread of this process has a lock of the crate while `alone` is held.
    match unsafe { fork() }.unwrap() {
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0));
        }
        ForkResult::Child => {
            let kind = run.small.view_mut().map(drop).map_err(|error| error.kind());
            // SAFETY: it ends the child and runs nothing of the parent's.
            unsafe { nix::libc::_exit(i32::from(kind != Err(ErrorKind::Usage))) }
        }
    }
    run.flush().unwrap();
    let now = Two::load(&folder).unwrap();
    assert_eq!((now.x[0], now.small[0]), (2.0, 1.0));
}
