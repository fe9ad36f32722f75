//! What others have made of the folder since, and what is here too: it stays, and counts as seen.

use super::Plan;
use crate::Result;
use crate::array::ArraySource;
use crate::folder::content::{Content, ContentKind};
use crate::folder::save::planned::{Agreed, AgreedArray};
use crate::os::dir::Identity;

#[derive(Default)]
pub(super) struct Agreement<'a> {
    /// Variables of which the folder has by now just what is here.
    pub(super) variables: Vec<Agreed>,
    /// Files of arrays of which that is so.
    pub(super) files: Vec<String>,
    /// Those arrays, their files, and what errors call them.
    arrays: Vec<(String, String, &'a dyn ArraySource)>,
}

impl<'a> Agreement<'a> {
    /// Notes a file that has what is here.
    pub(super) fn note_file(&mut self, file: String, path: String, content: &Content<'a>) {
        if let ContentKind::Array(array) = content.0 {
            self.arrays.push((path, file.clone(), array));
        }
        self.files.push(file);
    }
}

impl<'a> Plan<'a, '_> {
    /// The files that others have made what is here, as they stand.
    pub(super) fn agreed_files(&self) -> Result<Vec<(String, Identity)>> {
        let mut files = Vec::with_capacity(self.agreed.files.len());
        for file in &self.agreed.files {
            if let Some(stat) = self.stat(file)? {
                files.push((file.clone(), stat.identity));
            }
        }
        Ok(files)
    }

    /// The arrays that are in files of others by now.
    pub(super) fn agreed_arrays(&self) -> Result<Vec<AgreedArray<'a>>> {
        let mut arrays = Vec::with_capacity(self.agreed.arrays.len());
        for (variable, file, array) in &self.agreed.arrays {
            if let Some(stat) = self.stat(file)? {
                let (variable, file) = (variable.clone(), file.clone());
                let offset = array.header()?.encode()?.len();
                let identity = stat.identity;
                arrays.push(AgreedArray { variable, file, array: *array, identity, offset });
            }
        }
        Ok(arrays)
    }
}
