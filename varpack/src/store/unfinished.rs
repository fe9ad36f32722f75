//! A commit between its commit point and its end: judged, read through, and moved into place.

use super::owners::{Owners, foreign, owned};
use super::record::{FileMark, Move, RECORD_CAP, RECORD_FACTOR, Record};
use super::trust::{Links, Trust};
use crate::budget::Budget;
use crate::layout::named::Named;
use crate::layout::own::{ASIDE, COMMIT_FOLDER, LOCK_FILE, MANIFEST, RECORD_FILE};
use crate::os::dir::{Dir, Identity};
use crate::os::{FileKind, Stat};
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

/// How often to look again at what is another thing at each look.
const TRIES: usize = 16;

/// Whether a folder is one of ours: it holds a state, or one that is on its way and not a stranger's. Any other is
/// left without a lock file.
pub(crate) fn holds_state(folder: &Dir) -> Result<bool> {
    Ok(folder.stat(MANIFEST)?.is_some() || committed(folder)?.is_some())
}

/// What stands in the commit folder's place.
#[derive(Debug)]
pub(crate) enum Place<T> {
    Empty,
    /// Of a stranger, who may not speak for the folder.
    Foreign(Stat),
    Commit(T),
}

impl<T> Place<T> {
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

/// What stands in the place of a file that is yet to be moved there, and the file's name.
pub(crate) type InTheWay = (String, Stat);

/// A commit whose files are not all in place, and that can be finished.
#[derive(Debug)]
pub(crate) struct Unfinished {
    dir: Dir,
    identity: Identity,
    /// `None` if all is done but the removal of the empty commit folder.
    record: Option<Record>,
    /// The files that are still to be moved.
    staged: BTreeSet<String>,
    /// What a stranger has put in the place of one of them. It can be read through, but not finished.
    blocked: Option<InTheWay>,
}

impl Unfinished {
    /// A commit with these files still to be moved.
    pub(crate) fn new(dir: Dir, record: Record, staged: BTreeSet<String>) -> Result<Self> {
        let identity = dir.stat_self()?.identity;
        Ok(Self { dir, identity, record: Some(record), staged, blocked: None })
    }

    /// Looks for an unfinished commit, and judges whether it can be finished: each file is either
    /// still staged, its target as recorded, or has been moved. It may come from a stranger, so what it
    /// is read into counts as all that a load reads; one of a stranger to the folder is not looked into.
    ///
    /// # Errors
    /// [`ErrorKind::InterruptedSaveConflict`] if it cannot; [`ErrorKind::FileType`] if it is no folder;
    /// [`ErrorKind::Limit`] if it is over what is trusted.
    pub(crate) fn find(folder: &Dir, trust: &Trust, budget: &Budget) -> Result<Place<Self>> {
        let OpenCommit { dir, record, owners } = match open_commit(folder, budget)? {
            Place::Commit(open) => open,
            Place::Foreign(found) => return Ok(Place::Foreign(found)),
            Place::Empty => return Ok(Place::Empty),
        };
        let identity = dir.stat_self()?.identity;
        let (staged, blocked) = match &record {
            Some(record) => judge_moves(folder, &dir, record, &owners)?,
            None => Default::default(),
        };
        let unfinished = Self { dir, identity, record, staged, blocked };
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
        Ok(Place::Commit(unfinished))
    }

    /// What a stranger has put in the place of a file that is yet to be moved there.
    pub(crate) fn blocked(&self) -> Option<&InTheWay> {
        self.blocked.as_ref()
    }

    /// The commit folder.
    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Tells this commit folder from another.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// Whether the file is still in the commit folder, so that it has to be read from there.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.staged.contains(name)
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
        match self.dir.move_file(&file.name, folder, file.replaces.is_some()) {
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

/// A commit folder that counts, with its record if there is anything in it.
pub(crate) struct OpenCommit {
    pub(crate) dir: Dir,
    pub(crate) record: Option<Record>,
    /// Whose files count in the folder.
    pub(crate) owners: Owners,
}

/// Opens the commit folder, if there is one that counts, and reads its record.
pub(crate) fn open_commit(folder: &Dir, budget: &Budget) -> Result<Place<OpenCommit>> {
    let owners = Owners::of(folder)?;
    let (dir, found) = match open_place(folder, &owners)? {
        Place::Commit(opened) => opened,
        Place::Foreign(found) => return Ok(Place::Foreign(found)),
        Place::Empty => return Ok(Place::Empty),
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
                None => Ok(Place::Commit(OpenCommit { dir, record: None, owners })),
                Some(name) => {
                    let name = name.display();
                    Err(conflict(&dir, format!("it holds `{name}` but no {RECORD_FILE}")))
                }
            };
        }
        Err(error) => return Err(error),
    };
    let record = Record::parse(&bytes)
        .map_err(|reason| conflict(&dir, format!("bad {RECORD_FILE}: {reason}")))?;
    refuse_unlisted(&dir, &record)?;
    Ok(Place::Commit(OpenCommit { dir, record: Some(record), owners }))
}

/// Opens what stands in the commit folder's place. A stranger may make and remove something there all the time: what
/// is another thing at the second look is looked at again.
fn open_place(folder: &Dir, owners: &Owners) -> Result<Place<(Dir, Stat)>> {
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
                    Place::Commit((dir, found))
                } else {
                    Place::Foreign(found)
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::Empty),
            Err(error) => error,
        };
        let was_none = error.kind() == ErrorKind::FileType
            || error.os_kind() == Some(io::ErrorKind::NotADirectory);
        match folder.stat_or_unseen(COMMIT_FOLDER)? {
            None => return Ok(Place::Empty),
            Some(found) if !owners.trust(&found) => return Ok(Place::Foreign(found)),
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

/// What a stranger has put in the commit folder's place does not count.
pub(crate) fn committed(folder: &Dir) -> Result<Option<Identity>> {
    match folder.stat_or_unseen(COMMIT_FOLDER)? {
        Some(found) if Owners::of(folder)?.trust(&found) => Ok(Some(found.identity)),
        _ => Ok(None),
    }
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

/// The files of the commit's manifest, and of the one that it replaces while that is there: it is not once it is
/// replaced, or set aside to be. A stranger's says nothing.
pub(crate) fn named_by(
    folder: &Dir,
    commit: &Dir,
    (record, staged): (&Record, &BTreeSet<String>),
    owners: &Owners,
    trust: &Trust,
    budget: &Budget,
) -> Result<(Named, Option<Named>)> {
    let parse = |dir: &Dir| -> Result<Named> {
        let opened = dir.open_through(MANIFEST, Links::Refuse)?;
        let size = opened.seen.identity.size;
        let bytes = trust.check_manifest(size).and_then(|()| budget.take(size));
        let bytes = bytes.and_then(|()| opened.read());
        let bytes = bytes.map_err(|error| error.with_path(dir.file_path(MANIFEST)))?;
        Named::parse(&bytes, budget).map_err(|error| match error.kind() {
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
        _ => Some(Named::default()),
    };
    Ok((parse(commit)?, old))
}

/// What is in a commit folder beside the files of the commit: its record, the lock file of whoever has
/// loaded it as a folder of its own, and what was set aside to be removed.
fn is_own(name: &str) -> bool {
    name == RECORD_FILE || name == LOCK_FILE || name.starts_with(ASIDE)
}

/// So many names of a commit folder are looked at beyond those that its record lists.
const LISTED: usize = 16;

/// Refuses a commit folder that holds anything but the record and the files that it names.
fn refuse_unlisted(dir: &Dir, record: &Record) -> Result<()> {
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

/// Tells which files are still to be moved, and the first that a stranger's stands in the way of: whoever may
/// only add files keeps nobody from reading by it. Any other file that is in neither state is a conflict.
fn judge_moves(
    folder: &Dir,
    dir: &Dir,
    record: &Record,
    owners: &Owners,
) -> Result<(BTreeSet<String>, Option<InTheWay>)> {
    let (mut staged, mut blocked) = (BTreeSet::new(), None);
    for file in &record.moves {
        let waiting = dir.stat(&file.name)?;
        let target = folder.stat(&file.name)?;
        if waiting.is_none() {
            if !file.staged.is(target.as_ref()) {
                return Err(changed(folder, &file.name, Some(&file.staged), target.as_ref()));
            }
            continue;
        }
        if !file.staged.is(waiting.as_ref()) {
            return Err(changed(dir, &file.name, Some(&file.staged), waiting.as_ref()));
        }
        refuse_foreign(dir, &file.name, waiting.as_ref(), target.as_ref(), owners)?;
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

/// An interrupted save that cannot be finished, for a reason in this folder.
pub(crate) fn conflict(dir: &Dir, reason: impl AsRef<str>) -> Error {
    conflict_at(dir.path().to_owned(), reason.as_ref())
}

fn conflict_at(path: PathBuf, reason: &str) -> Error {
    Error::msg(
        ErrorKind::InterruptedSaveConflict,
        format!(
            "an interrupted save cannot be finished: {reason}; nothing was touched, \
             `varpack::recover` settles it"
        ),
    )
    .with_path(path)
}

fn changed(dir: &Dir, name: &str, expected: Option<&FileMark>, found: Option<&Stat>) -> Error {
    let of = |ino: u64, size: u64, (seconds, nanoseconds): (i64, i64)| {
        format!("of {size} bytes (inode {ino}, modified at {seconds}.{nanoseconds:09})")
    };
    let expected = expected.map_or("nothing".to_owned(), |content| {
        format!("a regular file {}", of(content.ino, content.size, content.mtime))
    });
    let found = found.map_or("nothing".to_owned(), |Stat { identity, kind, .. }| {
        format!("{} {}", kind.noun(), of(identity.ino, identity.size, identity.mtime))
    });
    conflict_at(dir.file_path(name), "the file was changed since")
        .with_expected(expected)
        .with_found(found)
}

/// The save is committed; a sync failed. Nothing may be removed on top of that.
pub(crate) fn durability(error: &Error) -> Error {
    after_commit(
        ErrorKind::DurabilityUnknown,
        "the save is made, but it is not known whether it survives a power cut",
        error,
    )
}

fn pending(error: &Error) -> Error {
    after_commit(
        ErrorKind::CommitPending,
        "the save is made, but not all of its files are in place; the next save, or the first edit in mode `r+`, \
         moves them",
        error,
    )
}

/// The error for a caller to whom "the save" would mean another one than the interrupted save that
/// could not be finished.
pub(crate) fn of_earlier_save(error: Error, message: &str) -> Error {
    match error.kind() {
        ErrorKind::CommitPending | ErrorKind::DurabilityUnknown => {
            of_cause(ErrorKind::Io, message.to_owned(), &error)
        }
        _ => error,
    }
}

fn after_commit(kind: ErrorKind, message: &str, error: &Error) -> Error {
    let cause = error.message().unwrap_or_default();
    of_cause(kind, format!("{message}: {cause}"), error)
}

/// Another error at the same path, with the same error of the system beneath it.
pub(crate) fn of_cause(kind: ErrorKind, message: String, error: &Error) -> Error {
    let mut after = Error::msg(kind, message);
    if let Some(path) = error.path() {
        after = after.with_path(path);
    }
    match error.os_error() {
        // An `io::Error` cannot be cloned.
        Some(os) => after.with_source(
            os.raw_os_error().map_or_else(|| os.kind().into(), io::Error::from_raw_os_error),
        ),
        None => after,
    }
}
