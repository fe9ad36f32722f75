//! Opening the lock file, and making it so that whoever may save can lock it.

use super::{BYTES, TRIES};
use crate::layout::own::LOCK_FILE;
use crate::os::dir::{Dir, Identity};
use crate::os::{Access, Lock, Stat, effective_user, is_member};
use crate::store::belonging::Belonging;
use crate::store::owners::Owners;
use crate::{Error, ErrorKind, Result};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Opens the lock file for writing; gives whether it is new.
pub(super) fn open_or_make(dir: &Dir) -> Result<(File, bool)> {
    for _ in 0..TRIES {
        match dir.open_as(LOCK_FILE, Access::ReadWrite) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok((file, found)) => {
                if !widen(dir, &file, &found)? {
                    return Ok((file, false));
                }
            }
        }
        match make(dir) {
            // Made by another process in the meantime; or by a stranger, who may take it away again.
            Err(error) if error.os_kind() == Some(io::ErrorKind::AlreadyExists) => {}
            made => return made.map(|file| (file, true)),
        }
    }
    let message = "is being made and removed again and again";
    Err(Error::msg(ErrorKind::FileType, message).with_path(dir.file_path(LOCK_FILE)))
}

fn make(dir: &Dir) -> Result<File> {
    let belonging = Belonging::of_lock_file(dir, &Owners::of(dir)?)?;
    let file = dir.create_file(LOCK_FILE, belonging.initial())?;
    let fs = dir.fs().as_ref();
    let given = fs.stat_open(file.as_fd()).and_then(|made| belonging.give(fs, &file, &made));
    if let Err(error) = given {
        // Others might not be able to lock it. If one could, the locks on the files are there.
        let _ = dir.remove_file(LOCK_FILE);
        return Err(Error::io("cannot set the permissions of", dir.file_path(LOCK_FILE), error));
    }
    Ok(file)
}

/// Brings a lock file of this user to the permissions of its folder, which may have been opened to more users since
/// it was made: an empty file with one name. Gives whether it was removed, to be made anew.
///
/// Where others may put a file there they may have put another one of this user, which is kept from them. Then what
/// stands there gets no permissions that it has not.
fn widen(dir: &Dir, file: &File, found: &Stat) -> Result<bool> {
    let owners = Owners::of(dir)?;
    let folder = owners.folder();
    let may_get = match (owners.is_alone(), owners.writers()) {
        (true, _) => 0o066,
        (false, 0o020) => 0o060,
        _ => 0,
    };
    let is_ours = found.uid == effective_user() && found.links == 1 && found.identity.size == 0;
    let mut missing = folder.mode & may_get & !found.mode;
    if !is_ours || missing == 0 {
        return Ok(false);
    }
    if !owners.is_alone() {
        // A new one of another group would lack them as well.
        return if is_member(folder.gid) { remove_unused(dir, file, found) } else { Ok(false) };
    }
    if missing & 0o060 != 0
        && found.gid != folder.gid
        && dir.fs().set_owner(file, None, Some(folder.gid)).is_err()
    {
        missing &= !0o060;
    }
    if let Err(error) = dir.fs().set_mode(file, found.mode | missing) {
        log::debug!("the lock file keeps its permissions: {error}");
    }
    Ok(false)
}

/// Removes a lock file of which nobody holds a byte; gives whether it did. Who waits for one looks again.
fn remove_unused(dir: &Dir, file: &File, found: &Stat) -> Result<bool> {
    let bytes = || (0_i32..).take(BYTES);
    let ask = |byte, lock| dir.fs().lock(file, byte, lock);
    let is_free = bytes().all(|byte| matches!(ask(byte, Lock::Exclusive), Ok(true)));
    let is_there = |there: Identity| there.is_same_file(&found.identity);
    if is_free && dir.identity(LOCK_FILE)?.is_some_and(is_there) {
        match dir.remove_file(LOCK_FILE) {
            Ok(()) => return Ok(true),
            Err(error) => log::debug!("the lock file keeps its permissions: {error}"),
        }
    }
    for byte in bytes() {
        // It is opened for its locks, and has none yet.
        let _ = ask(byte, Lock::Unlocked);
    }
    Ok(false)
}
