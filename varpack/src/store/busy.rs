//! The error that another is in the way.

use crate::layout::own::LOCK_FILE;
use crate::{Error, ErrorKind};
use std::path::Path;

/// `Busy`, naming the folder and what to do.
pub(crate) fn busy(folder: &Path, what: &str) -> Error {
    of(folder, format!("{what}: try again when that is over, or set the option `wait`"))
}

/// `Busy` after [`COMMIT_WAIT`](super::lock_file::COMMIT_WAIT), which no option changes.
pub(crate) fn stuck(folder: &Path, what: &str) -> Error {
    of(folder, format!("{what}, or its process is stopped: see what holds `{LOCK_FILE}`"))
}

fn of(folder: &Path, message: String) -> Error {
    Error::msg(ErrorKind::Busy, message).with_path(folder)
}
