//! Whose files count in a folder that others may write to.

use crate::os::dir::Dir;
use crate::os::{FileKind, Stat, effective_user, unmapped_user};
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

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Stat {
        &self.folder
    }

    /// Whether this is from those who may speak for the folder.
    pub(crate) fn trust(&self, found: &Stat) -> bool {
        // What a file system says that a stranger may have mounted there, of files or of a folder of ours, is the
        // stranger's word. An administrator's mount of one file counts where strangers may not add any.
        let is_foreign = found.is_mounted && (found.kind != FileKind::Regular || self.is_sticky());
        let is_open = self.is_sticky() && self.is_open_to_strangers(found);
        !is_foreign && (self.writers() != 0 || (self.is_of_them(found.uid) && !is_open))
    }

    /// Whether a stranger can have put a file of another user here, or can write to it: it has another name, or is open
    /// to all, who can give it one, or to a group, whose members can move it here where a group may add files.
    fn is_open_to_strangers(&self, found: &Stat) -> bool {
        let by_group = self.folder.mode & found.mode & 0o020 != 0;
        found.kind == FileKind::Regular && (found.links > 1 || found.mode & 0o002 != 0 || by_group)
    }

    fn is_of_them(&self, uid: u32) -> bool {
        is_someone(uid) && [self.folder.uid, self.user, 0].contains(&uid)
    }

    /// Whether nobody can move what this process makes in the folder, but itself and root.
    pub(crate) fn is_alone(&self) -> bool {
        let owner = self.folder.uid;
        is_someone(owner) && [self.user, 0].contains(&owner) && self.writers() == 0
    }

    /// Why a file that was read is none of the folder's, for the load report.
    pub(crate) fn distrust(&self, found: &Stat) -> String {
        match self.is_of_them(found.uid) {
            true => "may be written to by others than its owner, or has another name (a hard link), so that a \
                     stranger may have put it there"
                .to_owned(),
            false => format!(
                "is of the user with the number {}, who is neither the folder's owner nor root nor this user",
                found.uid
            ),
        }
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
        let (shared, writers) = (found.mode & SHARED, self.writers());
        // Where all may write it does not matter which group it is.
        let is_own_group =
            shared & 0o020 == 0 || writers & 0o002 != 0 || found.gid == self.folder.gid;
        shared & !writers == 0 && is_own_group
    }

    /// Those beside the owner that may replace what stands in the folder.
    pub(crate) fn writers(&self) -> u32 {
        if self.is_sticky() { 0 } else { self.folder.mode & SHARED }
    }

    /// Whether nobody but its owner may add to the folder.
    pub(crate) fn is_private(&self) -> bool {
        self.folder.mode & SHARED == 0
    }

    /// Whether strangers may add to the folder, and replace nothing.
    pub(crate) fn is_sticky(&self) -> bool {
        self.folder.special & STICKY != 0
    }

    /// Checks that the system lets this process replace or remove a file of the folder, as a save has to past its
    /// commit point. `maker`: the user that what the save has made is seen to belong to, which on a network may be
    /// another than this process acts as.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`] if not.
    pub(crate) fn check_replaceable(
        &self,
        folder: &Dir,
        name: &str,
        found: &Stat,
        maker: u32,
    ) -> Result<()> {
        let is_other = maker != self.user && self.is_sticky();
        let is_let = !is_other || [found.uid, self.folder.uid, 0].contains(&maker);
        if is_let && folder.may_remove(name)? {
            return Ok(());
        }
        Err(Error::msg(ErrorKind::ReadOnly, "the system does not let this user replace or remove it")
            .with_path(folder.file_path(name))
            .with_expected(
                "a file that is not protected and that nothing is mounted on, and in a sticky folder one of this \
                 user, if the folder is not",
            )
            .with_found(owned(found)))
    }
}

/// Whether a number tells a user from others. In a user namespace all users that it does not know have one.
fn is_someone(uid: u32) -> bool {
    unmapped_user() != Some(uid)
}

/// The error of a save that finds something of a stranger in the place of what is its own.
pub(crate) fn foreign(folder: &Dir, name: &str, found: &Stat) -> Error {
    Error::msg(
        ErrorKind::Exists,
        "it is a stranger's, in the place of what is to be written, and may not speak for the folder that it is in: remove it, \
         or have its owner or the folder's remove it",
    )
    .with_path(folder.file_path(name))
    .with_expected(
        "one of the folder's owner, of root or of the user who saves; a file with one name, and not open to all",
    )
    .with_found(owned(found))
}

/// What a stranger's file or folder is called.
pub(crate) fn owned(found: &Stat) -> String {
    match found.kind {
        FileKind::Unseen => found.kind.noun().to_owned(),
        kind => format!("{} of the user with the number {}", kind.noun(), found.uid),
    }
}
