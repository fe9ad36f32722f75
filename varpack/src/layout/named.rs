//! Which files of a folder its `varpack.json` answers for: no other is ever moved or removed.

use super::manifest::Manifest;
use super::name::hash_file_owners;
use super::own::SHARED_PICKLE;
use crate::Result;
use crate::budget::Budget;
use std::collections::HashSet;

/// The files that a manifest names.
#[derive(Debug, Default)]
pub(crate) struct NamedFiles {
    files: HashSet<String>,
    /// Variables with no list of their files. If they are maps that the Python program wrote, only
    /// their pickles name their arrays; these are called `<variable><hash>.npy`, the hash signed.
    unlisted: HashSet<String>,
}

impl NamedFiles {
    /// Reads the file names out of a manifest.
    ///
    /// # Errors
    /// `Manifest` if it is none, `Name` if a file is none of the folder's, `Limit` if it takes more than what
    /// is left.
    pub(crate) fn parse(manifest: &[u8], budget: &Budget) -> Result<Self> {
        let mut named = Self::default();
        // Part of every folder, even where no variable is in it.
        named.files.insert(SHARED_PICKLE.to_owned());
        for (name, entry) in Manifest::parse(manifest, budget)? {
            named.files.insert(entry.filename);
            match entry.files {
                Some(files) => named.files.extend(files),
                None => drop(named.unlisted.insert(name)),
            }
        }
        Ok(named)
    }

    /// Whether the manifest names this file.
    pub(crate) fn names(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// Whether the manifest names this file, or it can be an array of one of its maps.
    pub(crate) fn may_own(&self, file: &str) -> bool {
        self.names(file) || hash_file_owners(file).any(|variable| self.unlisted.contains(variable))
    }
}
