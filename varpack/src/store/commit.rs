//! The commit: staging, the one rename, and what a failure before it leaves.

mod begin;
mod staged;

pub(crate) use staged::look_threads;

use super::belonging::Belonging;
use super::busy::busy;
use super::commit_errors::durability;
use super::folder::Folder;
use super::held_writer::HeldWriter;
use super::lock_file::Guard;
use super::new_folder::NewFolder;
use super::owners::Owners;
use super::progress::ProgressMeter;
use super::record::{CommitRecord, FileMark, Move, Removal};
use super::recover::commit_alone;
use super::staging::{Staging, check_staged, check_target};
use super::staging_folder::StagingFolder;
use super::trust::Trust;
use super::unfinished::Unfinished;
use crate::budget::Budget;
use crate::layout::manifest::MANIFEST_CAP;
use crate::layout::named::NamedFiles;
use crate::layout::own::{COMMIT_FOLDER, MANIFEST, RECORD_FILE};
use crate::os::dir::{Dir, Identity};
use crate::os::{Medium, Stat};
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use staged::Staged;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A save that is made, or that had nothing to do.
#[must_use = "an error may have come after the commit point"]
#[derive(Debug)]
pub(crate) struct Committed {
    /// What the staged files are, in their places or on their way there.
    pub(crate) identities: BTreeMap<String, Identity>,
    /// [`ErrorKind::DurabilityUnknown`] or [`ErrorKind::CommitPending`] if anything failed after the commit
    /// point: the save is made all the same.
    pub(crate) outcome: Result<()>,
    /// The folder that the commit went to, with its lock: what the saved arrays hold from now on.
    pub(crate) folder: Arc<Folder>,
    /// The folder is locked until what was saved is noted.
    pub(crate) writer: Option<Guard>,
}

/// What was committed, and what has failed after the commit point.
type CommitOutcome = (BTreeMap<String, Identity>, Result<()>);

/// A save under way. Dropped without [`Commit::finish`], it leaves no trace.
#[derive(Debug)]
pub(crate) struct Commit {
    folder: Arc<Folder>,
    /// Whether this save has opened the folder by itself, its lock file with it.
    is_own: bool,
    /// Made by the first file: a save that changes nothing touches nothing.
    staging: Mutex<Option<Arc<StagingFolder>>>,
    staged: Mutex<BTreeMap<String, Staged>>,
    count: AtomicUsize,
    /// Half a file may be staged, so this save can no longer be made.
    has_failed: AtomicBool,
    removals: Mutex<BTreeMap<String, Identity>>,
    /// Those of them that get other names.
    renamed: Mutex<BTreeSet<String>>,
    manifest: Option<Stat>,
    /// Whose files it may replace or remove: `None` in a new folder, where there are none.
    owners: Option<Owners>,
    medium: Medium,
    sync: bool,
    threads: usize,
    meter: Arc<ProgressMeter>,
    /// Past the commit point there is nothing to take back.
    committed: bool,
    pid: u32,
    /// The writer lock, if it was held before.
    held: Option<Arc<HeldWriter>>,
    /// Given back last.
    writer: Option<Guard>,
    /// Where the folder is to go if it does not exist yet. If it does not go there it is removed, once nothing in it is
    /// open any more.
    new: Option<NewFolder>,
}

impl Commit {
    /// The folder as it is before the commit; `None` if it does not exist yet.
    pub(crate) fn dir(&self) -> Option<&Dir> {
        if self.new.is_some() { None } else { Some(self.folder.dir()) }
    }

    /// The folder that the commit goes to, with its lock: what the saved arrays hold afterwards.
    pub(crate) fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Counts the save. The manifest is the last to count, once the save is made: by the caller.
    pub(crate) fn meter(&self) -> &Arc<ProgressMeter> {
        &self.meter
    }

    /// A file to remove once the new state is in place. In a new folder there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] if it is a stranger's.
    pub(crate) fn remove(&self, name: &str, found: &Stat) -> Result<()> {
        self.check_owner(name, Some(found))?;
        lock(&self.removals).insert(name.to_owned(), found.identity);
        Ok(())
    }

    /// Refuses to replace or remove a stranger's file, and so to take over its owner and permissions. That it
    /// is still the same file is checked at the commit point.
    fn check_owner(&self, name: &str, found: Option<&Stat>) -> Result<()> {
        match (&self.owners, found) {
            (Some(owners), Some(found)) => owners.check(self.folder.dir(), name, found),
            _ => Ok(()),
        }
    }

    /// Refuses to commit what could not be finished: past the commit point each file has to be moved over what stands
    /// in its place.
    fn check_replaceable(&self, name: &str, found: Option<&Stat>, maker: u32) -> Result<()> {
        match (&self.owners, found) {
            (Some(owners), Some(found)) => {
                owners.check_replaceable(self.folder.dir(), name, found, maker)
            }
            _ => Ok(()),
        }
    }

    /// Commits with this `varpack.json`. If nothing was staged or removed and the folder has this very
    /// manifest, nothing is touched.
    ///
    /// # Errors
    /// Those from before the commit point: the folder is as it was. [`ErrorKind::Busy`] if the lock file was
    /// taken away; [`ErrorKind::Stale`] and [`ErrorKind::Exists`] if it was changed by someone else since the
    /// save began.
    pub(crate) fn finish(mut self, manifest: &[u8]) -> Result<Committed> {
        if self.has_failed.load(Ordering::Relaxed) {
            return Err(Error::msg(
                ErrorKind::Usage,
                "cannot be saved: a file could not be staged",
            )
            .with_path(self.folder.dir().path()));
        }
        let (identities, outcome) = self.finish_with(manifest)?;
        let (folder, writer) = (Arc::clone(&self.folder), self.writer.take());
        Ok(Committed { identities, outcome, folder, writer })
    }

    fn finish_with(&mut self, manifest: &[u8]) -> Result<CommitOutcome> {
        if self.changes_nothing(manifest)? {
            return Ok((BTreeMap::new(), Ok(())));
        }
        let len = u64::try_from(manifest.len()).unwrap_or(u64::MAX);
        let uncounted = ProgressMeter::unwatched();
        self.stage_as(MANIFEST, self.manifest, &uncounted, |staging| {
            staging.write(MANIFEST, len, |out| out.put(manifest)).map(Some)
        })?;
        if self.new.is_some() { self.finish_new() } else { self.finish_existing(manifest) }
    }

    fn changes_nothing(&self, manifest: &[u8]) -> Result<bool> {
        if self.new.is_some() || !lock(&self.staged).is_empty() || !lock(&self.removals).is_empty()
        {
            return Ok(false);
        }
        match self.manifest {
            Some(before)
                if before.identity.size == u64::try_from(manifest.len()).unwrap_or(u64::MAX) =>
            {
                let (present, now) = self.folder.dir().read_file(MANIFEST, MANIFEST_CAP)?;
                Ok(now == before.identity && present == manifest)
            }
            _ => Ok(false),
        }
    }

    fn finish_new(&mut self) -> Result<CommitOutcome> {
        self.sync_staging()?;
        self.ask()?;
        // Not taken out of `self`: a callback that panics leaves it to be discarded.
        let Some(new) = &self.new else { return Ok((BTreeMap::new(), Ok(()))) };
        new.place()?;
        self.committed = true;
        let outcome =
            if self.sync { new.sync().map_err(|error| durability(&error)) } else { Ok(()) };
        // A move of the folder is none of its files.
        let staged = lock(&self.staged);
        let files = staged.iter().filter(|(name, _)| *name != MANIFEST);
        let identities = files.map(|(name, file)| (name.clone(), file.identity)).collect();
        Ok((identities, outcome))
    }

    fn finish_existing(&mut self, manifest: &[u8]) -> Result<CommitOutcome> {
        let record = self.record(manifest)?;
        let bytes = record.to_bytes().map_err(|reason| {
            Error::msg(ErrorKind::Limit, reason).with_path(self.folder.dir().path())
        })?;
        let of_record = |owners| Belonging::of_own_file(self.folder.dir(), owners);
        Staging {
            dir: &self.staging()?.dir,
            medium: self.medium,
            belonging: self.owners.as_ref().map(of_record).transpose()?,
            sync: self.sync,
            meter: &ProgressMeter::unwatched(),
        }
        .write(RECORD_FILE, u64::try_from(bytes.len()).unwrap_or(u64::MAX), |out| {
            out.put(&bytes)
        })?;
        self.sync_staging()?;
        self.ask()?;

        let folder = Arc::clone(&self.folder);
        let _commit = commit_alone(&folder)?;
        self.check_alone()?;
        // Only now: while it waited, a program that does not know of our locks may have saved.
        let staging = self.staging()?;
        self.for_each_staged(|name, file| {
            match &file.from {
                None => check_staged(&staging.dir, name, &file.identity)?,
                Some(from) => {
                    let found = check_target(folder.dir(), from, Some(&file.identity))?;
                    self.check_replaceable(from, found.as_ref(), staging.maker)?;
                }
            }
            let found = check_target(folder.dir(), name, file.replaces.as_ref())?;
            self.check_replaceable(name, found.as_ref(), staging.maker)
        })?;
        for (name, identity) in &*lock(&self.removals) {
            if folder.dir().stat(name)?.is_some() {
                let found = check_target(folder.dir(), name, Some(identity))?;
                self.check_replaceable(name, found.as_ref(), staging.maker)?;
            }
        }
        let unfinished = Unfinished::new(
            staging.dir.reopen()?.with_path(folder.dir().file_path(COMMIT_FOLDER)),
            record,
            lock(&self.staged).keys().cloned().collect(),
        )?;
        staging.commit(folder.dir())?;
        self.committed = true;
        let outcome = unfinished.finish(folder.dir(), self.sync);
        Ok((self.identities(), outcome))
    }

    /// Whether the lock still keeps other saves away. Whoever may remove the lock file may let them in: with a
    /// new one they cannot see this save.
    fn check_alone(&self) -> Result<()> {
        let dir = self.folder.dir();
        let held = self.held.as_ref().map_or(Ok(true), |held| held.is_current(dir))?;
        if held && self.folder.is_current()? {
            return Ok(());
        }
        Err(busy(
            dir.path(),
            "its lock file was taken away, and another save of it may be under way",
        ))
    }

    /// Whether to go on, for the last time before the commit point: a sync may have taken long.
    fn ask(&self) -> Result<()> {
        self.meter.advance(0, 0).map_err(|error| error.with_path(self.folder.dir().path()))
    }

    /// What is moved over what, and removed. The same checks as for one found later: a commit that
    /// could not be finished after a kill must not be made.
    fn record(&self, manifest: &[u8]) -> Result<CommitRecord> {
        let dir = self.folder.dir();
        let mut moves = Vec::new();
        for (name, file) in &*lock(&self.staged) {
            moves.push(Move {
                name: name.clone(),
                from: file.from.clone(),
                staged: FileMark::of(&file.identity),
                replaces: file.replaces.as_ref().map(FileMark::of),
            });
        }
        let mut removals = Vec::new();
        for (name, identity) in &*lock(&self.removals) {
            removals.push(Removal { name: name.clone(), content: FileMark::of(identity) });
        }
        let record = CommitRecord::new(moves, removals);
        let new = NamedFiles::parse(manifest, &Budget::unlimited())
            .map_err(|error| error.with_path(dir.file_path(MANIFEST)))?;
        let old = match self.manifest {
            Some(_) if !record.removals.is_empty() => {
                let (text, _) = dir.read_file(MANIFEST, MANIFEST_CAP)?;
                NamedFiles::parse(&text, &Trust::default().budget())
                    .map_err(|error| error.with_path(dir.file_path(MANIFEST)))?
            }
            _ => NamedFiles::default(),
        };
        record
            .check_names()
            .and_then(|()| record.check_owners(&new, Some(&old)))
            .map_err(|reason| Error::msg(ErrorKind::Usage, reason).with_path(dir.path()))?;
        Ok(record)
    }
}

impl Drop for Commit {
    fn drop(&mut self) {
        // A forked child shares the staging folder with its parent.
        if self.committed || self.pid != std::process::id() {
            return;
        }
        let staged = lock(&self.staged);
        match (&mut self.new, &*lock(&self.staging)) {
            (Some(new), _) => new.discard(self.folder.dir(), staged.keys()),
            (None, Some(staging)) => staging.discard(self.folder.dir(), staged.keys()),
            (None, None) => {}
        }
        if let Some(lock) = self.folder.lock().filter(|_| self.is_own) {
            lock.take_back(self.folder.dir());
        }
    }
}
