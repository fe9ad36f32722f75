//! What killed saves of new folders have left beside their places.

use super::folder::Folder;
use super::lock_file::Guard;
use super::owners::Owners;
use crate::layout::own::{LOCK_FILE, is_of_a_save, is_temporary, temporary_name};
use crate::os::dir::{Dir, Identity, unforeseeable};
use crate::os::{FileKind, Stat, effective_user};
use crate::{Result, text};
use std::io;
use std::sync::Arc;

/// Names that are looked at: a folder of a million runs is not listed for each new one.
const LISTED: usize = 1000;

/// What a folder is called while it is removed, out of the way of who saves the folder whose name it had.
const SWEPT: &str = "swept";

/// Removes what killed saves of other new folders have left in `parent`. `own`: the name of this one's. Whatever fails is
/// none of its save's business.
pub(super) fn sweep(parent: &Dir, own: &str) {
    let names = match parent.list(LISTED) {
        Ok(names) => names,
        Err(error) => return log::debug!("not swept: {error}"),
    };
    let left = names.iter().filter_map(|name| name.to_str());
    for name in left.filter(|&name| name != own && is_temporary(name)) {
        match remove(parent, name) {
            Ok(true) => {
                let path = parent.file_path(name);
                log::debug!("removed what a killed save has left: {}", text::path(&path));
            }
            Ok(false) => {}
            Err(error) => log::debug!("left behind: {error}"),
        }
    }
}

/// Removes such a folder, unless its save goes on, or it may be somebody else's.
fn remove(parent: &Dir, temporary: &str) -> Result<bool> {
    let Some((dir, found)) = open_left(parent, temporary, &Owners::of(parent)?)? else {
        return Ok(false);
    };
    // One that has just been made is not locked yet: its save would find it locked by this one.
    if dir.list(2)?.iter().all(|name| name == LOCK_FILE) {
        return Ok(false);
    }
    let folder = Folder::attach(dir, None)?;
    let writer = folder.take_writer(None, false)?;
    if !parent.is_there(temporary, &found.identity)? {
        return Ok(false);
    }
    let Some(names) = left_by_a_save(folder.dir())? else { return Ok(false) };
    let aside = temporary_name(SWEPT, &format!("-{:016x}", unforeseeable()));
    let name = match parent.rename_folder(temporary, &aside) {
        Ok(()) => &aside,
        // Some systems move no folder of which a file is open.
        Err(_) => temporary,
    };
    remove_left(parent, name, &found.identity, (folder, writer), &names)?;
    Ok(true)
}

/// Removes a folder that is locked, with these files, its lock last.
pub(super) fn remove_left(
    parent: &Dir,
    temporary: &str,
    identity: &Identity,
    (folder, writer): (Arc<Folder>, Option<Guard>),
    names: &[String],
) -> Result<()> {
    empty(folder.dir(), names.iter().map(String::as_str))?;
    // The lock file is closed before its folder goes.
    drop((folder, writer));
    match remove_emptied(parent, temporary, identity) {
        // Another save has found it empty, and made it its own.
        Err(error) if error.os_kind() == Some(io::ErrorKind::DirectoryNotEmpty) => Ok(()),
        removed => removed,
    }
}

/// Opens what a killed save of this user has left, to be removed. Where others could put another folder of this
/// user under that name, it is not told from one that was.
pub(super) fn open_left(
    parent: &Dir,
    temporary: &str,
    owners: &Owners,
) -> Result<Option<(Dir, Stat)>> {
    if !owners.is_alone() {
        return Ok(None);
    }
    let dir = parent.open_folder(temporary)?;
    let found = dir.stat_self()?;
    Ok((found.uid == effective_user()).then_some((dir, found)))
}

/// What a killed save has left in its folder; `None` if there is anything in it that no save of this user
/// has put there.
pub(super) fn left_by_a_save(dir: &Dir) -> Result<Option<Vec<String>>> {
    let mut names = Vec::new();
    for name in dir.list(usize::MAX)? {
        let Some(name) = name.to_str() else { return Ok(None) };
        let stat = dir.stat(name)?;
        let is_left = stat.is_none_or(|stat| {
            stat.kind == FileKind::Regular && stat.links == 1 && stat.uid == effective_user()
        });
        if !is_of_a_save(name) || !is_left {
            return Ok(None);
        }
        names.push(name.to_owned());
    }
    Ok(Some(names))
}

/// Removes these files of a folder, and its lock file.
pub(super) fn empty<'n>(dir: &Dir, names: impl Iterator<Item = &'n str>) -> Result<()> {
    // The lock file is the last: whoever gets the lock finds the rest gone.
    let mut names = names.filter(|&name| name != LOCK_FILE).chain([LOCK_FILE]);
    names.try_for_each(|name| dir.remove_file(name))
}

/// Removes a folder that is empty, unless another stands under its name.
pub(super) fn remove_emptied(parent: &Dir, temporary: &str, identity: &Identity) -> Result<()> {
    match parent.is_there(temporary, identity)? {
        true => parent.remove_folder(temporary),
        false => Ok(()),
    }
}
