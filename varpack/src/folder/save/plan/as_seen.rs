//! Whether the folder has what a load has seen.

use super::Plan;
use super::three_way::Verdict;
use crate::Result;
use crate::folder::baseline::{Part, SeenItem, Sight};
use crate::folder::content::{ContentKind, Variable};
use crate::folder::save::stale::older;
use crate::layout::own::SHARED_PICKLE;
use crate::pickle::internal::Fingerprint;
use std::collections::{HashMap, HashSet};

impl Plan<'_, '_> {
    /// Whether it has of a variable what the load that counts has seen; `was`: what it called it then, if it had it.
    pub(super) fn is_as_seen(&self, name: &str, was: Option<&str>) -> Result<bool> {
        self.base().map_or(Ok(true), |sight| self.is_as_seen_by(sight, name, was))
    }

    /// The same of the pickle under a name.
    pub(super) fn is_quiet(&self, file: &str) -> Result<bool> {
        self.base().map_or(Ok(true), |sight| self.is_quiet_by(sight, file))
    }

    /// The same of an array's file.
    pub(super) fn is_file_as_seen(&self, file: &str) -> Result<bool> {
        self.base().map_or(Ok(true), |sight| self.is_file_as_seen_by(sight, file))
    }

    /// Refuses what a struct with arrays of several loads would make of a variable that one of them has seen otherwise:
    /// nobody can tell which of them it is of.
    pub(super) fn check_loads_beside(
        &self,
        variable: &Variable<'_>,
        verdict: Verdict,
    ) -> Result<()> {
        if matches!(verdict, Verdict::Same | Verdict::Agree) {
            return Ok(());
        }
        let there = self.existing.first(variable.names());
        for load in self.beside {
            let is_as_seen = {
                let sight = load.sight();
                let was = variable.names().find(|name| sight.part(name).is_some());
                let name = there.or(was).unwrap_or(&variable.name);
                self.is_as_seen_by(&sight, name, was)?
            };
            // Values are the caller's own code: they are not asked under that lock.
            if !is_as_seen && !self.is_there(variable, there)? {
                return Err(older());
            }
        }
        Ok(())
    }

    /// Whether a field is just what the folder has.
    fn is_there(&self, variable: &Variable<'_>, there: Option<&str>) -> Result<bool> {
        match there {
            None => Ok(matches!(variable.content.0, ContentKind::Absent)),
            Some(there) => self.is_equal(there, &variable.content),
        }
    }

    /// Whether the folder has of a variable what it had at the load; `was`: what it called it then, if it had it.
    fn is_as_seen_by(&self, sight: &Sight, name: &str, was: Option<&str>) -> Result<bool> {
        let part = was.and_then(|was| sight.part(was));
        let Some(entry) = self.existing.entry(name) else {
            if let Some(seen) = sight.told.get(&Fingerprint::of(name)) {
                return Ok(self.told.get(name).is_some_and(|now| Fingerprint::of(now) == *seen));
            }
            // Whoever sets what nobody has looked at replaces it, whether it is still there or not.
            return Ok(matches!(part, None | Some(Part::Unseen)));
        };
        if !entry.is_array() && self.stat(&entry.filename)?.is_none() {
            return Ok(true); // of what is lost there is nothing to lose
        }
        let (file, is_quiet) =
            (Fingerprint::of(entry.filename.as_str()), self.is_quiet_by(sight, &entry.filename)?);
        Ok(match part {
            None => false,
            Some(Part::Unseen) => true,
            Some(Part::Array { file: seen }) => {
                entry.is_array()
                    && *seen == file
                    && self.is_file_as_seen_by(sight, &entry.filename)?
            }
            Some(Part::Whole { file: seen, .. }) if *seen == file && is_quiet => true,
            Some(Part::Whole { value, .. }) => value.is_some() && self.value_now(name)? == *value,
            Some(Part::Dict { file: seen, items }) => {
                (*seen == file && is_quiet
                    || match self.existing.part(name, true, &mut self.pickles.nodes.borrow_mut())? {
                        Some(Part::Dict { items: now, .. }) => now == *items,
                        _ => false,
                    })
                    && self.are_files_as_seen(sight, name, items)?
            }
        })
    }

    /// Whether the pickle under a name is the one that was seen.
    fn is_quiet_by(&self, sight: &Sight, file: &str) -> Result<bool> {
        let seen = if file == SHARED_PICKLE { sight.shared.as_ref() } else { sight.file(file) };
        let found = self.stat(file)?;
        Ok(seen.zip(found).is_some_and(|(seen, found)| seen.is_still(&found.identity)))
    }

    /// Whether an array's file is the one that was seen. Of one that is lost there is nothing to lose.
    fn is_file_as_seen_by(&self, sight: &Sight, file: &str) -> Result<bool> {
        let found = self.stat(file)?;
        Ok(found.is_none_or(|found| {
            sight.file(file).is_some_and(|seen| seen.is_still(&found.identity))
        }))
    }

    /// The same of the arrays of a dictionary, of which these items were seen.
    fn are_files_as_seen(
        &self,
        sight: &Sight,
        name: &str,
        items: &HashMap<Fingerprint, SeenItem>,
    ) -> Result<bool> {
        let mut unlisted = HashMap::new();
        let listed = self.existing.arrays_beside(name);
        let seen: HashSet<_> = items.values().filter_map(SeenItem::file).collect();
        if listed.clone().map(|file| Fingerprint::of(file.as_str())).collect::<HashSet<_>>() != seen
        {
            // Python writes a placeholder, and no list.
            unlisted = self.existing.placeholders(name, &mut self.pickles.nodes.borrow_mut())?;
        }
        for file in listed.chain(unlisted.values()) {
            if !self.is_file_as_seen_by(sight, file)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
