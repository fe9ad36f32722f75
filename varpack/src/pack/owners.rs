//! Whose files count in a folder that others may write to.

use super::fs::Dir;
use super::os::{Stat, effective_user};
use crate::{Error, ErrorKind, Result};

/// Write permission of the group and of others.
const SHARED: u32 = 0o022;

/// Only who owns an entry may move or remove it.
const STICKY: u32 = 0o1000;

/// Who may write to a folder, and so may have made what stands in it.
///
/// In a sticky folder a stranger can add an entry, but not put one in the place of another's. What stands for
/// the whole folder counts there only if it is from the folder's owner, from root, or from ourselves. In one
/// that is not sticky, whoever could add it could replace every file as well: their word gives them nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owners {
    folder: Stat,
    user: u32,
}

impl Owners {
    pub(crate) fn of(folder: &Dir) -> Result<Self> {
        Ok(Self { folder: folder.stat_self()?, user: effective_user() })
    }

    /// Whether whoever made this may speak for the folder.
    pub(crate) fn trust(&self, found: &Stat) -> bool {
        self.trust_user(found.uid)
    }

    /// The same by the number of the user.
    pub(crate) fn trust_user(&self, uid: u32) -> bool {
        [self.folder.uid, self.user, 0].contains(&uid) || self.writers() != 0
    }

    /// Checks what a save would replace, remove, or take the owner and permissions of.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] if it is a stranger's: their word would decide what becomes of the folder's files.
    pub(crate) fn check(&self, folder: &Dir, name: &str, found: &Stat) -> Result<()> {
        if self.trust(found) { Ok(()) } else { Err(foreign(folder, name, found)) }
    }

    /// Whether nobody may write to this who may not write to the folder.
    pub(crate) fn guard(&self, found: &Stat) -> bool {
        let shared = found.mode & SHARED;
        let is_own_group = shared & 0o020 == 0 || found.gid == self.folder.gid;
        shared & !self.writers() == 0 && is_own_group
    }

    /// The permission bits of a folder of ours in this one: others may write to it where they may replace it.
    pub(crate) fn mode(&self) -> u32 {
        self.folder.mode & (0o755 | self.writers()) | 0o700
    }

    /// Those beside the owner that may replace what stands in the folder.
    fn writers(&self) -> u32 {
        if self.folder.special & STICKY == 0 { self.folder.mode & SHARED } else { 0 }
    }
}

/// The error of a save that finds something of a stranger in the place of what is its own.
pub(crate) fn foreign(folder: &Dir, name: &str, found: &Stat) -> Error {
    Error::msg(
        ErrorKind::Exists,
        "it stands where a save has its own files, and may not speak for the folder: remove it, or have \
         its owner or the folder's remove it",
    )
    .with_path(folder.file_path(name))
    .with_expected("one of the folder's owner, of root or of the user who saves")
    .with_found(owned(found))
}

/// What a stranger's file or folder is called.
pub(crate) fn owned(found: &Stat) -> String {
    format!("{} of the user with the number {}", found.kind.noun(), found.uid)
}
