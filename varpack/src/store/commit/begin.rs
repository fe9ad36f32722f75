//! How a commit begins: the folder and its locks are taken, and what earlier saves have left is settled.

use super::Commit;
use crate::layout::own::MANIFEST;
use crate::os::System;
use crate::os::dir::{Dir, Identity};
use crate::store::folder::Folder;
use crate::store::lock_file::Guard;
use crate::store::new_folder::{NewFolder, contended};
use crate::store::options::CommitOptions;
use crate::store::owners::Owners;
use crate::store::progress::ProgressMeter;
use crate::store::recover::finish_earlier;
use crate::store::staging_folder::discard_staging;
use crate::{ErrorKind, Result};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};

/// How often to look again when savers of one new folder get in each other's way.
const TRIES: usize = 16;

impl Commit {
    /// Takes the writer lock of the folder at `path` (or prepares a new folder beside it), finishes an
    /// interrupted commit, removes stale staging. `held`: the folders that the arrays to be saved hold;
    /// if one of them is the target its descriptor is used, for a second one would be refused.
    ///
    /// No [`Snapshot`](crate::store::folder::Snapshot) of the folder may be alive in this thread.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if another save or an in-place edit is under way for longer than the options'
    /// `wait`; [`ErrorKind::InterruptedSaveConflict`] if an interrupted commit cannot be finished;
    /// [`ErrorKind::Stale`] if it is not the folder that it has to be.
    pub(crate) fn begin(
        system: &System,
        path: &Path,
        held: &[Arc<Folder>],
        options: &CommitOptions,
    ) -> Result<Self> {
        for _ in 0..TRIES {
            match Dir::open_same(system, path, options.into) {
                Ok(dir) => match Self::begin_existing(dir, held, options)? {
                    Some(commit) => return Ok(commit),
                    None => continue,
                },
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            if let Some((new, folder, writer)) = NewFolder::prepare(system, path, options)? {
                return Ok(Self::new(folder, Some(new), writer, options));
            }
        }
        Err(contended(path))
    }

    /// `None` if the lock file went meanwhile, with a save that it was made for and that failed: look again.
    fn begin_existing(
        dir: Dir,
        held: &[Arc<Folder>],
        options: &CommitOptions,
    ) -> Result<Option<Self>> {
        let identity = dir.stat_self()?.identity;
        let folder = usable(held, &identity)?;
        let is_own = folder.is_none();
        let folder = match folder {
            Some(folder) => folder,
            None => Folder::attach(dir, options.wait)?,
        };
        let is_held = options.writer.as_ref().is_some_and(|held| held.is_of(&identity));
        let writer = match is_held {
            true => Ok(None),
            false => folder.take_writer(options.wait, options.without_lock),
        };
        let writer = match writer {
            Ok(writer) => writer,
            Err(error) => {
                if let Some(lock) = folder.lock().filter(|_| is_own) {
                    lock.try_take_back(folder.dir());
                }
                return Err(error);
            }
        };
        // From here on the writer byte is held until the lock file is taken back, if it is.
        let mut commit = Self::new(folder, None, writer, options);
        commit.is_own = is_own;
        let folder = &commit.folder;
        if let Some(lock) = folder.lock().filter(|_| is_own)
            && !lock.is_current(folder.dir())?
        {
            return Ok(None);
        }
        commit.held = options.writer.clone().filter(|_| is_held);
        commit.check_alone()?;
        finish_earlier(folder)?;
        folder.dir().sweep();
        commit.owners = Some(Owners::of(folder.dir())?);
        commit.manifest = folder.dir().stat(MANIFEST)?;
        // It says which files are the folder's own.
        commit.check_owner(MANIFEST, commit.manifest.as_ref())?;
        if is_held || commit.writer.is_some() {
            discard_staging(folder.dir())?;
        }
        Ok(Some(commit))
    }

    fn new(
        folder: Arc<Folder>,
        new: Option<NewFolder>,
        writer: Option<Guard>,
        options: &CommitOptions,
    ) -> Self {
        // Of no account where it cannot be told: then a callback that saves is kept waiting.
        let meter = options.progress.as_ref();
        let meter = meter.map(|callback| {
            ProgressMeter::new(Some(callback), folder.dir().id().unwrap_or_default())
        });
        let meter = meter.unwrap_or_else(ProgressMeter::unwatched);
        Self {
            medium: folder.dir().medium(),
            folder,
            is_own: false,
            new,
            staging: Mutex::default(),
            staged: Mutex::default(),
            count: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
            renamed: Mutex::default(),
            removals: Mutex::default(),
            manifest: None,
            owners: None,
            sync: options.sync,
            threads: options.threads,
            meter: Arc::new(meter),
            committed: false,
            pid: std::process::id(),
            held: None,
            writer,
        }
    }
}

/// The one of the folders that are held that is this very folder, if it can be saved through.
fn usable(held: &[Arc<Folder>], identity: &Identity) -> Result<Option<Arc<Folder>>> {
    for folder in held {
        let is_lockable =
            folder.lock().is_some_and(|lock| lock.is_ours() && lock.unwritable().is_none());
        // One whose lock file was taken away keeps nobody from the folder any more.
        if is_lockable
            && folder.dir().stat_self()?.identity.is_same_file(identity)
            && folder.is_current()?
        {
            return Ok(Some(Arc::clone(folder)));
        }
    }
    Ok(None)
}
