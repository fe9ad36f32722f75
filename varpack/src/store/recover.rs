//! Interrupted saves: finished on the way, or settled by the caller where that cannot be.

use super::busy::{busy, stuck};
use super::commit_errors::{conflict, of_earlier_save};
use super::commit_folder::{CommitPlace, OpenCommit, committed, open_commit};
use super::folder::Folder;
use super::lock_file::{Byte, COMMIT_WAIT, Guard, LockFile};
use super::owners::Owners;
use super::record::{FileMark, Move};
use super::staging_folder::{check_own, empty, move_aside};
use super::trust::Trust;
use super::unfinished::{Unfinished, named_by, refuse_foreign};
use crate::layout::own::{COMMIT_FOLDER, DISCARDED_FOLDER, LOCK_FILE};
use crate::os::dir::{Dir, answered};
use crate::os::{FileKind, Lock, Stat, System};
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Which side of an interrupted save to keep, where the folder has changed since.
///
/// ```
/// use varpack::{ErrorKind, Pack, Recover, recover};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # Pack::new().save_to(folder)?;
/// let pack = match Pack::open(folder) {
///     Err(error) if error.kind() == ErrorKind::InterruptedSaveConflict => {
///         recover(folder, Recover::KeepFolder)?; // what was saved in between counts
///         Pack::open(folder)?
///     }
///     pack => pack?,
/// };
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Recover {
    /// The folder as it is now; what the interrupted save had not yet moved into place is discarded. Where files
    /// of the save were lost or changed after their moves neither side is whole, and this leaves what there is.
    KeepFolder,
    /// The interrupted save; what was written over in the meantime is lost.
    KeepCommit,
}

/// Settles an interrupted save that a load or save refused with
/// [`ErrorKind::InterruptedSaveConflict`]: a program that does not know of it, the Python one say, has
/// changed the folder in between.
///
/// Where the folder cannot be locked it goes on all the same: see first that nobody else saves there.
///
/// A folder without an interrupted save, or recovery, is left as it is. One whose save can still be finished is
/// finished by [`Recover::KeepCommit`], as the next save would.
///
/// ```
/// use varpack::{Pack, Recover, recover};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # Pack::new().save_to(folder)?;
/// recover(folder, Recover::KeepCommit)?; // finishes the interrupted save, if there is one
/// let pack = Pack::open(folder)?;
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// # Errors
/// - [`ErrorKind::Busy`] if the folder is being saved or edited in place;
/// - [`ErrorKind::InterruptedSaveConflict`] if the side to keep is not whole and the other is: files of the
///   save were moved into place and changed since, or (for [`Recover::KeepFolder`]) moved over old ones that no
///   longer exist;
/// - [`ErrorKind::Exists`] if it is to be kept and a stranger's, who may not speak for the folder; or if strangers may
///   write to it, and so may have moved it there from elsewhere: it is left whole;
/// - [`ErrorKind::FileType`] if it is not to be kept and a stranger has put folders into the commit folder;
///   nothing was touched, and it can be recovered again once they are gone;
/// - [`ErrorKind::Io`] if the system fails an operation: recover it again once the reason is gone.
pub fn recover(folder: impl AsRef<Path>, keep: Recover) -> Result<()> {
    recover_in(&System::default(), folder.as_ref(), keep)
}

/// The same in a file system.
pub(crate) fn recover_in(system: &System, folder: &Path, keep: Recover) -> Result<()> {
    let dir = Dir::open(system, folder)?;
    if dir.stat_or_unseen(COMMIT_FOLDER)?.is_none()
        && dir.stat_or_unseen(DISCARDED_FOLDER)?.is_none()
    {
        return Ok(());
    }
    let folder = Folder::attach(dir, None)?;
    // Whoever settles a folder by hand knows who else uses it, where no lock can tell.
    let _writer = folder.take_writer(None, true)?;
    let _commit = commit_alone(&folder)?;
    match keep {
        Recover::KeepFolder => keep_folder(folder.dir()),
        Recover::KeepCommit => keep_commit(folder.dir()).map_err(|error| {
            of_earlier_save(error, "the interrupted save is not settled yet: recover it again")
        }),
    }
}

fn keep_folder(folder: &Dir) -> Result<()> {
    // Whosever it is: it was under the commit folder's name when an earlier recovery was interrupted.
    let left = folder.stat_or_unseen(DISCARDED_FOLDER)?;
    check_not_moved_in(folder, DISCARDED_FOLDER, left.as_ref())?;
    let is_left = left.is_some();
    let stat = folder.stat_or_unseen(COMMIT_FOLDER)?;
    check_not_moved_in(folder, COMMIT_FOLDER, stat.as_ref())?;
    let Some(stat) = stat else {
        return if is_left { empty(folder) } else { Ok(()) };
    };
    if stat.kind != FileKind::Folder {
        folder.remove_file(COMMIT_FOLDER)?;
        return folder.sync();
    }
    if is_half_made(folder)? {
        return Err(Error::msg(
            ErrorKind::InterruptedSaveConflict,
            "only `Recover::KeepCommit` leaves a whole state: files of the interrupted save have \
             replaced old ones already",
        )
        .with_path(folder.path()));
    }
    if is_left {
        empty(folder)?;
    }
    let is_aside = move_aside(folder, COMMIT_FOLDER)?;
    // Were the name to come back after a power cut, so would a commit with nothing in it.
    folder.sync()?;
    if is_aside { empty(folder) } else { Ok(()) }
}

/// That a folder of ours that is to be emptied is not one that a stranger has moved there from elsewhere. (A folder of
/// the stranger's own may go.)
///
/// # Errors
/// As of [`check_own`].
fn check_not_moved_in(folder: &Dir, name: &str, found: Option<&Stat>) -> Result<()> {
    match found {
        Some(found) if Owners::of(folder)?.trust(found) => check_own(folder, name, found),
        _ => Ok(()),
    }
}

/// Whether files of the save are in their places, and the others are at hand to make it whole. Where some are lost, or the
/// record is none, neither side is whole, and the folder is all that there is.
///
/// # Errors
/// Those of the system: what it does not give may be there all the same.
fn is_half_made(folder: &Dir) -> Result<bool> {
    let budget = Trust::default().budget();
    let opened = answered(open_commit(folder, &budget))?;
    let Ok(CommitPlace::Commit(OpenCommit { dir, record: Some(record), .. })) = opened else {
        return Ok(false);
    };
    let mut is_moved = false;
    for file in &record.moves {
        let (source, name) = file.source(folder, &dir);
        // One that only gets another name may have both.
        let is_here = is_content(file, folder.stat(&file.name)?.as_ref());
        if is_content(file, source.stat(name)?.as_ref()) && !(is_here && file.from.is_some()) {
            continue;
        }
        if !is_here {
            return Ok(false);
        }
        is_moved = true;
    }
    Ok(is_moved)
}

/// Moves what is staged over whatever stands there. Identities do not count, for the folder may have
/// been copied; sizes and times do.
fn keep_commit(folder: &Dir) -> Result<()> {
    let trust = Trust::default();
    let budget = trust.budget();
    let Some(open) = open_commit(folder, &budget)?.commit(folder)? else { return Ok(()) };
    let OpenCommit { dir, record, owners } = open;
    let Some(mut record) = record else {
        dir.remove_file(LOCK_FILE)?;
        dir.sweep();
        return folder.remove_folder(COMMIT_FOLDER);
    };
    let mut staged = BTreeSet::new();
    for file in &mut record.moves {
        let target = folder.stat(&file.name)?;
        if target.is_some_and(|target| target.kind == FileKind::Folder) {
            let message = "the interrupted save cannot be kept while a folder stands in the place of one of its \
                           files: move that away, and recover again";
            return Err(Error::msg(ErrorKind::InterruptedSaveConflict, message)
                .with_path(folder.file_path(&file.name)));
        }
        // Whatever stands there is to go.
        file.replaces = target.map(|target| FileMark::of(&target.identity));
        let (source, name) = file.source(folder, &dir);
        let waiting = source.stat(name)?;
        refuse_foreign(source, name, waiting.as_ref(), target.as_ref(), &owners)?;
        if is_content(file, waiting.as_ref()) {
            staged.insert(file.name.clone());
        } else if !is_content(file, target.as_ref()) {
            return Err(conflict(
                folder,
                format!(
                    "`{}` of it has changed since it was moved into place, or was lost, and only \
                     `Recover::KeepFolder` is left",
                    file.name
                ),
            ));
        }
    }
    let (new, old) = named_by(folder, &dir, (&record, &staged), &owners, &trust, &budget)?;
    let mut removals = Vec::new();
    for file in std::mem::take(&mut record.removals) {
        // What is no longer the file that the save meant to remove is left alone.
        let owned = old.as_ref().is_none_or(|old| old.may_own(&file.name));
        if owned && file.content.is(folder.stat(&file.name)?.as_ref()) {
            removals.push(file);
        }
    }
    record.removals = removals;
    record.check_owners(&new, old.as_ref()).map_err(|reason| conflict(&dir, reason))?;
    Unfinished::new(dir, record, staged)?.finish(folder, true)
}

fn is_content(file: &Move, found: Option<&Stat>) -> bool {
    found.is_some_and(|stat| {
        let found = FileMark::of(&stat.identity);
        stat.kind == FileKind::Regular
            && (found.size, found.mtime) == (file.staged.size, file.staged.mtime)
    })
}

/// Finishes an interrupted commit, if there is one. The caller holds the writer byte.
fn finish_interrupted(folder: &Folder) -> Result<()> {
    let trust = Trust::default();
    if folder.dir().stat_or_unseen(COMMIT_FOLDER)?.is_none() {
        return Ok(());
    }
    let _commit = commit_alone(folder)?;
    let found = Unfinished::find(folder.dir(), &trust, &trust.budget())?;
    match found.commit(folder.dir())? {
        Some(unfinished) => unfinished.finish(folder.dir(), true),
        None => Ok(()),
    }
}

/// The same ahead of a save, of which the error must not say that it is made.
pub(crate) fn finish_earlier(folder: &Folder) -> Result<()> {
    finish_interrupted(folder).map_err(|error| {
        let message = "nothing was saved: an interrupted save has to be finished first";
        of_earlier_save(error, message)
    })
}

/// The same ahead of an edit in place, for which each file has to be in its place. The caller uses the folder
/// alone, and one of a stranger is none of it.
///
/// # Errors
/// [`ErrorKind::Busy`] if a save of this process is under way.
pub(crate) fn finish_before_edit(folder: &Folder, lock: &Arc<LockFile>) -> Result<()> {
    if committed(folder.dir())?.is_none() {
        return Ok(());
    }
    let Some(_writer) = lock.try_acquire(Byte::Writer, Lock::Exclusive)? else {
        return Err(busy(folder.dir().path(), "a save of it is under way"));
    };
    finish_interrupted(folder).map_err(|error| {
        let message = "cannot be edited in place: an interrupted save has to be finished first";
        of_earlier_save(error, message)
    })
}

/// Takes the commit byte exclusive, after the loads that are not to be made start over again; `None` without
/// locks. Given back in order: first come those who wait for `Commit`.
pub(crate) fn commit_alone(folder: &Folder) -> Result<Option<[Guard; 2]>> {
    let Ok(lock) = folder.writable_lock() else { return Ok(None) };
    let alone = |byte| {
        let stuck = || stuck(folder.dir().path(), "a load or a save does not come to its end");
        lock.acquire(byte, Lock::Exclusive, COMMIT_WAIT)?.ok_or_else(stuck)
    };
    let reading = alone(Byte::Reading)?;
    let _turnstile = alone(Byte::Turnstile)?;
    Ok(Some([alone(Byte::Commit)?, reading]))
}
