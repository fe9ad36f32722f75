//! The commit: staging, the one rename, and finishing what a kill interrupted.

use super::fs::{Dir, Identity};
use super::lock::Folder;
use crate::Result;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How a commit is made.
#[derive(Clone, Debug)]
pub(crate) struct CommitOptions {
    /// Whether files and folders are synced to the disk.
    pub(crate) sync: bool,
    /// How long to wait for other savers and in-place writers.
    pub(crate) wait: Option<Duration>,
}

/// A save under way. Dropped without [`Commit::finish`], it leaves no trace.
#[derive(Debug)]
pub(crate) struct Commit {
    dir: Option<Dir>,
}

impl Commit {
    /// Takes the writer lock of the folder at `path` (or prepares a new folder beside it), finishes an
    /// interrupted commit, removes stale staging, makes a staging folder. `held`: the folders that the arrays
    /// to be saved hold; if one of them is the target its descriptor is used, for a second one would be refused.
    pub(crate) fn begin(_path: &Path, _held: &[Arc<Folder>], _options: &CommitOptions) -> Result<Self> {
        todo!()
    }
    /// The folder as it is before the commit; `None` if it does not exist yet.
    pub(crate) fn dir(&self) -> Option<&Dir> {
        self.dir.as_ref()
    }
    /// Writes a file of `len` bytes (known beforehand: its space is reserved) into the staging folder.
    /// `replaces` is what must stand under the name at the commit point. From any thread.
    pub(crate) fn stage(
        &self,
        _name: &str,
        _len: u64,
        _replaces: Option<Identity>,
        _write: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        todo!()
    }
    /// A file to remove once the new state is in place.
    pub(crate) fn remove(&self, _name: &str, _identity: Identity) {
        todo!()
    }
    /// Commits with this `varpack.json`; gives the identities that the staged files have in their places.
    pub(crate) fn finish(self, _manifest: &[u8]) -> Result<BTreeMap<String, Identity>> {
        todo!()
    }
}
