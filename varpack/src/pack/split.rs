//! A dictionary whose arrays are split off: what its pickle and its manifest entry say.

use super::content::{Kind, Variable};
use super::manifest::Entry;
use crate::Result;
use crate::pickle::Writer;
use std::collections::BTreeMap;

/// The arrays of one variable that have files of their own.
#[derive(Default)]
pub(super) struct Split {
    /// By item of the dictionary; `None` for one that stays in the pickle.
    pub(super) files: Vec<Option<String>>,
    pub(super) logical_dtypes: BTreeMap<String, String>,
}

impl Split {
    /// Writes the variable into a pickle, with placeholders for the arrays that are split off. Gives
    /// whether Python sees a dictionary.
    pub(super) fn encode(&self, variable: &Variable<'_>, writer: &mut Writer) -> Result<bool> {
        let Kind::Dict(items) = &variable.content.0 else {
            variable.content.pickle(writer)?;
            return Ok(writer.last_is_dict());
        };
        writer.begin_dict()?;
        for ((key, content), file) in items.iter().zip(&self.files) {
            key.pickle(writer)?;
            match file {
                Some(file) => writer.placeholder(file)?,
                None => content.pickle(writer)?,
            }
        }
        writer.end_dict()?;
        Ok(true)
    }

    pub(super) fn entry(self, is_dict: bool, file: String, size: u64) -> Entry {
        let mut entry = Entry::pickled(file, size);
        if is_dict {
            let files: Vec<_> = self.files.into_iter().flatten().collect();
            entry.uses_placeholders = Some(!files.is_empty());
            entry.files = (!files.is_empty()).then_some(files);
            entry.logical_dtypes = self.logical_dtypes;
        }
        entry
    }
}
