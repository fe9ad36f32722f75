//! The errors of a save that would undo a change.

use crate::{Error, ErrorKind};

/// Of what may be an older state than the folder's.
pub(super) fn older() -> Error {
    let message = "changed in the folder since, and here as it was before: load again (what `load_with` gives keeps what \
                   others change); to bring this state back, save with `overwrite(true)`, or `overwrite_field` for \
                   each field";
    Error::msg(ErrorKind::Stale, message)
}

/// Of what two have changed.
pub(super) fn stale() -> Error {
    let message = "changed here and, since it was loaded, by someone else or through another copy of it (of a file its \
                   times and permissions count): load again, or save with `overwrite(true)`";
    Error::msg(ErrorKind::Stale, message)
}
