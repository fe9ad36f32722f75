//! How far a load trusts a folder: what it reads of it at most, and whether links lead out of it.

use crate::Result;
use crate::budget::Budget;
use crate::budget::over;
use crate::layout::manifest::MANIFEST_CAP;
use crate::os;

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
    /// [`Limit`](crate::ErrorKind::Limit) if a manifest of so many bytes is not read.
    pub(crate) fn check_manifest(&self, size: u64) -> Result<()> {
        within("LoadOptions::max_manifest_size", self.max_manifest_size, size)
    }

    /// # Errors
    /// [`Limit`](crate::ErrorKind::Limit) if a pickle of so many bytes is not read.
    pub(crate) fn check_pickle(&self, size: u64) -> Result<()> {
        within("LoadOptions::max_pickle_size", self.max_pickle_size, size)
    }

    /// What one load may take: the caller's limit, or what the machine has.
    pub(crate) fn budget(&self) -> Budget {
        const OPTION: &str = "LoadOptions::max_in_memory";
        match self.max_in_memory {
            Some(limit) => Budget::within(limit, OPTION),
            None => Budget::in_proportion(os::memory_size(), OPTION),
        }
    }
}

fn within(option: &'static str, limit: u64, size: u64) -> Result<()> {
    if size > limit { Err(over(option, limit, size.to_string())) } else { Ok(()) }
}
