//! A dictionary whose arrays are split off: what its pickle and its manifest entry say.

use super::baseline::key_fingerprints;
use super::content::{Kind, Variable};
use super::manifest::Entry;
use super::plan::{Piece, Their};
use crate::Result;
use crate::pickle::{Fingerprint, Writer};
use std::collections::{BTreeMap, HashSet};

/// The arrays of one variable that have files of their own.
#[derive(Default)]
pub(super) struct Split {
    /// By item of the dictionary; `None` for one that stays in the pickle.
    pub(super) files: Vec<Option<String>>,
    pub(super) logical_dtypes: BTreeMap<String, String>,
    /// Of a dictionary that two have changed, what it is made of.
    pieces: Option<Vec<Piece>>,
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
        let mine = |number: usize, writer: &mut Writer| {
            let Some((key, content)) = items.get(number) else { return Ok(()) };
            key.pickle(writer)?;
            match self.files.get(number).and_then(Option::as_ref) {
                Some(file) => writer.placeholder(file),
                None => content.pickle(writer),
            }
        };
        match &self.pieces {
            None => (0..items.len()).try_for_each(|number| mine(number, writer))?,
            Some(pieces) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Mine(number) => mine(*number, writer),
                Piece::Theirs(Their { values: (key, item), .. }) => {
                    writer.key(key)?;
                    writer.node(item)
                }
            })?,
        }
        writer.end_dict()?;
        Ok(true)
    }

    /// Makes a dictionary of one's own items and of those that the folder has; `entry`: what its manifest
    /// says of them.
    pub(super) fn merge(&mut self, pieces: Vec<Piece>, entry: Option<&Entry>) {
        for piece in &pieces {
            if let Piece::Theirs(Their { file: Some(file), .. }) = piece
                && let Some(logical) = entry.and_then(|entry| entry.logical_dtype(file))
            {
                self.logical_dtypes.insert(file.clone(), logical.to_owned());
            }
        }
        self.pieces = Some(pieces);
    }

    /// Of a merged dictionary, the keys of the items that are one's own.
    pub(super) fn own_keys(&self, variable: &Variable<'_>) -> Result<Option<HashSet<Fingerprint>>> {
        let (Some(pieces), Kind::Dict(items)) = (&self.pieces, &variable.content.0) else {
            return Ok(None);
        };
        let numbers = pieces.iter().filter_map(|piece| match piece {
            Piece::Mine(number) => items.get(*number),
            Piece::Theirs(_) => None,
        });
        let keys = key_fingerprints(numbers.map(|(key, _)| key))?;
        Ok(Some(keys.into_iter().collect()))
    }

    pub(super) fn entry(self, is_dict: bool, file: String, size: u64) -> Entry {
        let mut entry = Entry::pickled(file, size);
        if is_dict {
            let theirs = self.pieces.into_iter().flatten().filter_map(|piece| match piece {
                Piece::Mine(_) => None,
                Piece::Theirs(their) => their.file,
            });
            let files: Vec<_> = self.files.into_iter().flatten().chain(theirs).collect();
            entry.uses_placeholders = Some(!files.is_empty());
            entry.files = (!files.is_empty()).then_some(files);
            entry.logical_dtypes = self.logical_dtypes;
        }
        entry
    }
}
