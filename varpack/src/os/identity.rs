//! What tells files, folders and their states from each other.

use std::time::SystemTime;

/// What tells one state of a file from another. Inode numbers alone repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) size: u64,
    /// Seconds and nanoseconds; `None` for a file seen in an unfinished commit, whose move into its
    /// place will set it.
    pub(crate) ctime: Option<(i64, i64)>,
    /// Seconds and nanoseconds.
    pub(crate) mtime: (i64, i64),
}

impl Identity {
    /// Whether both are the same file (device and inode), whatever was written since.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        (self.dev, self.ino) == (other.dev, other.ino)
    }

    /// Whether both are the same file with the same content, moved or not: a move sets the ctime.
    pub(crate) fn is_unmoved_content(&self, other: &Self) -> bool {
        self.is_same_file(other) && (self.size, self.mtime) == (other.size, other.mtime)
    }

    /// Whether a file known by this identity is unchanged if it is now `now`. This and not `==` is
    /// how a remembered identity is compared: one seen in an unfinished commit has no ctime yet.
    pub(crate) fn is_still(&self, now: &Self) -> bool {
        self.is_unmoved_content(now) && (self.ctime.is_none() || self.ctime == now.ctime)
    }

    /// The identity of a file that is yet to be moved into its place.
    pub(crate) fn before_move(mut self) -> Self {
        self.ctime = None;
        self
    }
}

/// What tells a folder from every other. An inode number is given again: a folder that was made anew may
/// have that of the one that was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct DirId {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    /// When it was made, where the file system knows.
    pub(crate) born: Option<SystemTime>,
}
