//! A file that holds what a save is about to write: the system copies it, and where it can lets both
//! share their blocks.

use crate::os::dir::{Dir, Identity};
use crate::os::{Access, File};
use crate::{Error, Result};

/// A file as it was when an array was loaded from it or saved to it.
pub(crate) struct Original<'a> {
    pub(crate) dir: &'a Dir,
    pub(crate) name: String,
    pub(crate) identity: Identity,
}

impl Original<'_> {
    /// Opens it, if it still is what it was, of this length and with these bytes at its beginning.
    pub(crate) fn open(&self, begin: &[u8], len: u64) -> Option<File> {
        self.try_open(begin, len).unwrap_or_else(|error| {
            // The elements are there all the same: they are mapped.
            log::debug!("not copied: {error}");
            None
        })
    }

    fn try_open(&self, begin: &[u8], len: u64) -> Result<Option<File>> {
        if self.identity.size != len {
            return Ok(None);
        }
        let (file, stat) = self.dir.open_as(&self.name, Access::Read)?;
        if !self.identity.is_still(&stat.identity) {
            return Ok(None);
        }
        // A header may say the same in other words: then the file that is made would not be as we write it.
        let mut found = vec![0; begin.len()];
        file.read_exact_at(&mut found, 0)
            .map_err(|error| Error::io("cannot read", self.dir.file_path(&self.name), error))?;
        Ok((found == begin).then_some(file))
    }

    /// Whether it was left alone while it was copied.
    pub(crate) fn is_still(&self, file: &File) -> bool {
        file.stat().is_ok_and(|now| self.identity.is_still(&now.identity))
    }
}
