//! The lock file of a folder: which bytes of it mean what, and holding them.
//!
//! The locks belong to the open file description (`F_OFD_SETLK`, fcntl(2)): they are converted
//! atomically, a refused conversion keeps what was held, and they conflict inside one process too.
//! Holders that share one description (a load, its arrays, a save of them) are kept apart here.

mod opening;

use super::busy::busy;
use crate::layout::own::LOCK_FILE;
use opening::open_or_make;

use super::commit_folder::holds_state;
use super::owners::owned;
use crate::os::dir::Dir;
use crate::os::{File, Lock};
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How often to begin anew when the lock file is replaced underfoot. Each time someone else has made progress.
const TRIES: usize = 16;

/// How long to wait for a commit that is being moved into place. It always ends soon, unless its
/// process was stopped.
pub(crate) const COMMIT_WAIT: Duration = Duration::from_secs(60);

/// How long to ask for the lock on a data file before someone counts as in the way: a program that this process, or another,
/// is about to start has copies of its descriptors for a moment.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

/// What a byte of the lock file stands for; the value is its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Byte {
    /// Exclusive for the time of a save: one at a time.
    Writer = 0,
    /// Shared while a load looks at how the folder stands; exclusive from the commit point until all files
    /// are in place.
    Commit = 1,
    /// Shared while something is loaded or saved; exclusive while an array has in-place edits.
    Use = 2,
    /// Exclusive for the moment of an upgrade of `Use`: of two that wait for each other one gives up.
    Intent = 3,
    /// Held by a save that waits for `Commit`; passed through by each load. Without it, loads that
    /// overlap would keep a save waiting for ever.
    Turnstile = 4,
    /// Shared by a load that a save has made start over, until it is done; exclusive with `Commit`. A save
    /// waits for it before it stands in anyone's way.
    Reading = 5,
}

/// How many there are: one more than the last.
const BYTES: usize = Byte::Reading as usize + 1;

#[derive(Clone, Copy, Debug)]
enum HeldLock {
    Free,
    Shared(usize),
    Exclusive,
}

/// An open lock file, with what is held of it.
#[derive(Debug)]
pub(crate) struct LockFile {
    file: File,
    path: PathBuf,
    /// Whether it was made by this very open.
    is_new: bool,
    /// Exclusive locks need a descriptor open for writing; why this one is not.
    unwritable: Option<String>,
    /// A forked child shares the description: were it to unlock, its parent would lose the lock.
    pid: u32,
    held: Mutex<[HeldLock; BYTES]>,
}

/// What came of asking for a byte of a folder's lock file.
pub(crate) enum LockAttempt {
    Held(Guard),
    /// Someone else had it until the wait was over.
    Busy,
    /// There is no lock to be had, and why.
    Unlocked(String),
}

/// Takes a byte of the lock file that the folder has; of another if that was taken away meanwhile.
///
/// # Errors
/// [`ErrorKind::Busy`] if that happens again and again. A lock file that was made for nothing is taken back.
pub(crate) fn hold(dir: &Dir, byte: Byte, lock: Lock, wait: Duration) -> Result<LockAttempt> {
    for _ in 0..TRIES {
        let file = match LockFile::open(dir)? {
            Ok(file) => Arc::new(file),
            Err(reason) => return Ok(LockAttempt::Unlocked(reason)),
        };
        if let Some(reason) = file.unwritable().filter(|_| lock == Lock::Exclusive) {
            return Ok(LockAttempt::Unlocked(reason.to_owned()));
        }
        let held = match file.acquire(byte, lock, wait) {
            Ok(Some(guard)) => file.is_current(dir).map(|is_current| is_current.then_some(guard)),
            // Its maker may have it for the moment of making it anew.
            Ok(None) if matches!(file.is_current(dir), Ok(false)) => Ok(None),
            Ok(None) => return Ok(LockAttempt::Busy),
            // The file system or kernel has no such locks.
            Err(error) if error.os_kind() == Some(io::ErrorKind::Unsupported) => {
                file.take_back(dir); // it is of no use
                return Ok(LockAttempt::Unlocked(error.to_string()));
            }
            Err(error) => Err(error),
        };
        match held {
            Ok(Some(guard)) => return Ok(LockAttempt::Held(guard)),
            Ok(None) => {}
            Err(error) => {
                file.try_take_back(dir);
                return Err(error);
            }
        }
    }
    Err(busy(dir.path(), "its lock file is being replaced again and again"))
}

impl LockFile {
    /// Opens the lock file, made if it can be. `Err` inside is why there can be no lock: it may not be opened,
    /// or what stands in its place is no file, or is kept from being opened. Whoever may add to the folder can
    /// see to that, and must not keep others from loading by it.
    pub(crate) fn open(dir: &Dir) -> Result<Result<Self, String>> {
        let (file, unwritable) = match open_or_make(dir) {
            Err(error) if is_refused(&error) => {
                let found = dir.stat(LOCK_FILE).ok().flatten();
                let found = found.map(|found| format!("; it is {}", owned(&found)));
                let reason = format!("{error}{}", found.unwrap_or_default());
                // Where only others may write, a shared lock still keeps their in-place edits away.
                match dir.open_file(LOCK_FILE) {
                    Err(second) if second.kind() == ErrorKind::NotFound || is_refused(&second) => {
                        return Ok(Err(reason));
                    }
                    other => ((other?, false), Some(reason)),
                }
            }
            other => (other?, None),
        };
        let (file, is_new) = file;
        Ok(Ok(Self {
            file,
            path: dir.file_path(LOCK_FILE),
            is_new,
            unwritable,
            pid: std::process::id(),
            held: Mutex::new([HeldLock::Free; BYTES]),
        }))
    }

    /// Whether the folder's lock file is still this one. To be asked after locking.
    pub(crate) fn is_current(&self, dir: &Dir) -> Result<bool> {
        let here =
            self.file.stat().map_err(|error| Error::io("cannot examine", &self.path, error))?;
        Ok(dir.identity(LOCK_FILE)?.is_some_and(|there| there.is_same_file(&here.identity)))
    }

    /// Removes the lock file again, if this has made it and the folder has not become one of ours: the save
    /// that it was made for has failed. Who waits for the writer byte notices, and looks again.
    ///
    /// The caller holds the writer byte, by a guard of this lock file.
    pub(crate) fn take_back(&self, dir: &Dir) {
        let removed = (|| {
            let is_ours = self.is_new && self.is_ours() && self.is_current(dir)?;
            if is_ours && !holds_state(dir)? {
                dir.remove_file(LOCK_FILE)?;
            }
            Ok::<_, Error>(())
        })();
        if let Err(error) = removed {
            log::warn!("left behind: {error}");
        }
    }

    /// The same for whoever does not hold the writer byte. Another that does will see to it.
    pub(crate) fn try_take_back(self: &Arc<Self>, dir: &Dir) {
        if self.is_new
            && let Ok(Some(_writer)) = self.try_acquire(Byte::Writer, Lock::Exclusive)
        {
            self.take_back(dir);
        }
    }

    /// Why exclusive locks are not possible: the lock file could not be opened for writing.
    pub(crate) fn unwritable(&self) -> Option<&str> {
        self.unwritable.as_deref()
    }

    /// Whether this is the process that opened it, and not a forked child.
    pub(crate) fn is_ours(&self) -> bool {
        self.pid == std::process::id()
    }

    /// Takes a byte if nobody is in the way.
    pub(crate) fn try_acquire(self: &Arc<Self>, byte: Byte, lock: Lock) -> Result<Option<Guard>> {
        self.check_usable(lock)?;
        let mut held = self.held();
        let slot = &mut held[byte as usize];
        let next = match (*slot, lock) {
            (HeldLock::Shared(count), Lock::Shared) => HeldLock::Shared(count.saturating_add(1)),
            (HeldLock::Free, Lock::Shared) if self.convert(byte, lock)? => HeldLock::Shared(1),
            (HeldLock::Free, Lock::Exclusive) if self.convert(byte, lock)? => HeldLock::Exclusive,
            _ => return Ok(None),
        };
        *slot = next;
        Ok(Some(Guard { lock: Arc::clone(self), byte }))
    }

    /// Takes a byte, asking again until `wait` is over.
    pub(crate) fn acquire(
        self: &Arc<Self>,
        byte: Byte,
        lock: Lock,
        wait: Duration,
    ) -> Result<Option<Guard>> {
        poll(wait, || self.try_acquire(byte, lock))
    }

    /// Upgrades the *use* byte, held shared through `Folder`, to exclusive. Never waits.
    pub(crate) fn try_upgrade_use(self: &Arc<Self>) -> Result<bool> {
        let Some(_intent) = self.try_acquire(Byte::Intent, Lock::Exclusive)? else {
            return Ok(false);
        };
        self.convert(Byte::Use, Lock::Exclusive)
    }

    /// Gives the exclusive *use* byte back to shared.
    pub(crate) fn downgrade_use(&self) -> Result<()> {
        if self.is_ours() {
            self.convert(Byte::Use, Lock::Shared)?;
        }
        Ok(())
    }

    pub(super) fn check_usable(&self, lock: Lock) -> Result<()> {
        if !self.is_ours() {
            return Err(Error::msg(
                ErrorKind::Usage,
                "loaded before a fork, and the lock is the parent's: load the folder again in the child",
            )
            .with_path(&self.path));
        }
        if lock == Lock::Exclusive
            && let Some(reason) = &self.unwritable
        {
            let message = format!("cannot be locked for writing: {reason}");
            return Err(Error::msg(ErrorKind::ReadOnly, message).with_path(&self.path));
        }
        Ok(())
    }

    fn convert(&self, byte: Byte, lock: Lock) -> Result<bool> {
        self.file
            .lock(byte as i32, lock)
            .map_err(|error| Error::io("cannot lock", &self.path, error))
    }

    fn held(&self) -> MutexGuard<'_, [HeldLock; BYTES]> {
        lock(&self.held)
    }
}

/// Whether the lock file is closed to this user, or none and cannot be made: a lease of its owner keeps it from being
/// opened too, and a full disk from being made.
fn is_refused(error: &Error) -> bool {
    let is_closed = matches!(
        error.os_kind(),
        Some(
            io::ErrorKind::PermissionDenied
                | io::ErrorKind::ReadOnlyFilesystem
                | io::ErrorKind::WouldBlock
                | io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
        )
    );
    error.kind() == ErrorKind::FileType || is_closed
}

/// A held byte; given back when dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    lock: Arc<LockFile>,
    byte: Byte,
}

impl Guard {
    /// The lock file that it is a byte of.
    pub(crate) fn lock_file(&self) -> &Arc<LockFile> {
        &self.lock
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = self.lock.held();
        let slot = &mut held[self.byte as usize];
        *slot = match *slot {
            HeldLock::Shared(count) if count > 1 => HeldLock::Shared(count - 1),
            _ => HeldLock::Free,
        };
        // Closing alone would do, but a descriptor inherited by a process being spawned would keep
        // the lock for that moment. In a forked child an unlock would take it from the parent.
        if matches!(slot, HeldLock::Free)
            && self.lock.is_ours()
            && let Err(error) = self.lock.convert(self.byte, Lock::Unlocked)
        {
            log::warn!("{error}");
        }
    }
}

/// Asks until there is an answer or the time is over, at first often, then every 5 ms.
pub(crate) fn poll<T, E>(
    wait: Duration,
    mut ask: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(100);
    loop {
        if let Some(answer) = ask()? {
            return Ok(Some(answer));
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests;
