//! The end of a plan: the shared pickle closed, what is new told from what is the same, the manifest.

use super::Plan;
use crate::Result;
use crate::folder::report::SaveReport;
use crate::folder::save::planned::{Planned, PlannedPickle};
use crate::layout::manifest::Manifest;
use crate::layout::name;
use crate::layout::own::SHARED_PICKLE;
use crate::os::Stat;
use crate::os::dir::answered;
use std::collections::{HashMap, HashSet};

impl<'a> Plan<'a, '_> {
    /// What is to be written and removed.
    pub(crate) fn finish(mut self) -> Result<Planned<'a>> {
        self.finish_shared_pickle()?;
        let (pickles, same_pickles) = self.new_pickles()?;
        let built = self.manifest();
        let removed = self.removed(&built)?;
        let is_same = self.existing.manifest == Some(&built)
            && self.arrays.is_empty()
            && pickles.is_empty()
            && removed.is_empty();
        let manifest = if is_same { None } else { Some(built.to_text()?) };
        let report = match self.is_reported {
            true => self.report(&built, &pickles, &removed)?,
            false => SaveReport::default(),
        };
        let agreed_files = self.agreed_files()?;
        let agreed_arrays = self.agreed_arrays()?;
        let Self { arrays, written, agreed, leaves_changes, taken_out, pickles: made, .. } = self;
        let taken_out = taken_out.into_iter().collect();
        let parted = made.parted.into_keys().collect();
        let mut planned = Planned {
            pickles,
            same_pickles,
            arrays,
            manifest,
            removed,
            written,
            agreed: agreed.variables,
            agreed_files,
            agreed_arrays,
            taken_out,
            parted,
            leaves_changes,
            report,
        };
        if planned.manifest.is_some() {
            let bytes = planned.lens().fold(0, u64::saturating_add);
            planned.report.note_written(bytes);
        }
        Ok(planned)
    }

    /// Closes the shared pickle, the kept variables in it carried over. Where none is new in it and
    /// none leaves it, it stays as it is: it may hold what cannot be carried over, a cycle say.
    fn finish_shared_pickle(&mut self) -> Result<()> {
        let all_stay = self
            .existing
            .entries()
            .all(|(name, entry)| entry.filename != SHARED_PICKLE || self.kept.contains(name));
        if all_stay && !self.pickles.has_new && self.existing.has_shared_pickle() {
            return Ok(());
        }
        self.carry_over(None)?;
        self.check_free(SHARED_PICKLE, None)?;
        let mut shared = std::mem::take(&mut self.pickles.shared);
        shared.end_dict()?;
        self.pickles.own.push((SHARED_PICKLE.to_owned(), shared.finish()?));
        Ok(())
    }

    /// The pickles whose bytes the folder lacks, and those that it has.
    fn new_pickles(&mut self) -> Result<(Vec<PlannedPickle>, Vec<PlannedPickle>)> {
        let (mut new, mut same) = (Vec::new(), Vec::new());
        for (file, bytes) in std::mem::take(&mut self.pickles.own) {
            let replaces = self.stat(&file)?;
            let is_same = self.existing.holds(&file, replaces.as_ref(), &bytes)?;
            let pickles = if is_same { &mut same } else { &mut new };
            pickles.push(PlannedPickle { file, bytes, replaces });
        }
        Ok((new, same))
    }

    fn manifest(&self) -> Manifest {
        let mut manifest = Manifest::default();
        let by_name: HashMap<_, _> =
            self.entries.iter().map(|(name, entry)| (name.as_str(), entry)).collect();
        for (name, old) in self.existing.entries() {
            if self.kept.contains(name) {
                manifest.insert(name, self.pickles.parted.get(name).unwrap_or(old).clone());
            } else if let Some(&entry) = by_name.get(name) {
                manifest.insert(name, entry.clone().or_same(old));
            }
        }
        for (name, entry) in &self.entries {
            if manifest.get(name).is_none() {
                manifest.insert(name, entry.clone());
            }
        }
        manifest
    }

    /// The files that the variables which stay have placeholders for: theirs, whatever the manifest says. Of those in
    /// pickles of their own it is taken by its word, unless `everywhere`.
    fn named_by_the_kept(&self, everywhere: bool) -> Result<HashSet<String>> {
        let mut named = HashSet::new();
        for name in &self.kept {
            let nodes = &mut self.pickles.nodes.borrow_mut();
            let entry = self.existing.entry(name);
            let is_shared = entry.is_some_and(|entry| entry.filename == SHARED_PICKLE);
            let files = match is_shared || everywhere {
                true => self.existing.placeholders_found(name, nodes),
                false => self.existing.placeholders(name, nodes),
            };
            // What is in one that is none nobody loads.
            named.extend(answered(files)?.unwrap_or_default().into_values());
        }
        Ok(named)
    }

    /// The files that the folder's manifest answers for and the new one does not name.
    fn removed(&self, manifest: &Manifest) -> Result<Vec<(String, Stat)>> {
        let used: HashSet<&str> = manifest
            .iter()
            .flat_map(|(name, entry)| {
                let kept = self.kept.contains(name).then(|| self.existing.files(name));
                let files = entry.files.iter().flatten().chain([&entry.filename]);
                files.chain(kept.into_iter().flatten()).map(String::as_str)
            })
            .collect();
        let (mut removed, mut all_by_name) = (Vec::new(), true);
        for (name, entry) in self.existing.entries() {
            for file in self.existing.files(name) {
                if !used.contains(file.as_str())
                    && entry.may_own(name, file)
                    && let Some(stat) = self.stat(file)?
                {
                    if !self.options.prune && !self.is_said(name) {
                        self.check_edited_beside(file).map_err(|error| {
                            error.with_variable(name).with_path(self.path.join(file))
                        })?;
                    }
                    all_by_name &= name::is_named_after(name, file);
                    removed.push((file.clone(), stat));
                }
            }
        }
        if !removed.is_empty() {
            let named = self.named_by_the_kept(!all_by_name)?;
            removed.retain(|(file, _)| !named.contains(file));
        }
        removed.sort_by(|(left, _), (right, _)| left.cmp(right));
        removed.dedup_by(|(left, _), (right, _)| left == right);
        Ok(removed)
    }
}
