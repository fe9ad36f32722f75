//! Opening the lock file, and making it so that whoever may save can lock it.

use super::{BYTES, TRIES};
use crate::layout::own::{LOCK_FILE, SCRATCH};
use crate::os::dir::{Dir, unforeseeable};
use crate::os::{Access, File, Lock, Stat, effective_user};
use crate::store::belonging::Belonging;
use crate::store::owners::Owners;
use crate::{Error, ErrorKind, Result};
use std::io;

/// Permissions to read and write of the group and of others.
const SHARED: u32 = 0o066;

/// Opens the lock file for writing; gives whether it is new.
pub(super) fn open_or_make(dir: &Dir) -> Result<(File, bool)> {
    for _ in 0..TRIES {
        match dir.open_as(LOCK_FILE, Access::ReadWrite) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
            Ok((file, found)) => match renew(dir, &file, &found) {
                Ok(true) => continue,
                Ok(false) => return Ok((file, false)),
                Err(error) => {
                    log::debug!("the lock file keeps its permissions: {error}");
                    return Ok((file, false));
                }
            },
        }
        match make(dir, LOCK_FILE) {
            // Made by another process in the meantime; or by a stranger, who may take it away again.
            Err(error) if error.os_kind() == Some(io::ErrorKind::AlreadyExists) => {}
            made => return made.map(|file| (file, true)),
        }
    }
    let message = "is being made and removed again and again";
    Err(Error::msg(ErrorKind::FileType, message).with_path(dir.file_path(LOCK_FILE)))
}

/// Makes a lock file under a name.
fn make(dir: &Dir, name: &str) -> Result<File> {
    let belonging = Belonging::of_lock_file(dir, &Owners::of(dir)?)?;
    let file = dir.create_file(name, belonging.initial())?;
    if let Err(error) = give(dir, &file, &belonging) {
        // Others might not be able to lock it. If one could, the locks on the files are there.
        let _ = dir.remove_file(name);
        return Err(error);
    }
    Ok(file)
}

fn give(dir: &Dir, file: &File, belonging: &Belonging) -> Result<()> {
    file.stat().and_then(|made| belonging.give(file, &made)).map(|_| ()).map_err(|error| {
        Error::io("cannot set the permissions of", dir.file_path(LOCK_FILE), error)
    })
}

/// Makes the lock file anew, if it is this user's and the folder has been opened to more users since it was made.
/// Gives `false` if it is left as it is; `true` if another stands in its place.
///
/// What stands there is never opened to anyone: whoever may write to the folder can have put another file of this user
/// there, one that is kept from them and may be written to yet. One that somebody uses is left for a later time.
fn renew(dir: &Dir, file: &File, found: &Stat) -> Result<bool> {
    let owners = Owners::of(dir)?;
    let folder = *owners.folder();
    let is_ours = found.uid == effective_user() && found.links == 1 && found.identity.size == 0;
    if !is_ours || folder.mode & SHARED & !opened_to(found, &folder) == 0 {
        return Ok(false);
    }
    // Whether it can be opened to more users (one has to be in the folder's group) shows in a file that nobody sees.
    let belonging = Belonging::of_lock_file(dir, &owners)?;
    let mut new = dir.make_unnamed(belonging.initial())?;
    give(dir, &new, &belonging)?;
    let now = new.stat();
    let now = now.map_err(|error| Error::io("cannot examine a file in", dir.path(), error))?;
    let (before, after) = (opened_to(found, &folder), opened_to(&now, &folder));
    if after & !before == 0 || before & !after != 0 {
        return Ok(false);
    }
    let name = format!("{SCRATCH}{:016x}", unforeseeable());
    if dir.link_unnamed(&new, &name).is_err() {
        new = make(dir, &name)?;
    }
    let replaced = replace(dir, &name, file, found);
    if !matches!(replaced, Ok(true)) {
        dir.remove_file(&name)?;
    }
    drop(new);
    replaced
}

/// Moves another file over the lock file while nobody uses it, nor can begin to. Who has opened it already finds, after
/// locking, that it is not the folder's any more.
fn replace(dir: &Dir, name: &str, file: &File, found: &Stat) -> Result<bool> {
    let convert = |byte, lock| {
        file.lock(byte, lock)
            .map_err(|error| Error::io("cannot lock", dir.file_path(LOCK_FILE), error))
    };
    let mut moved = Ok(false);
    let mut held = 0;
    for byte in (0..).take(BYTES) {
        match convert(byte, Lock::Exclusive) {
            Ok(true) => held += 1,
            other => {
                moved = other;
                break;
            }
        }
    }
    if held == BYTES {
        moved = dir.is_there(LOCK_FILE, &found.identity).and_then(|is_there| match is_there {
            true => dir.rename_file(name, LOCK_FILE, true).map(|()| true),
            false => Ok(false),
        });
    }
    for byte in (0..).take(held) {
        convert(byte, Lock::Unlocked)?;
    }
    moved
}

/// The permissions to read and write that the group of a folder, and all others, have to a file. To the group of the
/// folder those of another are others.
fn opened_to(file: &Stat, folder: &Stat) -> u32 {
    let others = file.mode & 0o006;
    match file.gid == folder.gid {
        true => file.mode & SHARED,
        false => others << 3 | others,
    }
}
