//! Whom the files and folders of a save belong to, and who may read and write them: the one rule for the lock file,
//! the staging folder, the record and the data files.
//!
//! Whoever may save in a folder has to be able to lock it, and to finish or discard what a killed save has left
//! there. So what a save makes is given to the folder's owner and group, as far as the system lets it.

use super::owners::Owners;
use crate::Result;
use crate::os::acl::Acl;
use crate::os::dir::Dir;
use crate::os::{File, Stat, effective_user};
use std::io;

/// Whom something is to belong to, and with which permissions.
#[derive(Clone, Debug)]
pub(crate) struct Belonging {
    uid: u32,
    gid: u32,
    /// `None`: those of the umask, and a list that the folder hands down, stay.
    permissions: Option<Permissions>,
    /// To make it with: no more than it may have whoever it belongs to.
    initial: u32,
}

#[derive(Clone, Debug)]
struct Permissions {
    /// The nine bits.
    mode: u32,
    acl: Option<Acl>,
}

impl Belonging {
    /// Of a file that takes the place of another.
    ///
    /// # Errors
    /// If the list of that one cannot be read.
    pub(crate) fn of(folder: &Dir, name: &str, replaced: &Stat) -> Result<Self> {
        let Stat { uid, gid, mode, .. } = *replaced;
        Ok(Self::with(uid, gid, Permissions { mode, acl: folder.acl(Some(name))? }))
    }

    /// Of a file that takes no other's place: the umask says who may read and write it.
    pub(crate) fn of_new(owners: &Owners) -> Self {
        let Stat { uid, gid, .. } = *owners.folder();
        // What others may write to does not count in a sticky folder.
        let initial = if owners.is_sticky() { 0o644 } else { 0o666 };
        Self { uid, gid, permissions: None, initial }
    }

    /// Of a folder of ours: those read it who read the folder, and those write to it who may replace what is in
    /// the folder, whatever the umask.
    ///
    /// # Errors
    /// If the list of the folder cannot be read.
    pub(crate) fn of_own_folder(folder: &Dir, owners: &Owners) -> Result<Self> {
        Self::of_own(folder, owners, 0o755 | owners.writers(), 0o700)
    }

    /// Of a file of ours in such a folder.
    ///
    /// # Errors
    /// As of [`of_own_folder`](Self::of_own_folder).
    pub(crate) fn of_own_file(folder: &Dir, owners: &Owners) -> Result<Self> {
        Self::of_own(folder, owners, 0o644 | owners.writers(), 0o600)
    }

    /// Of the lock file: whoever may write to the folder may lock it.
    ///
    /// # Errors
    /// As of [`of_own_folder`](Self::of_own_folder).
    pub(crate) fn of_lock_file(folder: &Dir, owners: &Owners) -> Result<Self> {
        Self::of_own(folder, owners, 0o666, 0)
    }

    /// Of what has the folder's owner, group and permissions, at most and at least these bits of them.
    fn of_own(folder: &Dir, owners: &Owners, most: u32, least: u32) -> Result<Self> {
        let Stat { uid, gid, mode, .. } = *owners.folder();
        let mode = mode & most | least;
        Ok(Self::with(uid, gid, Permissions { mode, acl: folder.acl(None)? }))
    }

    /// Of what is as it `was`.
    pub(crate) fn as_before(was: &Stat) -> Self {
        let Stat { uid, gid, mode, .. } = *was;
        Self::with(uid, gid, Permissions { mode, acl: None })
    }

    fn with(uid: u32, gid: u32, permissions: Permissions) -> Self {
        let initial = match permissions.acl {
            None => narrowed(permissions.mode),
            Some(_) => permissions.mode & 0o700,
        };
        Self { uid, gid, permissions: Some(permissions), initial }
    }

    /// The permission bits to make it with.
    pub(crate) fn initial(&self) -> u32 {
        self.initial
    }

    /// Gives what was `made`, and is open as `file`, to its owner and group with its permissions, as far as the
    /// system lets this process. Only root gives files away; anyone else's stay theirs. Gives whether there was
    /// anything to do.
    pub(crate) fn give(&self, file: &File, made: &Stat) -> io::Result<bool> {
        let mut is_given = false;
        if made.uid != self.uid {
            is_given |= file.set_owner(Some(self.uid), None).is_ok();
        }
        let mut has_group = made.gid == self.gid;
        if !has_group && file.set_owner(None, Some(self.gid)).is_ok() {
            (has_group, is_given) = (true, true);
        }
        let Some(Permissions { mut mode, mut acl }) = self.permissions.clone() else {
            return Ok(is_given);
        };
        if !has_group {
            mode = match &acl {
                None => narrowed(mode),
                // Beside a list the bits of the group are the most that any of the list may have.
                Some(acl) => mode & 0o770 | u32::from(acl.both()),
            };
            acl = acl.map(|acl| acl.of_another_group());
        }
        if file.acl()? != acl {
            is_given = true;
            if file.set_acl(acl.as_ref()).is_err() {
                mode &= 0o700;
            }
        } else if made.mode == mode && !is_given {
            return Ok(false);
        }
        match file.set_mode(mode | made.special) {
            // On a file system that gives files permissions of its own, to all the same.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let now = file.stat()?;
                let is_theirs = now.uid != effective_user();
                if is_theirs || now.mode & 0o666 == mode & 0o666 {
                    Ok(is_given)
                } else {
                    Err(error)
                }
            }
            set => set.map(|()| true),
        }
    }

    /// The same for a folder.
    pub(crate) fn give_folder(&self, dir: &Dir, made: &Stat) -> io::Result<bool> {
        self.give(dir.file(), made)
    }
}

/// What both the group and all others may do. Where the group is another, its members may have been of either, and
/// those of the former group are among the others.
fn narrowed(mode: u32) -> u32 {
    let both = mode >> 3 & mode & 0o007;
    mode & 0o700 | both << 3 | both
}
