//! A commit between its commit point and its end: judged, read through, and moved into place.

use super::commit_errors::{changed, conflict, conflict_at, durability, pending};
use super::commit_folder::{CommitPlace, OpenCommit, open_commit};
use super::owners::{Owners, owned};
use super::record::{CommitRecord, Move};
use super::trust::{Links, Trust};
use crate::budget::Budget;
use crate::layout::named::NamedFiles;
use crate::layout::own::{COMMIT_FOLDER, LOCK_FILE, MANIFEST, RECORD_FILE};
use crate::os::dir::{Dir, Identity};
use crate::os::{Access, Stat};
use crate::{ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What stands in the place of a file that is yet to be moved there, and the file's name.
pub(crate) type InTheWay = (String, Stat);

/// A commit whose files are not all in place, and that can be finished.
#[derive(Debug)]
pub(crate) struct Unfinished {
    dir: Dir,
    identity: Identity,
    /// `None` if all is done but the removal of the empty commit folder.
    record: Option<CommitRecord>,
    /// The files that are still to be moved.
    staged: BTreeSet<String>,
    /// Those that only get another name, with what the folder calls them until then.
    renamed: BTreeMap<String, String>,
    /// What a stranger has put in the place of one of them. It can be read through, but not finished.
    blocked: Option<InTheWay>,
}

impl Unfinished {
    /// A commit with these files still to be moved.
    pub(crate) fn new(dir: Dir, record: CommitRecord, staged: BTreeSet<String>) -> Result<Self> {
        let identity = dir.stat_self()?.identity;
        let renamed = renamed(&record);
        Ok(Self { dir, identity, record: Some(record), staged, renamed, blocked: None })
    }

    /// Looks for an unfinished commit, and judges whether it can be finished: each file is either
    /// still staged, its target as recorded, or has been moved. It may come from a stranger, so what it
    /// is read into counts as all that a load reads; one of a stranger to the folder is not looked into.
    ///
    /// # Errors
    /// [`ErrorKind::InterruptedSaveConflict`] if it cannot; [`ErrorKind::FileType`] if it is no folder;
    /// [`ErrorKind::Limit`] if it is over what is trusted.
    pub(crate) fn find(folder: &Dir, trust: &Trust, budget: &Budget) -> Result<CommitPlace<Self>> {
        let OpenCommit { dir, record, owners } = match open_commit(folder, budget)? {
            CommitPlace::Commit(open) => open,
            CommitPlace::Foreign(found) => return Ok(CommitPlace::Foreign(found)),
            CommitPlace::Empty => return Ok(CommitPlace::Empty),
        };
        let identity = dir.stat_self()?.identity;
        let (staged, blocked) = match &record {
            Some(record) => judge_moves(folder, &dir, record, &owners)?,
            None => Default::default(),
        };
        let renamed = record.as_ref().map(renamed).unwrap_or_default();
        let unfinished = Self { dir, identity, record, staged, renamed, blocked };
        if let Some(record) = &unfinished.record {
            let (new, old) = named_by(
                folder,
                &unfinished.dir,
                (record, &unfinished.staged),
                &owners,
                trust,
                budget,
            )?;
            record.check_owners(&new, old.as_ref()).map_err(|reason| {
                conflict(&unfinished.dir, format!("bad {RECORD_FILE}: {reason}"))
            })?;
        }
        unfinished.judge_removals(folder, &owners)?;
        Ok(CommitPlace::Commit(unfinished))
    }

    /// What a stranger has put in the place of a file that is yet to be moved there.
    pub(crate) fn blocked(&self) -> Option<&InTheWay> {
        self.blocked.as_ref()
    }

    /// Tells this commit folder from another.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// Where a file has to be read from that is not in its place yet.
    pub(crate) fn place_of<'u>(
        &'u self,
        name: &'u str,
        folder: &'u Dir,
    ) -> Option<(&'u Dir, &'u str)> {
        self.staged.contains(name).then(|| match self.renamed.get(name) {
            Some(from) => (folder, from.as_str()),
            None => (&self.dir, name),
        })
    }

    /// Moves all files into their places, the manifest last, then removes what is to be removed.
    ///
    /// # Errors
    /// [`ErrorKind::InterruptedSaveConflict`], with nothing touched, if a stranger's file is in the way;
    /// [`ErrorKind::DurabilityUnknown`] if a sync fails, [`ErrorKind::CommitPending`] if anything else does. What
    /// is left is finished the next time.
    pub(crate) fn finish(&self, folder: &Dir, sync: bool) -> Result<()> {
        if let Some((name, found)) = &self.blocked {
            let reason = "a stranger has put it in the place of a file of the save: remove it";
            return Err(conflict_at(folder.file_path(name), reason).with_found(owned(found)));
        }
        // The commit point has to be on the disk before anything is moved out of the commit folder.
        if sync {
            folder.sync().map_err(|error| durability(&error))?;
        }
        let moves = || self.record.iter().flat_map(|record| &record.moves);
        let data = moves().filter(|file| file.name != MANIFEST);
        for file in data.chain(moves().filter(|file| file.name == MANIFEST)) {
            if self.staged.contains(&file.name) {
                self.move_into_place(file, folder).map_err(|error| pending(&error))?;
            }
        }
        // And the moves before anything is removed.
        if sync {
            self.dir.sync().and_then(|()| folder.sync()).map_err(|error| durability(&error))?;
        }
        self.remove_leftovers(folder).map_err(|error| pending(&error))?;
        if sync && self.removes_files() {
            // What is removed has to be gone before the record that names it is, or it stays for ever.
            folder.sync().map_err(|error| durability(&error))?;
        }
        self.remove_commit(folder).map_err(|error| pending(&error))?;
        if sync {
            // Were the commit folder to come back after a power cut, edits made since would be taken
            // for a conflict with it.
            folder.sync().map_err(|error| durability(&error))?;
        }
        Ok(())
    }

    /// Moves a file over the one that it replaces. Where there was none, one that has come since is not the
    /// save's to replace.
    fn move_into_place(&self, file: &Move, folder: &Dir) -> Result<()> {
        let replaces = file.replaces.is_some();
        let moved = match &file.from {
            Some(from) => give_name(folder, from, file),
            None => self.dir.move_file(&file.name, folder, replaces),
        };
        match moved {
            // Without a lock another save may be finishing this one too.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let is_done = file.staged.is(folder.stat(&file.name)?.as_ref());
                if is_done { Ok(()) } else { Err(error) }
            }
            moved => moved,
        }
    }

    fn remove_leftovers(&self, folder: &Dir) -> Result<()> {
        for file in self.record.iter().flat_map(|record| &record.removals) {
            // Without a lock another save may have finished this one, and put a file of its own there.
            if file.content.is(folder.stat(&file.name)?.as_ref()) {
                folder.remove_file(&file.name)?;
            }
        }
        Ok(())
    }

    fn removes_files(&self) -> bool {
        self.record.as_ref().is_some_and(|record| !record.removals.is_empty())
    }

    fn remove_commit(&self, folder: &Dir) -> Result<()> {
        self.dir.remove_file(RECORD_FILE)?;
        self.dir.remove_file(LOCK_FILE)?;
        self.dir.sweep();
        folder.remove_folder(COMMIT_FOLDER)
    }

    /// What is to be removed is gone, or what it was at the save.
    fn judge_removals(&self, folder: &Dir, owners: &Owners) -> Result<()> {
        for file in self.record.iter().flat_map(|record| &record.removals) {
            // A stranger's has come once it was gone, and stays.
            let found = folder.stat(&file.name)?.filter(|found| owners.trust(found));
            if found.is_some() && !file.content.is(found.as_ref()) {
                return Err(changed(folder, &file.name, Some(&file.content), found.as_ref()));
            }
        }
        Ok(())
    }
}

/// Gives a file of the folder another name. Where the system can it keeps the one that it has until that is removed: the old
/// manifest may name it yet, to a program that knows of no commit.
fn give_name(folder: &Dir, from: &str, file: &Move) -> Result<()> {
    let replaces = file.replaces.is_some();
    if !replaces {
        let (opened, found) = folder.open_as(from, Access::Read)?;
        if !file.staged.is(Some(&found)) {
            return Err(changed(folder, from, Some(&file.staged), Some(&found)));
        }
        match folder.link_unnamed(&opened, &file.name) {
            Err(error) if error.os_kind() != Some(io::ErrorKind::AlreadyExists) => {
                log::debug!("renamed at once: {error}");
            }
            linked => return linked,
        }
    }
    folder.rename_file(from, &file.name, replaces)
}

/// The files of a record that only get another name, with the one that they have.
fn renamed(record: &CommitRecord) -> BTreeMap<String, String> {
    let renamed = record.moves.iter();
    renamed.filter_map(|file| Some((file.name.clone(), file.from.clone()?))).collect()
}

/// Tells which files are still to be moved, and the first that a stranger's stands in the way of: whoever may
/// only add files keeps nobody from reading by it. Any other file that is in neither state is a conflict.
fn judge_moves(
    folder: &Dir,
    dir: &Dir,
    record: &CommitRecord,
    owners: &Owners,
) -> Result<(BTreeSet<String>, Option<InTheWay>)> {
    let (mut staged, mut blocked) = (BTreeSet::new(), None);
    for file in &record.moves {
        let (source, name) = file.source(folder, dir);
        let waiting = source.stat(name)?;
        let target = folder.stat(&file.name)?;
        // Under the name that a file had, somebody may have put another since.
        let is_moved = waiting.is_none() || file.from.is_some() && file.staged.is(target.as_ref());
        if is_moved {
            if !file.staged.is(target.as_ref()) {
                return Err(changed(folder, &file.name, Some(&file.staged), target.as_ref()));
            }
            continue;
        }
        if !file.staged.is(waiting.as_ref()) {
            return Err(changed(source, name, Some(&file.staged), waiting.as_ref()));
        }
        refuse_foreign(source, name, waiting.as_ref(), target.as_ref(), owners)?;
        let is_set_aside = target.is_none() && folder.system().sets_aside();
        let untouched = match &file.replaces {
            Some(content) => is_set_aside || content.is(target.as_ref()),
            None => target.is_none(),
        };
        if !untouched && let Some(target) = target.filter(|target| !owners.trust(target)) {
            blocked.get_or_insert((file.name.clone(), target));
        } else if !untouched {
            return Err(changed(folder, &file.name, file.replaces.as_ref(), target.as_ref()));
        }
        staged.insert(file.name.clone());
    }
    Ok((staged, blocked))
}

/// Refuses a staged file of a stranger, unless it replaces one of the same stranger's.
pub(crate) fn refuse_foreign(
    dir: &Dir,
    name: &str,
    staged: Option<&Stat>,
    target: Option<&Stat>,
    owners: &Owners,
) -> Result<()> {
    let Some(staged) = staged else { return Ok(()) };
    if owners.trust(staged) || target.is_some_and(|target| target.uid == staged.uid) {
        return Ok(());
    }
    Err(conflict_at(dir.file_path(name), "the file is a stranger's").with_found(owned(staged)))
}

/// The files of the commit's manifest, and of the one that it replaces while that is there: it is not once it is
/// replaced, or set aside to be. A stranger's says nothing.
pub(crate) fn named_by(
    folder: &Dir,
    commit: &Dir,
    (record, staged): (&CommitRecord, &BTreeSet<String>),
    owners: &Owners,
    trust: &Trust,
    budget: &Budget,
) -> Result<(NamedFiles, Option<NamedFiles>)> {
    let parse = |dir: &Dir| -> Result<NamedFiles> {
        let opened = dir.open_through(MANIFEST, Links::Refuse)?;
        let size = opened.seen.identity.size;
        let bytes = trust.check_manifest(size).and_then(|()| budget.take(size));
        let bytes = bytes.and_then(|()| opened.read());
        let bytes = bytes.map_err(|error| error.with_path(dir.file_path(MANIFEST)))?;
        NamedFiles::parse(&bytes, budget).map_err(|error| match error.kind() {
            ErrorKind::Limit => error.with_path(dir.file_path(MANIFEST)),
            _ => conflict(dir, format!("{MANIFEST}: {error}")),
        })
    };
    if !staged.contains(MANIFEST) {
        return Ok((parse(folder)?, None));
    }
    let replaces = record.moves.iter().any(|file| file.name == MANIFEST && file.replaces.is_some());
    let old = match folder.stat(MANIFEST)? {
        Some(found) if owners.trust(&found) => Some(parse(folder)?),
        None if replaces && folder.system().sets_aside() => None,
        _ => Some(NamedFiles::default()),
    };
    Ok((parse(commit)?, old))
}
