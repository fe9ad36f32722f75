//! The lock on an array's file itself: no file is mapped without one.
//!
//! It belongs to the open file description (`F_OFD_SETLK`, fcntl(2)), and on the disks and in the memory of this
//! host a map keeps its description alive: so the lock lasts as long as the map does, after the descriptor is
//! closed and in a forked child too, and follows the file through renames, moved folders and a lost lock file of
//! the folder. Elsewhere (an overlay, a network) the map keeps a descriptor.

use crate::layout::own::DATA_LOCK;
use crate::os::{File, Lock, Medium, descriptor_limit};
use crate::store::lock_file::{PATIENCE, poll};
use crate::{Error, ErrorKind, Result};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Descriptors that maps of loads may keep open in this process: half of what a process may have by default. Those of
/// edits in place count, and are not refused.
const MOST_KEPT: usize = 512;

/// As many, or half of what this process may have, if that is less.
fn most_kept() -> usize {
    (descriptor_limit() / 2).min(MOST_KEPT)
}

/// An open file that nobody edits in place as long as it is open, or mapped.
///
/// Invariant: the file's description holds the shared lock.
#[derive(Debug)]
pub(super) struct SharedLock<'f>(&'f File);

impl<'f> SharedLock<'f> {
    /// Takes the lock; `None` if someone edits the file in place.
    ///
    /// # Errors
    /// [`Unsupported`](io::ErrorKind::Unsupported) where the file system has no such locks.
    pub(super) fn take(file: &'f File) -> io::Result<Option<Self>> {
        Ok(file.lock(DATA_LOCK, Lock::Shared)?.then_some(Self(file)))
    }

    pub(super) fn file(&self) -> &'f File {
        self.0
    }
}

/// What keeps a file's lock for as long as it is mapped: a descriptor beside the map, where the map alone does not.
#[derive(Debug)]
pub(super) struct KeptLock {
    file: Option<File>,
}

static KEPT: AtomicUsize = AtomicUsize::new(0);

impl KeptLock {
    /// For a map of a file that lies on `medium`; `None` if there are too many descriptors already.
    pub(super) fn of(file: &File, medium: Medium) -> io::Result<Option<Self>> {
        let (kept, before) = Self::counted(file, medium)?;
        Ok((kept.file.is_none() || before < most_kept()).then_some(kept))
    }

    /// However many there are: of a file that is open to be edited, which takes a descriptor anyway.
    fn of_edit(file: &File, medium: Medium) -> io::Result<Self> {
        Ok(Self::counted(file, medium)?.0)
    }

    /// Counted before it is judged, and uncounted when it is dropped; gives the number before.
    fn counted(file: &File, medium: Medium) -> io::Result<(Self, usize)> {
        if medium.maps_keep_locks() {
            return Ok((Self { file: None }, 0));
        }
        let kept = Self { file: Some(file.duplicate()?) };
        Ok((kept, KEPT.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Drop for KeptLock {
    fn drop(&mut self) {
        if self.file.is_some() {
            KEPT.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A file that is open to be edited in place: alone while it is written, shared else.
///
/// Invariant: the file's description holds the exclusive lock while `is_alone`, else at least the shared
/// one; but of a file without a name that nobody else can have open it may hold none.
#[derive(Debug)]
pub(crate) struct EditLock {
    file: File,
    is_alone: AtomicBool,
    /// Whether the file system has such locks.
    is_locked: bool,
    /// A forked child has the same description: were it to unlock, its parent would lose the lock.
    pid: u32,
}

impl EditLock {
    /// Takes the lock of a file that was opened for reading and writing shared; `None` if someone edits it.
    ///
    /// # Errors
    /// Those of the system; [`Unsupported`](io::ErrorKind::Unsupported) where it has no such locks.
    pub(super) fn shared(file: File) -> io::Result<Option<Self>> {
        let ask = || Ok::<_, io::Error>(file.lock(DATA_LOCK, Lock::Shared)?.then_some(()));
        let taken = poll(PATIENCE, ask)?;
        Ok(taken.map(|()| Self::new(file, false, true)))
    }

    /// Of a file that was just made and has no name. It is alone whether or not there are such locks.
    pub(super) fn unnamed(file: File) -> io::Result<Self> {
        match file.lock(DATA_LOCK, Lock::Exclusive) {
            Ok(true) => Ok(Self::new(file, true, true)),
            Ok(false) => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Self::new(file, true, false))
            }
            Err(error) => Err(error),
        }
    }

    fn new(file: File, is_alone: bool, is_locked: bool) -> Self {
        let (is_alone, pid) = (AtomicBool::new(is_alone), std::process::id());
        Self { file, is_alone, is_locked, pid }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// What a map of the file has to keep.
    pub(super) fn keep(&self) -> io::Result<KeptLock> {
        KeptLock::of_edit(&self.file, self.file.medium())
    }

    /// Whether the file may get a name: others are kept away from it.
    pub(super) fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Whether nobody else maps the file.
    pub(super) fn is_alone(&self) -> bool {
        self.is_alone.load(Ordering::Acquire)
    }

    /// Makes the lock exclusive, without waiting; `false` if anyone else maps the file. Then it stays shared.
    pub(super) fn try_alone(&self) -> Result<bool> {
        self.check_process()?;
        if !self.is_alone() && self.is_locked {
            let is_alone = self.file.lock(DATA_LOCK, Lock::Exclusive).map_err(failed)?;
            self.is_alone.store(is_alone, Ordering::Release);
        }
        Ok(self.is_alone())
    }

    /// Makes the lock shared: from now on others may map the file, and it may not be written.
    pub(super) fn share(&self) -> Result<()> {
        self.check_process()?;
        // First, so that nothing is written any more when the lock is gone.
        let was_alone = self.is_locked && self.is_alone.swap(false, Ordering::AcqRel);
        if was_alone && !self.file.lock(DATA_LOCK, Lock::Shared).map_err(failed)? {
            return Err(failed(io::ErrorKind::WouldBlock.into()));
        }
        Ok(())
    }

    /// A forked child shares its parent's lock, and can neither take nor give it for itself.
    pub(super) fn check_process(&self) -> Result<()> {
        if self.pid == std::process::id() {
            return Ok(());
        }
        let message = "being edited before a fork, and the lock is the parent's: load the folder again \
                       in the child";
        Err(Error::msg(ErrorKind::Usage, message))
    }
}

fn failed(error: io::Error) -> Error {
    Error::msg(ErrorKind::Io, "cannot lock the array's file").with_source(error)
}
