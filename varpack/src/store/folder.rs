//! Sharing a folder: what a load and its arrays hold of it.

use super::busy::{busy, stuck};
use super::claims;
use super::commit_folder::{CommitPlace, committed, holds_state};
use super::lock_file;
use super::lock_file::{Byte, COMMIT_WAIT, Guard, LockAttempt, LockFile};
use super::open_file::OpenFile;
use super::owners::{Owners, owned};
use super::reentry;
use super::trust::{Links, Trust};
use super::unfinished::Unfinished;
use crate::budget::Budget;
use crate::layout::own::{COMMIT_FOLDER, MANIFEST};
use crate::os::dir::{Dir, DirId, Identity};
use crate::os::{Lock, Stat, System};
use crate::sync::lock;
use crate::{Error, ErrorKind, Result, text};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// How often to begin anew when an unfinished commit that is read without a lock changes underfoot. Each time someone
/// else has made progress.
const TRIES: usize = 16;

/// Why a folder that is none of ours is not locked.
const NO_MANIFEST: &str = "there is no varpack.json";

/// So many files of strangers are named in a load report. A folder may have thousands.
const LISTED: usize = 20;

/// A folder that is in use: by a load, or by the arrays mapped from it. One descriptor, one lock.
///
/// A forked child shares its parent's lock: it can read, but has to load anew to edit or save.
#[derive(Debug)]
pub(crate) struct Folder {
    dir: Dir,
    use_lock: UseLock,
    /// How many arrays edit in place.
    claims: Mutex<usize>,
}

#[derive(Debug)]
enum UseLock {
    /// With the *use* byte, shared, for as long as the folder is in use.
    Locked(Guard),
    /// The folder is none of ours: there is nothing to lock, and each file stands for itself.
    NotOurs,
    Unlocked {
        reason: String,
    },
}

impl Folder {
    /// Opens a folder for a load and takes the *use* lock shared. Where no lock can be had it goes on unlocked.
    /// `same`: the folder that it has to be, if it is opened again.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if someone edits the folder in place for longer than `wait`; [`ErrorKind::Stale`] if
    /// it is not the `same` folder.
    pub(crate) fn open_same(
        system: &System,
        path: &Path,
        same: Option<DirId>,
        wait: Option<Duration>,
    ) -> Result<Arc<Self>> {
        let dir = Dir::open_same(system, path, same)?;
        if !holds_state(&dir)? {
            return Ok(Arc::new(Self::new(dir, UseLock::NotOurs)));
        }
        Self::attach(dir, wait)
    }

    /// Opens any folder: see [`open_same`](Self::open_same).
    #[cfg(test)]
    pub(crate) fn open(system: &System, path: &Path, wait: Option<Duration>) -> Result<Arc<Self>> {
        Self::open_same(system, path, None, wait)
    }

    /// Takes the *use* lock of an open folder.
    pub(crate) fn attach(dir: Dir, wait: Option<Duration>) -> Result<Arc<Self>> {
        let wait = wait.unwrap_or_default();
        let use_lock = match lock_file::hold(&dir, Byte::Use, Lock::Shared, wait)? {
            LockAttempt::Held(guard) => UseLock::Locked(guard),
            LockAttempt::Busy => return Err(claims::edited(&dir)),
            LockAttempt::Unlocked(reason) => UseLock::Unlocked { reason },
        };
        Ok(Arc::new(Self::new(dir, use_lock)))
    }

    fn new(dir: Dir, use_lock: UseLock) -> Self {
        Self { dir, use_lock, claims: Mutex::new(0) }
    }

    /// The folder itself.
    pub(crate) fn dir(&self) -> &Dir {
        &self.dir
    }

    /// Whether it is not locked, or by the lock file that is there now; of a folder that was none of ours, whether it still is
    /// none.
    pub(crate) fn is_current(&self) -> Result<bool> {
        match &self.use_lock {
            UseLock::Locked(guard) => guard.lock_file().is_current(&self.dir),
            UseLock::NotOurs => holds_state(&self.dir).map(|is_ours| !is_ours),
            UseLock::Unlocked { .. } => Ok(true),
        }
    }

    /// Whether it was opened as a folder that is none of ours: one without a manifest.
    pub(crate) fn is_not_ours(&self) -> bool {
        matches!(self.use_lock, UseLock::NotOurs)
    }

    /// The lock file, if it can be locked for writing; else why it cannot.
    pub(crate) fn writable_lock(&self) -> Result<&Arc<LockFile>, &str> {
        match &self.use_lock {
            UseLock::NotOurs => Err(NO_MANIFEST),
            UseLock::Unlocked { reason } => Err(reason),
            UseLock::Locked(guard) => {
                let lock = guard.lock_file();
                lock.unwritable().map_or(Ok(lock), Err)
            }
        }
    }

    /// Why the folder is not locked, for the load report; `None` if it is.
    pub(crate) fn unlocked_because(&self) -> Option<&str> {
        match &self.use_lock {
            UseLock::Locked(_) => None,
            UseLock::NotOurs => Some(NO_MANIFEST),
            UseLock::Unlocked { reason } => Some(reason),
        }
    }

    /// The lock file, unless the folder is unlocked.
    pub(crate) fn lock(&self) -> Option<&Arc<LockFile>> {
        match &self.use_lock {
            UseLock::Locked(guard) => Some(guard.lock_file()),
            UseLock::NotOurs | UseLock::Unlocked { .. } => None,
        }
    }

    /// Takes the writer byte for a save; `None` where there are no locks and `without_lock` says to go on.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if another save is under way for longer than `wait`; [`ErrorKind::ReadOnly`] if there
    /// is no lock to be had; [`ErrorKind::Usage`] in the progress callback of a load or save of this folder, and
    /// in the change of an update of it, for which it would wait in vain.
    pub(crate) fn take_writer(
        &self,
        wait: Option<Duration>,
        without_lock: bool,
    ) -> Result<Option<Guard>> {
        reentry::check_save(&self.dir)?;
        let lock = match self.writable_lock() {
            Ok(lock) => lock,
            Err(reason) if without_lock => {
                let path = text::path(self.dir.path());
                log::warn!("saving to {path} without a lock: {reason}");
                return Ok(None);
            }
            Err(reason) => {
                let message = format!(
                    "nothing keeps two saves apart, for the folder cannot be locked ({reason}): make that \
                     possible (its lock file may be opened to others, or removed while nobody uses the folder), \
                     or save with the option `without_lock` if nobody else saves here"
                );
                return Err(Error::msg(ErrorKind::ReadOnly, message).with_path(self.dir.path()));
            }
        };
        let writer = lock.acquire(Byte::Writer, Lock::Exclusive, wait.unwrap_or_default())?;
        writer.map(Some).ok_or_else(|| busy(self.dir.path(), "another save of it is under way"))
    }

    /// A view of the folder for the time of a load, to be asked at its end whether it
    /// [was stable](Snapshot::is_stable). A load keeps no save waiting, but for one that has had to start over:
    /// `undisturbed` keeps saves from their commit point until the view is dropped.
    pub(crate) fn snapshot(&self, trust: Trust, undisturbed: bool) -> Result<Snapshot<'_>> {
        let (mut reading, mut commit) = (None, None);
        if let Some(lock) = self.lock() {
            let shared = |byte| {
                let stuck = || stuck(self.dir.path(), "a save does not come to its end");
                lock.acquire(byte, Lock::Shared, COMMIT_WAIT)?.ok_or_else(stuck)
            };
            if undisturbed {
                reading = Some(shared(Byte::Reading)?);
            }
            let turnstile = shared(Byte::Turnstile)?;
            commit = Some(shared(Byte::Commit)?);
            drop(turnstile);
        }
        // Without a lock, a commit may be moving into place while it is judged.
        let tries = if commit.is_some() { 1 } else { TRIES };
        let mut outcome = Snapshot::take(self, trust);
        for _ in 1..tries {
            match outcome {
                Err(error) if error.kind() == ErrorKind::InterruptedSaveConflict => {
                    std::thread::sleep(Duration::from_millis(5));
                    outcome = Snapshot::take(self, trust);
                }
                _ => break,
            }
        }
        drop(commit);
        outcome.map(|snapshot| Snapshot { _reading: reading, ..snapshot })
    }

    pub(crate) fn claims(&self) -> MutexGuard<'_, usize> {
        lock(&self.claims)
    }
}

/// A view of the folder: files are looked for in an unfinished commit first.
#[derive(Debug)]
pub(crate) struct Snapshot<'f> {
    folder: &'f Folder,
    unfinished: Option<Unfinished>,
    /// Whose files stand in the commit folder's place, if they do not count.
    stranger: Option<Stat>,
    owners: Owners,
    /// The files that strangers may have put there and that were opened; those that are listed.
    foreign: Mutex<BTreeMap<String, Stat>>,
    manifest: Option<Identity>,
    /// Kept open, so that no later manifest gets its inode, and with it its identity: times are no finer than
    /// the kernel's tick. `None` if there is none that can be opened.
    manifest_file: Option<OpenFile>,
    trust: Trust,
    budget: Budget,
    _reading: Option<Guard>,
}

impl<'f> Snapshot<'f> {
    fn take(folder: &'f Folder, trust: Trust) -> Result<Self> {
        let budget = trust.budget();
        let (unfinished, stranger) = match Unfinished::find(&folder.dir, &trust, &budget)? {
            CommitPlace::Empty => (None, None),
            CommitPlace::Foreign(found) => (None, Some(found)),
            CommitPlace::Commit(unfinished) => (Some(unfinished), None),
        };
        let mut snapshot = Self {
            folder,
            unfinished,
            stranger,
            owners: Owners::of(&folder.dir)?,
            foreign: Mutex::default(),
            manifest: None,
            manifest_file: None,
            trust,
            budget,
            _reading: None,
        };
        match snapshot.open_file(MANIFEST) {
            Ok(opened) => {
                snapshot.manifest = Some(opened.seen.stands_as());
                snapshot.manifest_file = Some(opened);
            }
            // Whoever reads it is told why.
            Err(_) => snapshot.manifest = snapshot.identity(MANIFEST)?,
        }
        Ok(snapshot)
    }

    /// What strangers have put into the folder, for the load report: what is left out of account, and
    /// what was read all the same. To be asked at the end.
    pub(crate) fn of_strangers(&self) -> Vec<String> {
        let commit = self.stranger.as_ref().map(|found| (COMMIT_FOLDER, found));
        let blocked = self.unfinished.as_ref().and_then(Unfinished::blocked);
        let blocked = blocked.map(|(name, found)| (name.as_str(), found));
        let left_out = commit.into_iter().chain(blocked).map(|(name, found)| {
            let (name, found) = (text::name(name), owned(found));
            format!(
                "`{name}` is left out of account, for it is {found}, who may not speak for the folder"
            )
        });
        let foreign = lock(&self.foreign);
        let read = foreign.iter().map(|(name, found)| {
            let (name, why) = (text::name(name), self.owners.distrust(found));
            format!("`{name}` {why}: a save will not write over it")
        });
        left_out.chain(read).collect()
    }

    /// What the load may still read into memory.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// `varpack.json`, whole; to be read once.
    pub(crate) fn read_manifest(&self) -> Result<Vec<u8>> {
        let check = |size| self.trust.check_manifest(size);
        match &self.manifest_file {
            Some(opened) => self.read_opened(opened, MANIFEST, check),
            None => self.read_opened(&self.open_file(MANIFEST)?, MANIFEST, check),
        }
    }

    /// A pickle, whole.
    pub(crate) fn read_pickle(&self, name: &str) -> Result<(Vec<u8>, Identity)> {
        let opened = self.open_file(name)?;
        let bytes = self.read_opened(&opened, name, |size| self.trust.check_pickle(size))?;
        Ok((bytes, opened.seen.stands_as()))
    }

    /// Counts a pickle of so many bytes that is about to be read out of another file.
    pub(crate) fn take_pickle(&self, size: u64) -> Result<()> {
        self.trust.check_pickle(size)?;
        self.budget.take(size)
    }

    fn read_opened(
        &self,
        opened: &OpenFile,
        name: &str,
        check: impl FnOnce(u64) -> Result<()>,
    ) -> Result<Vec<u8>> {
        check(opened.seen.identity.size)
            .and_then(|()| self.budget.take(opened.seen.identity.size))
            .and_then(|()| opened.read())
            .map_err(|error| error.with_path(self.folder.dir.file_path(name)))
    }

    /// Opens a regular file of the unfinished commit, where links are never followed, or of the folder.
    pub(crate) fn open_file(&self, name: &str) -> Result<OpenFile> {
        if let Some((dir, waiting)) = self.staged(name) {
            match dir.open_through(waiting, Links::Refuse) {
                // Moved into its place since.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(opened) => return Ok(opened.before_move()),
            }
        }
        let opened = self.folder.dir.open_through(name, self.trust.links)?;
        if !self.owners.trust(&opened.seen.stands) {
            let mut foreign = lock(&self.foreign);
            if foreign.len() < LISTED {
                foreign.insert(name.to_owned(), opened.seen.stands);
            }
        }
        Ok(opened)
    }

    /// What stands under a name, in the folder or in the unfinished commit.
    pub(crate) fn identity(&self, name: &str) -> Result<Option<Identity>> {
        if let Some((dir, waiting)) = self.staged(name)
            && let Some(identity) = dir.identity(waiting)?
        {
            return Ok(Some(identity.before_move()));
        }
        self.folder.dir.identity(name)
    }

    /// Whether the folder stayed the same while it was read: if not, read it again, what was read may be of
    /// two states.
    pub(crate) fn is_stable(&self) -> Result<bool> {
        let before = self.unfinished.as_ref().map(Unfinished::identity);
        let now = committed(&self.folder.dir)?;
        let same_commit = match (&before, &now) {
            (None, None) => true,
            (Some(before), Some(now)) => before.is_same_file(now),
            _ => false,
        };
        Ok(same_commit && self.identity(MANIFEST)? == self.manifest)
    }

    /// Where a file is that is yet to be moved into its place.
    fn staged<'s>(&'s self, name: &'s str) -> Option<(&'s Dir, &'s str)> {
        self.unfinished.as_ref()?.place_of(name, &self.folder.dir)
    }
}
