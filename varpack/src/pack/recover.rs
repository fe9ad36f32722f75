//! Interrupted saves: finished on the way, or settled by the caller where that cannot be.

use super::lock::{Folder, busy};
use super::lock_file::{Byte, COMMIT_WAIT, Guard};
use super::os::Lock;
use super::unfinished::{COMMIT_FOLDER, Unfinished};
use crate::{ErrorKind, Result};
use std::io;

/// Finishes an interrupted commit for an `r+` load. Where this process may not write, or another one
/// is about it, the commit is left: a snapshot reads through it.
pub(crate) fn repair(folder: &Folder) -> Result<()> {
    if folder.dir().stat(COMMIT_FOLDER)?.is_none() {
        return Ok(());
    }
    let Some(lock) = folder.lock().filter(|lock| lock.is_writable()) else { return Ok(()) };
    let Some(_writer) = lock.try_acquire(Byte::Writer, Lock::Exclusive)? else { return Ok(()) };
    match finish_interrupted(folder) {
        Err(error) if error.kind() == ErrorKind::CommitPending => {
            let may_not_write = error.os_error().is_some_and(|error| {
                matches!(
                    error.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                )
            });
            if may_not_write { Ok(()) } else { Err(error) }
        }
        other => other,
    }
}

/// Finishes an interrupted commit, if there is one. The caller holds the writer byte.
pub(crate) fn finish_interrupted(folder: &Folder) -> Result<()> {
    if folder.dir().stat(COMMIT_FOLDER)?.is_none() {
        return Ok(());
    }
    let _commit = commit_alone(folder)?;
    match Unfinished::find(folder.dir())? {
        Some(unfinished) => unfinished.finish(folder.dir(), true),
        None => Ok(()),
    }
}

/// Takes the commit byte exclusive, after all loads that are opening files; `None` without locks.
pub(crate) fn commit_alone(folder: &Folder) -> Result<Option<Guard>> {
    let Some(lock) = folder.lock() else { return Ok(None) };
    let stuck = || busy(folder.dir().path(), "a load or a save does not come to its end");
    let _turnstile =
        lock.acquire(Byte::Turnstile, Lock::Exclusive, COMMIT_WAIT)?.ok_or_else(stuck)?;
    lock.acquire(Byte::Commit, Lock::Exclusive, COMMIT_WAIT)?.ok_or_else(stuck).map(Some)
}
