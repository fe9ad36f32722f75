//! How a commit is made.

use super::held_writer::HeldWriter;
use super::progress::Callback;
use crate::os::dir::DirId;
use std::sync::Arc;
use std::time::Duration;

/// How a commit is made.
#[derive(Clone, Debug)]
pub(crate) struct CommitOptions {
    /// Whether files and folders are synced to the disk.
    pub(crate) sync: bool,
    /// How long to wait for other savers and in-place writers.
    pub(crate) wait: Option<Duration>,
    /// How many threads look at files; 0: one a core.
    pub(crate) threads: usize,
    /// Whether to go on where there are no locks.
    pub(crate) without_lock: bool,
    /// The folder that it has to be, if it is known which: another may stand under the path by now.
    pub(crate) into: Option<DirId>,
    /// Who is told how far it is, and may cancel it.
    pub(crate) progress: Option<Callback>,
    /// The folder's writer lock, if whoever saves holds it already.
    pub(crate) writer: Option<Arc<HeldWriter>>,
}
