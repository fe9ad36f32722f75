//! The folder that a save stages its files in: made by it alone, known by its inode, and renamed whole.

use super::belonging::Belonging;
use super::busy::busy;
use super::made::make_folder;
use super::owners::{Owners, foreign};
use crate::layout::own::{
    COMMIT_FOLDER, DISCARDED_FOLDER, RECORD_FILE, STAGING_FOLDER, is_of_a_save,
};
use crate::os::dir::{Dir, Identity};
use crate::os::{FileKind, Stat};
use crate::{Error, ErrorKind, Result};
use std::cell::Cell;
use std::io;

/// Listings of a folder that is emptied, of thousands of names each.
const CLEAR_PASSES: usize = 1024;

/// See the file's first line. Everything in it goes through its descriptor: another may stand under the name.
#[derive(Debug)]
pub(crate) struct StagingFolder {
    /// Goes by the folder's own path: errors name a file as the caller knows it.
    pub(crate) dir: Dir,
    identity: Identity,
    /// The user that it was seen to belong to when it was made.
    pub(crate) maker: u32,
}

impl StagingFolder {
    /// Makes it in a folder.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if there is one, of a save without a lock; [`ErrorKind::Exists`] if what stands there
    /// now is a stranger's; those of [`make_folder`].
    pub(crate) fn make(folder: &Dir, owners: &Owners) -> Result<Self> {
        let belonging = Belonging::of_own_folder(folder, owners)?;
        let made = make_folder(folder, STAGING_FOLDER, belonging.initial(), owners);
        let (dir, made) = made.map_err(|error| match error.os_kind() {
            Some(io::ErrorKind::AlreadyExists) => taken(folder, error),
            _ => error,
        })?;
        if let Err(error) = belonging.give_folder(&dir, &made) {
            folder.remove_folder(STAGING_FOLDER)?;
            let path = folder.file_path(STAGING_FOLDER);
            return Err(Error::io("cannot set the permissions of the folder", path, error));
        }
        let Stat { identity, uid, .. } = made;
        Ok(Self { dir: dir.with_path(folder.path().to_owned()), identity, maker: uid })
    }

    /// A whole new folder, which no one else knows of yet.
    pub(crate) fn whole(folder: &Dir) -> Result<Self> {
        let Stat { identity, uid, .. } = folder.stat_self()?;
        Ok(Self { dir: folder.reopen()?, identity, maker: uid })
    }

    /// Makes it the commit folder: the commit point.
    ///
    /// # Errors
    /// [`ErrorKind::Stale`] if another folder stands under its name, or has been moved in its stead.
    pub(crate) fn commit(&self, folder: &Dir) -> Result<()> {
        let swapped = || {
            let message =
                "another folder stands in the place of the one that this save was staged in";
            Error::msg(ErrorKind::Stale, message).with_path(folder.file_path(STAGING_FOLDER))
        };
        if !folder.is_there(STAGING_FOLDER, &self.identity)? {
            return Err(swapped());
        }
        folder.rename_folder(STAGING_FOLDER, COMMIT_FOLDER).map_err(|error| {
            // Moved aside by another save, from whom the lock does not keep this one.
            if error.kind() == ErrorKind::NotFound { swapped() } else { error }
        })?;
        match folder.is_there(COMMIT_FOLDER, &self.identity) {
            // Without a lock another save may have finished this one by now, record and all.
            Ok(false) if matches!(self.dir.identity(RECORD_FILE), Ok(Some(_))) => {
                // What was moved is somebody else's: it goes back.
                folder.rename_folder(COMMIT_FOLDER, STAGING_FOLDER)?;
                Err(swapped())
            }
            // It was there before, and the rename has gone well.
            _ => Ok(()),
        }
    }

    /// Removes what this save has staged: by name, for that takes no descriptor, and there may be none left.
    pub(crate) fn discard<'n>(&self, folder: &Dir, names: impl Iterator<Item = &'n String>) {
        let mut names = names.map(String::as_str).chain([RECORD_FILE]);
        let removed = names.try_for_each(|name| self.dir.remove_file(name)).and_then(|()| {
            match folder.is_there(STAGING_FOLDER, &self.identity)? {
                true => folder.remove_folder(STAGING_FOLDER),
                false => Ok(()),
            }
        });
        if let Err(error) = removed {
            log::warn!("left behind: {error}");
        }
    }
}

/// Why the staging folder's name is taken, where nobody may discard what stands there.
fn taken(folder: &Dir, error: Error) -> Error {
    match (folder.stat_or_unseen(STAGING_FOLDER), Owners::of(folder)) {
        (Ok(Some(found)), Ok(owners)) if !owners.trust(&found) => {
            foreign(folder, STAGING_FOLDER, &found)
        }
        (Ok(Some(_)), Ok(_)) => Error::msg(
            ErrorKind::Busy,
            "another save without a lock is under way, or was killed: if none is, remove this folder",
        )
        .with_path(folder.file_path(STAGING_FOLDER)),
        _ => error,
    }
}

/// Removes what a killed or failed save has staged. The caller holds the writer lock.
///
/// # Errors
/// [`ErrorKind::Exists`] if it is a stranger's; those of [`move_aside`] and [`empty`].
pub(crate) fn discard_staging(folder: &Dir) -> Result<()> {
    if is_there(folder, DISCARDED_FOLDER)? {
        empty(folder)?; // an earlier removal was interrupted
    }
    if is_there(folder, STAGING_FOLDER)? && move_aside(folder, STAGING_FOLDER)? {
        empty(folder)?;
    }
    Ok(())
}

/// Whether a folder of varpack's own is there.
fn is_there(folder: &Dir, name: &str) -> Result<bool> {
    let Some(found) = folder.stat_or_unseen(name)? else { return Ok(false) };
    check_own(folder, name, &found)?;
    Ok(true)
}

/// That a folder under a name of varpack's own is one: of those who may speak for the folder, and open to nobody to whom
/// that is not. Any other may have been moved there from elsewhere, by whoever may write to it.
///
/// # Errors
/// [`ErrorKind::Exists`] if it is not.
pub(crate) fn check_own(folder: &Dir, name: &str, found: &Stat) -> Result<()> {
    let owners = Owners::of(folder)?;
    owners.check(folder, name, found)?;
    if found.kind != FileKind::Folder || owners.is_private() || owners.guard(found) {
        return Ok(());
    }
    let message = "others may write to it who may not write to the folder, so that they may have moved it there: \
                   move it away";
    Err(Error::msg(ErrorKind::Exists, message)
        .with_path(folder.file_path(name))
        .with_expected("a folder that a save has made")
        .with_found(format!("a folder with the permissions {:03o}", found.mode)))
}

/// Moves a folder of varpack's own aside, to be [emptied](empty). What would keep it from that is found before
/// anything is touched, unless someone puts it there meanwhile. Gives `false` if it is gone: by now it is a
/// commit, or another save has removed it, or it was empty, or the system moves no such folder and it was emptied here.
/// The caller holds the writer lock.
///
/// # Errors
/// [`ErrorKind::FileType`] if it is no folder, or holds one; [`ErrorKind::Exists`] if it holds another file that no
/// save makes, if the system does not let this user empty it, or if an earlier one has not been emptied.
pub(crate) fn move_aside(folder: &Dir, name: &str) -> Result<bool> {
    let dir = match folder.open_folder(name) {
        // Its save was killed before it could open it to others. An empty folder goes without that.
        Err(error) if error.os_kind() == Some(io::ErrorKind::PermissionDenied) => {
            return folder
                .remove_folder(name)
                .map(|()| false)
                .map_err(|_| closed(folder, name, error));
        }
        opened => opened?,
    };
    let first = Cell::new(true);
    each_file(&dir, usize::MAX, |dir, file| {
        if first.replace(false) && !dir.may_remove(file)? {
            let denied = Error::io("cannot empty", folder.file_path(name), denied());
            return Err(closed(folder, name, denied));
        }
        Ok(())
    })?;
    match folder.rename_folder(name, DISCARDED_FOLDER) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        // Of a lower layer of an overlay: then nobody else can move it either, and it is emptied where it stands.
        Err(error) if error.os_kind() == Some(io::ErrorKind::CrossesDevices) => {
            // Without its record nothing in it is a commit, whatever is left of it after a crash.
            dir.remove_file(RECORD_FILE)?;
            dir.sync()?;
            clear(&dir)?;
            folder.remove_folder(name).map(|()| false)
        }
        renamed => renamed.map(|()| true),
    }
}

fn denied() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

/// The error of a folder of varpack's own that the system does not let this user empty.
fn closed(folder: &Dir, name: &str, error: Error) -> Error {
    match folder.stat(name) {
        Ok(Some(found)) => foreign(folder, name, &found),
        _ => error,
    }
}

/// Removes the folder that was moved aside, or what stands in its place. The caller holds the writer lock.
///
/// # Errors
/// [`ErrorKind::FileType`] if it holds a folder; [`ErrorKind::Exists`] if it holds another file that no
/// save makes, or the system does not let this user.
pub(crate) fn empty(folder: &Dir) -> Result<()> {
    let is_folder =
        folder.stat(DISCARDED_FOLDER)?.is_none_or(|found| found.kind == FileKind::Folder);
    let removed = match folder.open_folder(DISCARDED_FOLDER) {
        // Put there by a stranger, or by hand.
        _ if !is_folder => folder.remove_file(DISCARDED_FOLDER),
        Ok(dir) => clear(&dir).and_then(|()| folder.remove_folder(DISCARDED_FOLDER)),
        // An empty one goes without being opened.
        Err(error) if error.os_kind() == Some(io::ErrorKind::PermissionDenied) => {
            folder.remove_folder(DISCARDED_FOLDER)
        }
        Err(error) => Err(error),
    };
    removed.map_err(|error| match error.os_kind() {
        Some(io::ErrorKind::PermissionDenied | io::ErrorKind::DirectoryNotEmpty) => {
            closed(folder, DISCARDED_FOLDER, error)
        }
        _ => error,
    })
}

/// Removes the files of a folder; links are removed and not followed.
fn clear(dir: &Dir) -> Result<()> {
    const BATCH: usize = 4096;
    for _ in 0..CLEAR_PASSES {
        if each_file(dir, BATCH, Dir::remove_file)? == 0 {
            return Ok(());
        }
    }
    Err(busy(dir.path(), "someone adds files as they are removed"))
}

/// Gives the names of a folder's files to `act`, at most `cap` of them; gives their number.
///
/// # Errors
/// [`ErrorKind::FileType`] if it holds a folder, [`ErrorKind::Name`] if a name that is no text, and
/// [`ErrorKind::Exists`] if any other file that no save makes: varpack made none there.
fn each_file(dir: &Dir, cap: usize, act: impl Fn(&Dir, &str) -> Result<()>) -> Result<usize> {
    let names = dir.list(cap)?;
    for name in &names {
        let name = name.to_str().ok_or_else(|| {
            Error::msg(ErrorKind::Name, format!("holds the foreign file `{}`", name.display()))
                .with_path(dir.path())
        })?;
        let found = dir.stat(name)?;
        if found.is_some_and(|stat| stat.kind == FileKind::Folder) {
            return Err(Error::new(ErrorKind::FileType)
                .with_path(dir.file_path(name))
                .with_expected("no folder inside of varpack's own")
                .with_found("a folder: remove it, or move it away"));
        }
        if found.is_some() && !is_of_a_save(name) {
            let message = "no save has put it there, and its folder is to be removed: move it away, or the \
                           folder back to where it was";
            return Err(Error::msg(ErrorKind::Exists, message).with_path(dir.file_path(name)));
        }
        act(dir, name)?;
    }
    Ok(names.len())
}
