//! The writer lock of a folder, for longer than one save.

use super::busy::busy;
use super::commit_folder::holds_state;
use super::lock_file::{self, Byte, Guard, LockAttempt};
use super::reentry;
use crate::Result;
use crate::os::Lock;
use crate::os::dir::{Dir, Identity};
use std::sync::Arc;
use std::time::Duration;

/// The writer lock of a folder, held from before its load until after its save.
#[derive(Debug)]
pub(crate) struct HeldWriter {
    folder: Identity,
    guard: Guard,
}

impl HeldWriter {
    /// Takes the lock; `None` where there is none: in no folder of ours, or on a file system without.
    pub(crate) fn take(dir: &Dir, wait: Duration) -> Result<Option<Arc<Self>>> {
        if !holds_state(dir)? {
            return Ok(None);
        }
        reentry::check_save(dir)?;
        match lock_file::hold(dir, Byte::Writer, Lock::Exclusive, wait)? {
            LockAttempt::Held(guard) => {
                Ok(Some(Arc::new(Self { folder: dir.stat_self()?.identity, guard })))
            }
            LockAttempt::Busy => Err(busy(dir.path(), "another save of it is under way")),
            LockAttempt::Unlocked(_) => Ok(None),
        }
    }

    /// Whether it is the lock of that folder.
    pub(crate) fn is_of(&self, folder: &Identity) -> bool {
        self.folder.is_same_file(folder)
    }

    /// Whether it still keeps others away: the folder's lock file may have been taken away.
    pub(crate) fn is_current(&self, dir: &Dir) -> Result<bool> {
        self.guard.lock_file().is_current(dir)
    }
}
