//! The errors of a save that is committed and did not come to its end, or cannot.

use super::record::FileMark;
use crate::os::Stat;
use crate::os::dir::Dir;
use crate::{Error, ErrorKind};
use std::io;
use std::path::PathBuf;

/// An interrupted save that cannot be finished, for a reason in this folder.
pub(crate) fn conflict(dir: &Dir, reason: impl AsRef<str>) -> Error {
    conflict_at(dir.path().to_owned(), reason.as_ref())
}

pub(super) fn conflict_at(path: PathBuf, reason: &str) -> Error {
    Error::msg(
        ErrorKind::InterruptedSaveConflict,
        format!(
            "an interrupted save cannot be finished: {reason}; nothing was touched, \
             `varpack::recover` settles it"
        ),
    )
    .with_path(path)
}

/// A file that is in neither of the two states that the save knows of it.
pub(super) fn changed(
    dir: &Dir,
    name: &str,
    expected: Option<&FileMark>,
    found: Option<&Stat>,
) -> Error {
    let of = |ino: u64, size: u64, (seconds, nanoseconds): (i64, i64)| {
        format!("of {size} bytes (inode {ino}, modified at {seconds}.{nanoseconds:09})")
    };
    let expected = expected.map_or("nothing".to_owned(), |content| {
        format!("a regular file {}", of(content.ino, content.size, content.mtime))
    });
    let found = found.map_or("nothing".to_owned(), |Stat { identity, kind, .. }| {
        format!("{} {}", kind.noun(), of(identity.ino, identity.size, identity.mtime))
    });
    conflict_at(dir.file_path(name), "the file was changed since")
        .with_expected(expected)
        .with_found(found)
}

/// The save is committed; a sync failed. Nothing may be removed on top of that.
pub(crate) fn durability(error: &Error) -> Error {
    after_commit(
        ErrorKind::DurabilityUnknown,
        "the save is made, but it is not known whether it survives a power cut",
        error,
    )
}

/// The save is committed; what comes then failed.
pub(super) fn pending(error: &Error) -> Error {
    after_commit(
        ErrorKind::CommitPending,
        "the save is made, but not all of its files are in place; the next save, or the first edit in place, \
         moves them",
        error,
    )
}

/// The error for a caller to whom "the save" would mean another one than the interrupted save that
/// could not be finished.
pub(crate) fn of_earlier_save(error: Error, message: &str) -> Error {
    match error.kind() {
        ErrorKind::CommitPending | ErrorKind::DurabilityUnknown => {
            of_cause(ErrorKind::Io, message.to_owned(), &error)
        }
        _ => error,
    }
}

fn after_commit(kind: ErrorKind, message: &str, error: &Error) -> Error {
    let cause = error.message().unwrap_or_default();
    of_cause(kind, format!("{message}: {cause}"), error)
}

/// Another error at the same path, with the same error of the system beneath it.
pub(crate) fn of_cause(kind: ErrorKind, message: String, error: &Error) -> Error {
    let mut after = Error::msg(kind, message);
    if let Some(path) = error.path() {
        after = after.with_path(path);
    }
    match error.os_error() {
        // An `io::Error` cannot be cloned.
        Some(os) => after.with_source(
            os.raw_os_error().map_or_else(|| os.kind().into(), io::Error::from_raw_os_error),
        ),
        None => after,
    }
}
