//! How far a load trusts a folder: what it reads of it at most, and whether links lead out of it.

use super::manifest::MANIFEST_CAP;
use super::os;
use crate::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};

/// Whether a file of the folder may be a symbolic link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Links {
    #[default]
    Refuse,
    /// One to a regular file, wherever that is.
    Follow,
}

/// See the file's first line. Sizes are in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trust {
    pub(crate) links: Links,
    pub(crate) max_manifest_size: u64,
    pub(crate) max_pickle_size: u64,
    /// `None`: what the machine has.
    pub(crate) max_in_memory: Option<u64>,
}

impl Default for Trust {
    fn default() -> Self {
        Self {
            links: Links::default(),
            max_manifest_size: MANIFEST_CAP,
            max_pickle_size: u64::MAX,
            max_in_memory: None,
        }
    }
}

impl Trust {
    /// # Errors
    /// [`ErrorKind::Limit`] if a manifest of so many bytes is not read.
    pub(crate) fn check_manifest(&self, size: u64) -> Result<()> {
        within("max_manifest_size", self.max_manifest_size, size)
    }

    /// # Errors
    /// [`ErrorKind::Limit`] if a pickle of so many bytes is not read.
    pub(crate) fn check_pickle(&self, size: u64) -> Result<()> {
        within("max_pickle_size", self.max_pickle_size, size)
    }
}

fn within(option: &str, limit: u64, size: u64) -> Result<()> {
    if size > limit { Err(over(option, limit, size.to_string())) } else { Ok(()) }
}

/// What one load may still read into memory, in bytes.
#[derive(Debug)]
pub(crate) struct Budget {
    total: u64,
    left: AtomicU64,
}

impl Budget {
    pub(crate) fn new(trust: &Trust) -> Self {
        let total = trust.max_in_memory.unwrap_or_else(os::memory_size);
        Self { total, left: AtomicU64::new(total) }
    }

    /// For what comes from this process itself.
    pub(crate) fn unlimited() -> Self {
        Self { total: u64::MAX, left: AtomicU64::new(u64::MAX) }
    }

    /// Counts bytes that are about to be read, or to be allocated for what was.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if they are more than what is left.
    pub(crate) fn take(&self, bytes: u64) -> Result<()> {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.map(drop).map_err(|left| {
            let before = self.total.saturating_sub(left);
            let after = if before > 0 { format!(" after {before}") } else { String::new() };
            over("max_in_memory", self.total, format!("{bytes}{after}"))
        })
    }
}

/// The error for a file over one of the limits.
fn over(option: &str, limit: u64, found: impl Into<String>) -> Error {
    Error::msg(ErrorKind::Limit, format!("the load may not read so much (`LoadOptions::{option}`)"))
        .with_expected(format!("at most {limit} bytes"))
        .with_found(found)
}
