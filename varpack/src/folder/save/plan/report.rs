//! What a save does with each variable, for its caller.

use super::Plan;
use crate::Result;
use crate::folder::content::item_path;
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
        self.report_removed(manifest, removed, &mut report)?;
        Ok(report)
    }

    /// Variables that the folder has no more, and arrays that their maps have no more. What stays, and left a file for
    /// another, is told by that one.
    fn report_removed(
        &self,
        manifest: &Manifest,
        removed: &[(String, Stat)],
        report: &mut SaveReport,
    ) -> Result<()> {
        let removed: HashMap<_, _> = removed.iter().map(|(file, it)| (file.as_str(), it)).collect();
        for (name, entry) in self.existing.entries() {
            let gone = |variable: &str| SaveEntry::of(variable, entry, SaveAction::Removed);
            if manifest.get(name).is_none() {
                let file = removed.get(entry.filename.as_str());
                if file.is_some() || entry.filename == SHARED_PICKLE {
                    let bytes = file.map(|stat| stat.identity.size);
                    let gone = gone(name);
                    report.push(SaveEntry { bytes: bytes.unwrap_or(gone.bytes), ..gone });
                }
            }
            let beside = self.existing.arrays_beside(name).filter_map(|file| {
                let stat = removed.get(file.as_str())?;
                (!self.refiled.contains(file)).then_some((file, stat))
            });
            let mut beside = beside.peekable();
            if beside.peek().is_none() {
                continue;
            }
            let items = self.existing.placeholders(name, &mut self.pickles.nodes.borrow_mut())?;
            let keys: HashMap<_, _> = items.iter().map(|(key, file)| (file, key)).collect();
            for (file, stat) in beside {
                // A list of files may name more than the pickle has.
                let variable = keys.get(file).map(|key| item_path(name, key));
                let gone = gone(variable.as_deref().unwrap_or(name));
                let (filename, bytes) = (file.clone(), stat.identity.size);
                report.push(SaveEntry { filename, bytes, ..gone });
            }
        }
        Ok(())
    }

    /// What a value is that was pickled last, from `start` on: what else it may refer to is not looked at.
    pub(super) fn note_summary(&mut self, variable: &str, writer: &Writer, start: usize) {
        if !self.is_reported {
            return;
        }
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
