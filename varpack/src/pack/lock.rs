//! Sharing a folder: the three lock bytes, and what a load and its arrays hold of them.

use super::fs::{Dir, Identity};
use crate::Result;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A folder that is in use: by a load, or by the arrays mapped from it. One descriptor, one lock.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: Dir,
}

impl Folder {
    /// Opens a folder for a load and takes the *use* lock shared. `repair`: mode `r+` finishes an
    /// interrupted commit. Where no lock can be had it goes on unlocked.
    pub(crate) fn open(_path: &Path, _repair: bool, _wait: Option<Duration>) -> Result<Arc<Self>> {
        todo!()
    }
    /// The folder itself.
    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }
    /// Why the folder is not locked, for the load report; `None` if it is.
    pub(crate) fn unlocked_because(&self) -> Option<&str> {
        todo!()
    }
    /// A consistent view of the folder for the time of a load: *commit* held shared.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>> {
        todo!()
    }
    /// Claims the folder for in-place edits of one array: *use* turns exclusive until the last claim is
    /// dropped. `Busy` if someone else uses it.
    pub(crate) fn claim(self: &Arc<Self>) -> Result<InPlace> {
        todo!()
    }
}

/// A consistent view of the folder: files are looked for in an unfinished commit first.
#[derive(Debug)]
pub(crate) struct Snapshot<'f> {
    folder: &'f Folder,
}

impl Snapshot<'_> {
    /// Opens a regular file of the folder, or of the unfinished commit.
    pub(crate) fn open_file(&self, name: &str) -> Result<(File, Identity)> {
        let _ = (self.folder, name);
        todo!()
    }
    /// A whole file of at most `cap` bytes.
    pub(crate) fn read_file(&self, _name: &str, _cap: u64) -> Result<(Vec<u8>, Identity)> {
        todo!()
    }
    /// Whether the folder stayed the same while it was read: if not, read it again.
    pub(crate) fn is_stable(&self) -> Result<bool> {
        todo!()
    }
}

/// A claim on a folder by one array that has unflushed edits. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct InPlace {
    folder: Arc<Folder>,
}

impl InPlace {
    /// The folder claimed.
    pub(crate) fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }
}
