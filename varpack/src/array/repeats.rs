//! Files that several variables name. Each is read again for each of them, so a small folder could ask for any
//! amount of memory and time.

use crate::os::dir::Identity;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::sync::Mutex;

/// Bytes that may be read again whatever the files' sizes.
const SPARE: u64 = 64 << 20;

/// How often the bytes of all files may be read again.
const FACTOR: u64 = 16;

/// What a byte of a pickle counts as: objects take several times their pickle.
const PICKLED: u64 = 8;

/// What is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadKind {
    Elements,
    Pickle,
}

/// The files that one load has read.
#[derive(Debug)]
pub(crate) struct Repeats {
    /// Whether the caller's own limit counts instead.
    is_limited: bool,
    read: Mutex<ReadFiles>,
}

#[derive(Debug, Default)]
struct ReadFiles {
    /// By device and inode.
    files: HashSet<(u64, u64)>,
    /// Bytes of each file, once.
    once: u64,
    /// Bytes that were read again.
    again: u64,
}

impl Repeats {
    pub(crate) fn new(is_limited: bool) -> Self {
        Self { is_limited, read: Mutex::default() }
    }

    /// Notes that a file is read; gives whether it was read before.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if so much is read again that it is out of proportion to the folder.
    pub(crate) fn note(&self, file: &Identity, kind: ReadKind) -> Result<bool> {
        let ReadFiles { files, once, again } = &mut *lock(&self.read);
        if files.insert((file.dev, file.ino)) {
            *once = once.saturating_add(file.size);
            return Ok(false);
        }
        let size = match kind {
            ReadKind::Elements => file.size,
            ReadKind::Pickle => file.size.saturating_mul(PICKLED),
        };
        *again = again.saturating_add(size);
        let most = once.saturating_mul(FACTOR).saturating_add(SPARE);
        if *again > most && !self.is_limited {
            let message = "too many variables are in the same files, which are read again for each: set \
                           `LoadOptions::max_in_memory`";
            return Err(Error::msg(ErrorKind::Limit, message)
                .with_expected(format!("at most {most} bytes that are read again")));
        }
        Ok(true)
    }
}
