//! The commit folder: whether one counts that stands in its place, and the record in it.

use super::commit_errors::conflict;
use super::owners::{Owners, foreign};
use super::record::{CommitRecord, RECORD_CAP, RECORD_FACTOR};
use super::trust::Links;
use crate::budget::Budget;
use crate::layout::own::{ASIDE, COMMIT_FOLDER, LOCK_FILE, MANIFEST, RECORD_FILE};
use crate::os::dir::{Dir, Identity};
use crate::os::{FileKind, Stat};
use crate::{ErrorKind, Result};
use std::collections::BTreeSet;
use std::io;

/// How often to look again at what is another thing at each look.
const TRIES: usize = 16;

/// So many names of a commit folder are looked at beyond those that its record lists.
const LISTED: usize = 16;

/// Whether a folder is one of ours: it holds a state, or one that is on its way and not a stranger's. Any other is
/// left without a lock file.
pub(crate) fn holds_state(folder: &Dir) -> Result<bool> {
    Ok(folder.stat(MANIFEST)?.is_some() || committed(folder)?.is_some())
}

/// What a stranger has put in the commit folder's place does not count.
pub(crate) fn committed(folder: &Dir) -> Result<Option<Identity>> {
    match folder.stat_or_unseen(COMMIT_FOLDER)? {
        Some(found) if Owners::of(folder)?.trust(&found) => Ok(Some(found.identity)),
        _ => Ok(None),
    }
}

/// What stands in the commit folder's place.
#[derive(Debug)]
pub(crate) enum CommitPlace<T> {
    Empty,
    /// Of a stranger, who may not speak for the folder.
    Foreign(Stat),
    Commit(T),
}

impl<T> CommitPlace<T> {
    /// The commit, if there is one, for whoever needs the place.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] if a stranger has taken it.
    pub(crate) fn commit(self, folder: &Dir) -> Result<Option<T>> {
        match self {
            Self::Empty => Ok(None),
            Self::Foreign(found) => Err(foreign(folder, COMMIT_FOLDER, &found)),
            Self::Commit(commit) => Ok(Some(commit)),
        }
    }
}

/// A commit folder that counts, with its record if there is anything in it.
pub(crate) struct OpenCommit {
    pub(crate) dir: Dir,
    pub(crate) record: Option<CommitRecord>,
    /// Whose files count in the folder.
    pub(crate) owners: Owners,
}

/// Opens the commit folder, if there is one that counts, and reads its record.
pub(crate) fn open_commit(folder: &Dir, budget: &Budget) -> Result<CommitPlace<OpenCommit>> {
    let owners = Owners::of(folder)?;
    let (dir, found) = match open_place(folder, &owners)? {
        CommitPlace::Commit(opened) => opened,
        CommitPlace::Foreign(found) => return Ok(CommitPlace::Foreign(found)),
        CommitPlace::Empty => return Ok(CommitPlace::Empty),
    };
    if !owners.guard(&found) || !is_listed(folder, &dir, &found)? {
        let reason = "others may write to it who may not write to the folder";
        return Err(conflict(&dir, reason));
    }
    let bytes = match read_record(&dir, budget) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // The last thing but one that a commit does is to remove its record. What is discarded is moved from
            // under this name before it is emptied; where it cannot be, it loses its record first.
            let names = dir.list(LISTED)?;
            return match names.iter().find(|name| !name.to_str().is_some_and(is_own)) {
                None => Ok(CommitPlace::Commit(OpenCommit { dir, record: None, owners })),
                Some(name) => {
                    let name = name.display();
                    Err(conflict(&dir, format!("it holds `{name}` but no {RECORD_FILE}")))
                }
            };
        }
        Err(error) => return Err(error),
    };
    let record = CommitRecord::parse(&bytes)
        .map_err(|reason| conflict(&dir, format!("bad {RECORD_FILE}: {reason}")))?;
    refuse_unlisted(&dir, &record)?;
    Ok(CommitPlace::Commit(OpenCommit { dir, record: Some(record), owners }))
}

/// Opens what stands in the commit folder's place. A stranger may make and remove something there all the time: what
/// is another thing at the second look is looked at again.
fn open_place(folder: &Dir, owners: &Owners) -> Result<CommitPlace<(Dir, Stat)>> {
    let mut tries = 0..TRIES;
    loop {
        let error = match folder.open_folder(COMMIT_FOLDER) {
            Ok(dir) => {
                let found = dir.stat_self()?;
                // A commit folder was made in the folder and renamed.
                let is_mounted = found.identity.dev != owners.folder().identity.dev;
                let found = Stat { is_mounted, ..found };
                let counts = owners.trust(&found);
                return Ok(if counts {
                    CommitPlace::Commit((dir, found))
                } else {
                    CommitPlace::Foreign(found)
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(CommitPlace::Empty),
            Err(error) => error,
        };
        let was_none = error.kind() == ErrorKind::FileType
            || error.os_kind() == Some(io::ErrorKind::NotADirectory);
        match folder.stat_or_unseen(COMMIT_FOLDER)? {
            None => return Ok(CommitPlace::Empty),
            Some(found) if !owners.trust(&found) => return Ok(CommitPlace::Foreign(found)),
            Some(found) if was_none && found.kind == FileKind::Folder && tries.next().is_some() => {
            }
            Some(_) => return Err(error),
        }
    }
}

/// Whether those whom the folder's access control list keeps from writing are kept from writing to the commit folder
/// too: beside a list the group's bits are the most that any of the list may have, and not the group's.
fn is_listed(folder: &Dir, commit: &Dir, found: &Stat) -> Result<bool> {
    let is_open_to_group = found.mode & 0o020 != 0;
    Ok(!is_open_to_group || folder.acl(None)?.is_none() || commit.acl(None)?.is_some())
}

/// The record's bytes, counted with what they are read into.
fn read_record(dir: &Dir, budget: &Budget) -> Result<Vec<u8>> {
    let opened = dir.open_through(RECORD_FILE, Links::Refuse)?;
    let size = opened.seen.identity.size;
    if size > RECORD_CAP {
        return dir.read_file(RECORD_FILE, RECORD_CAP).map(|(bytes, _)| bytes); // says so
    }
    budget
        .take(size.saturating_mul(RECORD_FACTOR))
        .and_then(|()| opened.read())
        .map_err(|error| error.with_path(dir.file_path(RECORD_FILE)))
}

/// What is in a commit folder beside the files of the commit: its record, the lock file of whoever has
/// loaded it as a folder of its own, and what was set aside to be removed.
fn is_own(name: &str) -> bool {
    name == RECORD_FILE || name == LOCK_FILE || name.starts_with(ASIDE)
}

/// Refuses a commit folder that holds anything but the record and the files that it names.
fn refuse_unlisted(dir: &Dir, record: &CommitRecord) -> Result<()> {
    let listed: BTreeSet<&str> = record.moves.iter().map(|file| file.name.as_str()).collect();
    for name in dir.list(listed.len().saturating_add(LISTED))? {
        if !name.to_str().is_some_and(|name| is_own(name) || listed.contains(name)) {
            let name = name.display();
            return Err(conflict(
                dir,
                format!("it holds `{name}`, which its record does not name"),
            ));
        }
    }
    Ok(())
}
