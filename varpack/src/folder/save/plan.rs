//! What a save is going to write: which variables stay, and which files the others get.

mod agreed;
mod as_placed;
mod as_seen;
mod check;
mod composed;
mod flattened;
mod held;
mod items;
mod outcome;
mod pickles;
mod reach;
mod report;
mod three_way;
mod unchanged;
mod write;

use super::basis::Basis;
use super::existing::Existing;
use super::is_reported;
use super::merged::{Merged, Piece};
use super::planned::{Agreed, PlannedArray, WrittenVariable};
use crate::folder::baseline::{Baseline, Mine, Sight};
use crate::folder::content::{ContentKind, Variable, item_path};
use crate::folder::group::{Group, NamedKeys, owners};
use crate::folder::options::SaveOptions;
use crate::layout::manifest::Entry;
use crate::layout::name;
use crate::layout::name::Taken;
use crate::layout::own::{MANIFEST, SHARED_PICKLE};
use crate::npy::Header;
use crate::os::Stat;
use crate::{Error, Result};
use agreed::Agreement;
use pickles::NewPickles;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, MutexGuard, Weak};
use three_way::Verdict;

/// What a save is going to do.
pub(crate) struct Plan<'a, 'c> {
    path: &'c Path,
    existing: &'c Existing<'c>,
    options: &'c SaveOptions,
    /// What was seen of the folder when it was loaded: see [`base`](Self::base).
    sight: Option<MutexGuard<'c, Sight>>,
    load: Option<&'c Baseline>,
    /// The other loads, if which of them it is of nobody can tell.
    beside: &'c [Arc<Baseline>],
    /// Whether who saves has loaded it itself, and not only got arrays from there.
    is_own: bool,
    /// Of its arrays, those that were edited in place.
    editors: Vec<Weak<()>>,
    /// Whether another copy of what was loaded has saved since.
    is_superseded: bool,
    /// Variables of the folder that no field has, and that go: by name, or with the entry that they were of.
    taken_out: BTreeSet<String>,
    /// Variables that are left out, for someone else has taken them away.
    dropped: BTreeSet<String>,
    /// Those whose items were judged one by one, and what they are made of.
    merged: BTreeMap<String, Merged>,
    agreed: Agreement<'a>,
    /// Values that were not changed and go to another place, and what the folder calls them.
    moved: BTreeMap<String, String>,
    /// What of the folder was seen otherwise, and stays so.
    leaves_changes: bool,
    written: Vec<WrittenVariable>,
    /// Variables of the folder that stay as they are.
    kept: BTreeSet<String>,
    /// Their files, and whose they are.
    kept_files: HashMap<&'c str, &'c str>,
    /// Variables that the folder lacks and that tell the entries of flattened lists, maps and options: what the names of the
    /// others tell in their place.
    told: HashMap<String, NamedKeys>,
    /// Groups in whose place others have put a dictionary since.
    composed: Vec<Arc<Group>>,
    /// What stands under the names of the others' files.
    found: HashMap<&'c str, Option<Stat>>,
    taken: Taken,
    /// New entries of the manifest.
    entries: Vec<(String, Entry)>,
    arrays: Vec<PlannedArray<'a>>,
    is_reported: bool,
    /// Files of a map's arrays that stay in it, and leave these files.
    refiled: HashSet<String>,
    /// The last header of an array, and its bytes.
    header: Option<(Header, Vec<u8>)>,
    pickles: NewPickles<'c>,
}

impl<'a, 'c> Plan<'a, 'c> {
    pub(super) fn new(
        path: &'c Path,
        existing: &'c Existing<'c>,
        options: &'c SaveOptions,
        base: &'c Basis,
        holders: BTreeSet<String>,
    ) -> Result<Self> {
        let seen = base.load.as_deref().filter(|_| existing.manifest.is_some());
        let load = seen.filter(|_| !options.overwrite);
        Ok(Self {
            path,
            existing,
            options,
            is_superseded: load.is_some() && base.is_superseded(),
            sight: seen.map(Baseline::sight),
            load,
            beside: &base.mixed,
            is_own: base.is_own,
            editors: Vec::new(),
            taken_out: BTreeSet::new(),
            dropped: BTreeSet::new(),
            merged: BTreeMap::new(),
            agreed: Agreement::default(),
            moved: BTreeMap::new(),
            leaves_changes: false,
            written: Vec::new(),
            kept: BTreeSet::new(),
            kept_files: HashMap::new(),
            told: HashMap::new(),
            composed: Vec::new(),
            found: HashMap::new(),
            taken: Taken::default(),
            entries: Vec::new(),
            arrays: Vec::new(),
            is_reported: is_reported(options),
            refiled: HashSet::new(),
            header: None,
            pickles: NewPickles::new(existing, holders)?,
        })
    }

    /// The values that turned out to hold placeholders when they were in the shared pickle.
    pub(super) fn take_misplaced(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.pickles.misplaced)
    }

    /// Decides which of the folder's variables stay, takes their files' names, and looks at the others'.
    /// `unloaded`: fields that were skipped on load and still have their defaults.
    pub(crate) fn sort_out(
        &mut self,
        variables: &[Variable<'a>],
        unloaded: &BTreeSet<String>,
    ) -> Result<()> {
        let known: HashMap<&str, &Variable<'_>> = variables
            .iter()
            .flat_map(|variable| variable.names().map(move |name| (name, variable)))
            .collect();
        let SaveOptions { keep, remove, prune, .. } = self.options;
        let rest = self.existing.entries().map(|(name, _)| name);
        let groups = variables.iter().filter_map(|variable| variable.group.as_ref());
        let below = owners(groups, rest.filter(|name| !known.contains_key(name)));
        self.check_names(variables, &known, &below)?;
        let keeps = |name: &str| keep.contains(name) || self.options.carry.contains(name);
        let is_default = |variable: &Variable<'_>| {
            (variable.at_default && !self.was_set(variable)
                || unloaded.contains(variable.name.as_ref()))
                && !self.overwrites_field(variable)
        };
        let skipped = variables.iter().filter(|it| it.entries.is_some() && is_default(it));
        let skipped: HashSet<&str> = skipped.map(|variable| variable.name.as_ref()).collect();
        // A load skips a field by any of its names, so it is kept by any.
        let stays = |variable: &&Variable<'_>| variable.is_among(keeps) || is_default(variable);
        let stay: HashSet<&str> =
            variables.iter().filter(stays).map(|variable| variable.name.as_ref()).collect();
        let mut kept = BTreeSet::new();
        for (name, _) in self.existing.entries() {
            let is_kept = match known.get(name) {
                None => {
                    let stays = |name: &str| keeps(name) || skipped.contains(name);
                    let stays_with = |group: &Arc<Group>| group.is_among(stays);
                    let stays = keeps(name) || below.get(name).is_some_and(stays_with);
                    let is_removed = remove.contains(name) && self.was_there(name);
                    stays || !(*prune || is_removed)
                }
                Some(variable) => stay.contains(variable.name.as_ref()),
            };
            if is_kept {
                kept.insert(name.to_owned());
            }
        }
        self.kept = kept;
        self.told = self.told_by_names(variables);
        // What was skipped, or is kept, goes on to be told by them.
        let told = self
            .told
            .iter()
            .filter(|(name, keys)| stay.contains(name.as_str()) && !keys.is_empty());
        self.dropped.extend(told.map(|(name, _)| name.clone()));
        self.leave_kept_groups(variables);
        self.taken_out = remove.difference(&self.kept).cloned().collect();
        let said = self.replace_stand_ins(variables, &known, &stay)?;
        let others = self.existing.entries().filter(|(name, _)| !self.kept.contains(*name));
        let others = others.flat_map(|(name, _)| self.existing.files(name)).map(String::as_str);
        self.found = self.existing.stat_all(others.collect(), self.options.threads)?;
        self.note_editors(variables)?;
        self.judge(variables)?;
        self.check_reach(variables)?;
        self.take_out_entries(variables, &below)?;
        self.check_taken_out(&below, &said)?;
        for (name, _) in self.existing.entries().filter(|(name, _)| self.kept.contains(*name)) {
            for file in self.existing.files(name) {
                self.taken.insert(file);
                self.kept_files.insert(file, name);
            }
        }
        self.check_aliases(variables)?;
        for file in [MANIFEST, SHARED_PICKLE] {
            self.taken.insert(file);
        }
        for variable in variables {
            if !self.keeps(variable) {
                self.taken.insert(&name::array_file(&variable.name));
                self.taken.insert(&name::pickle_file(&variable.name));
            }
        }
        Ok(())
    }

    /// What was seen of the folder, where it matters what has become of that since: not to who writes over it whatever
    /// it is.
    fn base(&self) -> Option<&Sight> {
        self.sight.as_deref().filter(|_| !self.options.overwrite)
    }

    /// Whether a field that was skipped was set and saved since.
    fn was_set(&self, variable: &Variable<'_>) -> bool {
        // Of one that is only known by its arrays the field may be another's.
        self.is_own && self.sight.as_deref().is_some_and(|sight| sight.was_set(variable))
    }

    /// Judges what no option decides by what was seen of the folder.
    fn judge(&mut self, variables: &[Variable<'a>]) -> Result<()> {
        self.leaves_changes = self.base().is_none()
            || self.existing.has_shared_pickle() && !self.is_quiet(SHARED_PICKLE)?;
        let path = self.path;
        let at = |error: Error, name: &str| error.with_variable(name).with_path(path);
        for variable in variables {
            let name = variable.name.as_ref();
            if self.keeps(variable) || self.dropped.contains(name) {
                continue;
            }
            let verdict = match self.base().is_none() || self.is_written_over(variable) {
                true => Verdict::Write,
                false => {
                    let verdict = self.verdict(variable).and_then(|verdict| {
                        self.check_loads_beside(variable, verdict)?;
                        Ok(verdict)
                    });
                    verdict.map_err(|error| at(error, name))?
                }
            };
            match verdict {
                Verdict::Write => {
                    let merged = self.written_of(variable).map_err(|error| at(error, name))?;
                    if let Some(merged) = merged {
                        self.keep_files(variable, &merged.pieces);
                        self.merged.insert(name.to_owned(), merged);
                    }
                    continue;
                }
                Verdict::Move => {
                    let there = self.existing.first(variable.names());
                    let Some(there) = there else { continue };
                    for file in self.existing.arrays_beside(there) {
                        self.taken.insert(file);
                    }
                    self.moved.insert(name.to_owned(), there.to_owned());
                    continue;
                }
                Verdict::Same => {
                    self.kept.insert(name.to_owned());
                    continue;
                }
                Verdict::Keep => {
                    let there = variable.names().filter(|name| self.existing.has(name));
                    self.kept.extend(there.map(str::to_owned));
                }
                Verdict::Agree => {
                    let there = self.existing.first(variable.names());
                    if let Some(there) = there
                        && let Some(part) = self.whole_part(there)?
                    {
                        let (name, there) = (name.to_owned(), there.to_owned());
                        if let Some(entry) = self.existing.entry(&there).filter(|it| it.is_array())
                        {
                            let file = entry.filename.clone();
                            self.agreed.note_file(file, name.clone(), &variable.content);
                        }
                        self.kept.insert(there.clone());
                        self.agreed.variables.push(Agreed { name, there, part });
                    }
                }
                Verdict::Drop => drop(self.dropped.insert(name.to_owned())),
                Verdict::Merge => {
                    let merged = self.merge(variable).map_err(|error| at(error, name))?;
                    self.keep_files(variable, &merged.pieces);
                    self.note_both(variable, &merged.pieces);
                    self.merged.insert(name.to_owned(), merged);
                }
            }
            self.leaves_changes = true;
        }
        Ok(())
    }

    /// Notes the arrays of a dictionary that others have made what they are here.
    fn note_both(&mut self, variable: &Variable<'a>, pieces: &[Piece]) {
        let ContentKind::Dict(items, _) = &variable.content.0 else { return };
        for piece in pieces {
            if let Piece::Both(number, their) = piece
                && let Some(file) = &their.file
            {
                let Some((key, content)) = items.get(*number) else { continue };
                let path = item_path(&variable.name, &key.text());
                self.agreed.note_file(file.clone(), path, content);
            }
        }
    }

    /// What came into the folder since is not what was taken out here.
    fn was_there(&self, name: &str) -> bool {
        self.base().is_none_or(|sight| sight.part(name).is_some())
    }

    /// What a dictionary that is written is made of; `None` if it is all one's own.
    fn written_of(&self, variable: &Variable<'a>) -> Result<Option<Merged>> {
        let knows_mine = |sight: &Sight| matches!(sight.mine(&variable.name), Some(Mine::Dict(_)));
        // What was never loaded nobody writes over, but by its name.
        let was_skipped = |sight: &Sight| sight.is_skipped(variable) && knows_mine(sight);
        let stays = match self.is_written_over(variable) {
            true => self.sight.as_deref().is_some_and(was_skipped),
            false => self.base().is_some_and(knows_mine),
        };
        if self.is_nested_there(variable)? {
            return Ok(None);
        }
        let skips_items = self.sight.as_deref().is_some_and(|it| it.skips_items_of(variable));
        match (stays || skips_items) && !self.overwrites_field(variable) {
            true => self.unchanged_items(variable),
            false => self.unknown_beside(variable),
        }
    }

    /// Whether an option says that of a variable of this name whatever the folder has goes.
    fn is_said(&self, name: &str) -> bool {
        self.options.overwrite || self.options.overwrite_fields.contains(name)
    }

    /// Whether an option says that a variable is written over whatever the folder has.
    fn is_written_over(&self, variable: &Variable<'_>) -> bool {
        self.options.overwrite || self.overwrites_field(variable)
    }

    /// Whether an option says so of this variable.
    fn overwrites_field(&self, variable: &Variable<'_>) -> bool {
        variable.is_among(|name| self.options.overwrite_fields.contains(name))
    }

    /// Takes the names of the files that a merged dictionary keeps of the folder's.
    fn keep_files(&mut self, variable: &Variable<'_>, pieces: &[Piece]) {
        let theirs: HashSet<&str> = pieces.iter().filter_map(Piece::kept_file).collect();
        for file in &theirs {
            self.taken.insert(file);
        }
        let existing = self.existing;
        let Some(name) = existing.first(variable.names()) else { return };
        let files = existing.files(name).iter().map(String::as_str);
        self.kept_files.extend(files.filter(|file| theirs.contains(file)).map(|file| (file, name)));
    }

    /// What stands under a name. A file is looked at once; at the commit point it has to be the same.
    fn stat(&self, file: &str) -> Result<Option<Stat>> {
        self.found.get(file).map_or_else(|| self.existing.stat(file), |found| Ok(*found))
    }

    /// Whether the folder's own value stays instead of the field's.
    pub(crate) fn keeps(&self, variable: &Variable<'_>) -> bool {
        variable.names().any(|name| self.kept.contains(name))
    }
}
