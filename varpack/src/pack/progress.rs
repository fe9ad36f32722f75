//! How far a save or a load is: what the caller's callback is told, and what its answer does.

use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// How far a save or a load is, in files and in the bytes of their whole contents.
///
/// A file that is mapped counts as a whole once it is mapped. See
/// [`SaveOptions::progress`](crate::SaveOptions::progress) for an example.
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
pub(crate) struct Meter {
    callback: Option<Callback>,
    progress: Mutex<Progress>,
}

impl Meter {
    pub(crate) fn new(callback: Option<&Callback>) -> Self {
        Self { callback: callback.cloned(), progress: Mutex::default() }
    }

    /// So many more files and bytes are to be done.
    pub(crate) fn expect(&self, files: u64, bytes: u64) {
        if self.callback.is_some() {
            let mut progress = lock(&self.progress);
            progress.files_total += files;
            progress.bytes_total += bytes;
        }
    }

    /// So many more files and bytes are done.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] if the callback says so.
    pub(crate) fn advance(&self, files: u64, bytes: u64) -> Result<()> {
        let Some(Callback(callback)) = &self.callback else { return Ok(()) };
        // Taken first, so that the caller sees the numbers in order.
        let mut callback = lock(callback);
        let progress = {
            let mut progress = lock(&self.progress);
            progress.files_done += files;
            progress.bytes_done += bytes;
            *progress
        };
        match callback(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                Err(Error::msg(ErrorKind::Cancelled, "cancelled by the progress callback"))
            }
        }
    }
}
