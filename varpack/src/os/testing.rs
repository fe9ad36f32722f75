//! What tests ask of what the system has opened.

use super::file::Handle;

/// What the system has opened.
pub(crate) fn std_file(opened: &Handle) -> &std::fs::File {
    opened.std()
}
