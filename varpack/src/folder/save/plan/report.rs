//! What a save does with each variable, for its caller.

use super::Plan;
use crate::Result;
use crate::folder::report::{SaveAction, SaveEntry, SaveReport, summary};
use crate::folder::save::planned::PlannedPickle;
use crate::layout::manifest::Manifest;
use crate::layout::own::SHARED_PICKLE;
use crate::os::Stat;
use crate::pickle::{Document, Writer};
use std::collections::{HashMap, HashSet};

/// Bytes of the longest scalar that is read again to say what it is.
const SHORT: usize = 256;

impl Plan<'_, '_> {
    /// `pickles`: those that are written; `removed`: the files that go.
    pub(super) fn report(
        &self,
        manifest: &Manifest,
        pickles: &[PlannedPickle],
        removed: &[(String, Stat)],
    ) -> Result<SaveReport> {
        let mut report = SaveReport::default();
        let arrays: HashMap<_, _> = self.arrays.iter().map(|it| (it.file.as_str(), it)).collect();
        let pickles: HashSet<_> = pickles.iter().map(|pickle| pickle.file.as_str()).collect();
        let written = |file: &str, mut entry: SaveEntry| {
            if let Some(array) = arrays.get(file) {
                entry = entry.with_array(&array.array.header()?, array.len);
            }
            Ok(entry)
        };
        for (name, entry) in manifest.iter() {
            let file = entry.filename.as_str();
            let is_new = arrays.contains_key(file) || pickles.contains(file);
            let action = match is_new && !self.kept.contains(name) {
                true => SaveAction::Written,
                false => SaveAction::Kept,
            };
            let of = |action| SaveEntry::of(name, entry, action);
            let value = self.pickles.summaries.get(name).cloned();
            report.push(SaveEntry { value, ..written(file, of(action))? });
            for file in entry.files.iter().flatten() {
                if let Some(array) = arrays.get(file.as_str()) {
                    let (variable, filename) = (array.variable.clone(), file.clone());
                    let entry = SaveEntry { variable, filename, ..of(SaveAction::Written) };
                    report.push(written(file, entry)?);
                }
            }
        }
        self.report_removed(manifest, removed, &mut report);
        Ok(report)
    }

    fn report_removed(
        &self,
        manifest: &Manifest,
        removed: &[(String, Stat)],
        report: &mut SaveReport,
    ) {
        let removed: HashMap<_, _> = removed.iter().map(|(file, it)| (file.as_str(), it)).collect();
        for (name, entry) in self.existing.entries() {
            let is_gone = manifest.get(name).is_none();
            if is_gone && entry.filename == SHARED_PICKLE {
                report.push(SaveEntry::of(name, entry, SaveAction::Removed));
            }
            for file in self.existing.files(name) {
                if let Some(stat) = removed.get(file.as_str()) {
                    let of = SaveEntry::of(name, entry, SaveAction::Removed);
                    let filename = file.clone();
                    report.push(SaveEntry { filename, bytes: stat.identity.size, ..of });
                }
            }
        }
    }

    /// What a value is that was pickled last, from `start` on: what else it may refer to is not looked at.
    pub(super) fn note_summary(&mut self, variable: &str, writer: &Writer, start: usize) {
        let scalar = || {
            let scalar = writer.scalar_since(start, SHORT)?;
            let document = Document::parse(&scalar).ok()?;
            // A tuple begins with what is in it.
            let is_whole = document.root().item_count().is_none();
            is_whole.then(|| summary(document.root()))
        };
        let value = scalar().or_else(|| writer.container_since(start).map(str::to_owned));
        if let Some(value) = value {
            self.pickles.summaries.insert(variable.to_owned(), value);
        }
    }
}
