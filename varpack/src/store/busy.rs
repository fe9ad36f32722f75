//! The error that another is in the way.

use crate::{Error, ErrorKind};
use std::path::Path;

/// `Busy`, naming the folder and what to do.
pub(crate) fn busy(folder: &Path, what: &str) -> Error {
    Error::msg(
        ErrorKind::Busy,
        format!("{what}: try again when that is over, or set the option `wait`"),
    )
    .with_path(folder)
}
