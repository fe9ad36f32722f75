//! How far a save or a load is: what the caller's callback is told, and what its answer does.

use super::reentry::{Calling, Function};
use crate::os::dir::DirId;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// How far a save or a load is, in files and in the bytes of their whole contents.
///
/// A file that is mapped counts as a whole once it is mapped.
///
/// The totals of a load are first what `varpack.json` announces; they change as files are found to be
/// larger or smaller, or more (the arrays of a map), and at the end go down to what was done: not every
/// variable may be asked for. What is done only grows, unless the folder is saved to during the load
/// and that starts over. See [`SaveOptions::progress`](crate::SaveOptions::progress) for an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes written, read or mapped.
    pub bytes_done: u64,
    /// Bytes that there are, as far as they are known: more come to light as a load goes on.
    pub bytes_total: u64,
    /// Files that are done with.
    pub files_done: u64,
    /// Files that there are, as far as they are known.
    pub files_total: u64,
}

/// A caller's function, for any thread to call.
#[derive(Clone)]
pub(crate) struct Callback(Arc<Mutex<dyn FnMut(Progress) -> ControlFlow<()> + Send>>);

impl Callback {
    pub(crate) fn new(callback: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(callback)))
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// Counts one save or one load, from any thread, and tells the caller. Without a callback it does nothing.
#[derive(Debug)]
pub(crate) struct ProgressMeter {
    callback: Option<Callback>,
    /// The folder that is loaded or saved.
    dir: DirId,
    progress: Mutex<Progress>,
    is_cancelled: AtomicBool,
}

impl ProgressMeter {
    pub(crate) fn new(callback: Option<&Callback>, dir: DirId) -> Self {
        let (callback, is_cancelled) = (callback.cloned(), AtomicBool::new(false));
        Self { callback, dir, progress: Mutex::default(), is_cancelled }
    }

    /// Tells nobody.
    pub(crate) fn unwatched() -> Self {
        Self::new(None, DirId::default())
    }

    /// Whether anyone is told.
    pub(crate) fn is_watched(&self) -> bool {
        self.callback.is_some()
    }

    /// So many more files and bytes are to be done.
    pub(crate) fn expect(&self, files: u64, bytes: u64) {
        if self.callback.is_some() {
            let mut progress = lock(&self.progress);
            progress.files_total = progress.files_total.saturating_add(files);
            progress.bytes_total = progress.bytes_total.saturating_add(bytes);
        }
    }

    /// So many files and bytes that were expected will not be done.
    pub(crate) fn retract(&self, files: u64, bytes: u64) {
        let mut progress = lock(&self.progress);
        progress.files_total = progress.files_total.saturating_sub(files);
        progress.bytes_total = progress.bytes_total.saturating_sub(bytes);
    }

    /// So many more files and bytes are done.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] if the callback says so, or has said so before: it is not asked again.
    pub(crate) fn advance(&self, files: u64, bytes: u64) -> Result<()> {
        let Some(Callback(callback)) = &self.callback else { return Ok(()) };
        // Taken first, so that the caller sees the numbers in order.
        let mut callback = lock(callback);
        let progress = {
            let mut progress = lock(&self.progress);
            progress.files_done = progress.files_done.saturating_add(files);
            progress.bytes_done = progress.bytes_done.saturating_add(bytes);
            *progress
        };
        // Only read and written under the callback's lock. Cancelled until it has answered: one that panics
        // ends the work of other threads too.
        let _calling = Calling::begin(self.dir, Function::Progress);
        if self.is_cancelled.swap(true, Ordering::Relaxed) || callback(progress).is_break() {
            return Err(Error::msg(ErrorKind::Cancelled, "cancelled by the progress callback"));
        }
        self.is_cancelled.store(false, Ordering::Relaxed);
        Ok(())
    }
}
