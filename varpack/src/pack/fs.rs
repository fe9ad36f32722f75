//! The file system as the folder code sees it: one directory descriptor, file names below it, and the
//! identity of what stands there.

use crate::Result;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What tells one state of a file from another. Inode numbers alone repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) size: u64,
    /// Seconds and nanoseconds.
    pub(crate) ctime: (i64, i64),
    /// Seconds and nanoseconds.
    pub(crate) mtime: (i64, i64),
}

impl Identity {
    /// Of an open file.
    pub(crate) fn of(_file: &File) -> std::io::Result<Self> {
        todo!()
    }
    /// Whether both are the same file (device and inode), whatever was written since.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }
}

/// An open folder. Everything in it is reached through its descriptor, so a change of the working
/// directory or a rename of the folder does not matter.
#[derive(Debug)]
pub(crate) struct Dir {
    path: PathBuf,
}

impl Dir {
    /// The folder's path as the caller gave it, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    /// Opens a regular file for reading: no link is followed, nothing blocks.
    pub(crate) fn open_file(&self, _name: &str) -> Result<File> {
        todo!()
    }
    /// Opens a regular file for reading and writing.
    pub(crate) fn open_file_rw(&self, _name: &str) -> Result<File> {
        todo!()
    }
    /// What stands under a name; `None` if nothing does.
    pub(crate) fn identity(&self, _name: &str) -> Result<Option<Identity>> {
        todo!()
    }
    /// A whole file of at most `cap` bytes.
    pub(crate) fn read_file(&self, _name: &str, _cap: u64) -> Result<(Vec<u8>, Identity)> {
        todo!()
    }
}
