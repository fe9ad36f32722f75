//! What a save is going to do: which variables stay, which files are written, which are removed.

use super::SaveOptions;
use super::commit::Commit;
use super::content::{Kind, Placement, Variable};
use super::existing::Existing;
use super::fs::Identity;
use super::manifest::{Entry, Manifest};
use super::name::{self, MANIFEST, SHARED_PICKLE, Taken};
use super::save::stage_arrays;
use super::split::Split;
use crate::array::{ArraySource, Standing};
use crate::pickle::Writer;
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeSet, HashMap};
use std::iter::Peekable;
use std::path::Path;
use std::vec::IntoIter;

/// An array that a save writes.
pub(super) struct Planned<'a> {
    /// What errors call it.
    pub(super) variable: String,
    pub(super) file: String,
    pub(super) array: &'a dyn ArraySource,
    /// The bytes before the elements.
    pub(super) header: Vec<u8>,
    /// Bytes of the whole file.
    pub(super) len: u64,
    /// What stood under the file's name when it was judged whether the array has to be written.
    pub(super) replaces: Option<Identity>,
}

/// What is left to commit once the files are staged.
pub(super) struct Outcome {
    pub(super) manifest: Vec<u8>,
    pub(super) removed: Vec<(String, Identity)>,
}

/// What a save is going to do.
pub(super) struct Plan<'a, 'c> {
    path: &'c Path,
    commit: &'c Commit,
    existing: &'c Existing<'c>,
    options: &'c SaveOptions,
    /// Variables of the folder that stay as they are.
    kept: BTreeSet<String>,
    /// Their files, and whose they are.
    kept_files: HashMap<&'c str, &'c str>,
    /// The folder's variables that are yet to be looked at for the shared pickle.
    to_carry: Peekable<IntoIter<(&'c str, &'c Entry)>>,
    taken: Taken,
    /// New entries of the manifest.
    entries: Vec<(String, Entry)>,
    arrays: Vec<Planned<'a>>,
    /// Pickles to write if their bytes are new.
    pickles: Vec<(String, Vec<u8>)>,
    shared: Writer,
    /// Whether a variable was put into it.
    shared_changed: bool,
    /// Whether anything was written.
    changed: bool,
}

impl<'a, 'c> Plan<'a, 'c> {
    pub(super) fn new(
        path: &'c Path,
        commit: &'c Commit,
        existing: &'c Existing<'c>,
        options: &'c SaveOptions,
    ) -> Result<Self> {
        let mut shared = Writer::new();
        shared.begin_dict()?;
        Ok(Self {
            path,
            commit,
            existing,
            options,
            kept: BTreeSet::new(),
            kept_files: HashMap::new(),
            to_carry: existing.entries().collect::<Vec<_>>().into_iter().peekable(),
            taken: Taken::default(),
            entries: Vec::new(),
            arrays: Vec::new(),
            pickles: Vec::new(),
            shared,
            shared_changed: false,
            changed: false,
        })
    }

    /// Decides which of the folder's variables stay, and takes their files' names.
    pub(super) fn sort_out(&mut self, variables: &[Variable<'_>]) {
        let known: HashMap<&str, &Variable<'_>> = variables
            .iter()
            .flat_map(|variable| variable.names().map(move |name| (name, variable)))
            .collect();
        let SaveOptions { keep, remove, overwrite_fields, prune, .. } = self.options;
        for (name, _) in self.existing.entries() {
            let is_kept = match known.get(name) {
                None => keep.contains(name) || !prune && !remove.contains(name),
                // A load skips a field by any of its names, so it is kept by any.
                Some(variable) => {
                    variable.names().any(|name| keep.contains(name))
                        || variable.at_default
                            && !variable.names().any(|name| overwrite_fields.contains(name))
                }
            };
            if is_kept {
                self.kept.insert(name.to_owned());
                for file in self.existing.files(name) {
                    self.taken.insert(file);
                    self.kept_files.insert(file, name);
                }
            }
        }
        for file in [MANIFEST, SHARED_PICKLE] {
            self.taken.insert(file);
        }
        for variable in variables {
            if !self.keeps(variable) {
                self.taken.insert(&name::array_file(&variable.name));
                self.taken.insert(&name::pickle_file(&variable.name));
            }
        }
    }

    /// Whether the folder's own value stays instead of the field's.
    pub(super) fn keeps(&self, variable: &Variable<'_>) -> bool {
        variable.names().any(|name| self.kept.contains(name))
    }

    /// Plans the variables that do not stay as the folder has them, in its order: so pickles of what
    /// has not changed come out the same.
    pub(super) fn variables(&mut self, variables: &[Variable<'a>]) -> Result<()> {
        let by_name: HashMap<_, _> =
            variables.iter().map(|variable| (variable.name.as_ref(), variable)).collect();
        let present = self.existing.entries().filter_map(|(name, _)| by_name.get(name).copied());
        let is_new = |name: &str| self.existing.manifest.is_none_or(|old| old.get(name).is_none());
        let new = variables.iter().filter(|variable| is_new(&variable.name));
        for variable in present.chain(new) {
            if !self.keeps(variable) {
                self.variable(variable).map_err(|error| {
                    error.with_variable(variable.name.as_ref()).with_path(self.path)
                })?;
            }
        }
        Ok(())
    }

    fn variable(&mut self, variable: &Variable<'a>) -> Result<()> {
        let entry = match &variable.content.0 {
            Kind::Absent => return Ok(()),
            Kind::Array(array) => self.top_level_array(&variable.name, *array)?,
            _ => {
                let split = self.split(variable)?;
                self.pickled(variable, split)?
            }
        };
        self.entries.push((variable.name.as_ref().to_owned(), entry));
        Ok(())
    }

    fn top_level_array(&mut self, name: &str, array: &'a dyn ArraySource) -> Result<Entry> {
        let file = name::array_file(name);
        let header = array.header();
        let size = (header.encode()?.len() + header.data_len()?) as u64;
        let mut entry = Entry::array(file.clone(), &header, size);
        if let Some(logical) = array.logical_name() {
            entry.logical_dtypes.insert(file.clone(), logical.to_owned());
        }
        if self.array(|| name.to_owned(), file.clone(), array)? {
            self.check_free(&file)?;
        }
        Ok(entry)
    }

    /// Plans files for the arrays of a dictionary that are split off.
    fn split(&mut self, variable: &Variable<'a>) -> Result<Split> {
        let mut split = Split::default();
        let Kind::Dict(items) = &variable.content.0 else { return Ok(split) };
        let name = variable.name.as_ref();
        let present = self.existing.placeholders(name)?;
        for (key, content) in items {
            let Some(array) = variable.rule.array(key, content) else {
                split.files.push(None);
                continue;
            };
            let text = key.text();
            // The name that the folder has for this key stays, and with it the file if it is the same.
            let file = match present.get(text.as_ref()) {
                Some(file) if self.taken.insert(file) => file.clone(),
                _ => self.free_file(name, &text)?,
            };
            if let Some(logical) = array.logical_name() {
                split.logical_dtypes.insert(file.clone(), logical.to_owned());
            }
            split.files.push(Some(file.clone()));
            let variable = || format!("{name}[{text}]");
            self.array(variable, file, array).map_err(|error| error.with_variable(variable()))?;
        }
        Ok(split)
    }

    /// Writes a variable into the pickle that it belongs to.
    fn pickled(&mut self, variable: &Variable<'a>, split: Split) -> Result<Entry> {
        let name = variable.name.as_ref();
        let least = match variable.placement {
            Placement::Shared => usize::MAX,
            Placement::Separate => 0,
            Placement::BySize(size) => size,
        };
        if least < usize::MAX {
            let mut writer = Writer::new();
            let is_dict = split.encode(variable, &mut writer)?;
            let bytes = writer.finish()?;
            if bytes.len() >= least {
                let file = name::pickle_file(name);
                self.check_free(&file)?;
                let entry = split.entry(is_dict, file.clone(), bytes.len() as u64);
                self.pickles.push((file, bytes));
                return Ok(entry);
            }
        }
        self.carry_over(Some(name))?;
        self.shared_changed = true;
        self.shared.key(name)?;
        let start = self.shared.position();
        let is_dict = split.encode(variable, &mut self.shared)?;
        let size = (self.shared.position() - start) as u64;
        Ok(split.entry(is_dict, SHARED_PICKLE.to_owned(), size))
    }

    /// That a file is not someone else's: no variable's that stays, and no foreign one.
    fn check_free(&self, file: &str) -> Result<()> {
        let taken = |message: String| {
            Err(Error::msg(ErrorKind::Exists, message).with_path(self.path.join(file)))
        };
        if let Some(owner) = self.kept_files.get(file) {
            return taken(format!("the file is one of `{owner}`, which stays in the folder"));
        }
        if self.existing.owns(file) || self.existing.identity(file)?.is_none() {
            return Ok(());
        }
        taken("the folder has a file of that name which belongs to no variable".to_owned())
    }

    /// A name for an array of a map that no variable has, nor a foreign file.
    fn free_file(&mut self, variable: &str, key: &str) -> Result<String> {
        loop {
            let file = self.taken.map_file(variable, key);
            if self.existing.owns(&file) || self.existing.identity(&file)?.is_none() {
                return Ok(file);
            }
        }
    }

    /// Plans an array: not at all if its file is the same, else a new file. Gives whether it is written.
    fn array(
        &mut self,
        variable: impl Fn() -> String,
        file: String,
        array: &'a dyn ArraySource,
    ) -> Result<bool> {
        let replaces = self.existing.identity(&file)?;
        if !self.options.overwrite
            && let Some(binding) = array.binding()
        {
            match binding.standing(self.existing.dir_id, &file, replaces) {
                Standing::Same => return Ok(false),
                Standing::Different => {}
                Standing::Stale => {
                    return Err(Error::msg(
                        ErrorKind::Stale,
                        "the file was replaced since it was loaded; load again, or save with \
                         `overwrite(true)`",
                    )
                    .with_path(self.path.join(file)));
                }
            }
        }
        let header = array.header();
        let data_len = header.data_len()?;
        let header = header.encode()?;
        let len = (header.len() + data_len) as u64;
        let variable = variable();
        self.arrays.push(Planned { variable, file, array, header, len, replaces });
        Ok(true)
    }

    /// Writes the kept variables of the shared pickle that the folder has before `next`.
    fn carry_over(&mut self, next: Option<&str>) -> Result<()> {
        while let Some((name, entry)) = self.to_carry.next_if(|(name, _)| Some(*name) != next) {
            if entry.filename == SHARED_PICKLE && self.kept.contains(name) {
                self.shared.key(name)?;
                self.shared.node(&self.existing.shared_value(name)?)?;
            }
        }
        Ok(())
    }

    /// Closes the shared pickle, the kept variables in it carried over. Where none is new in it and
    /// none leaves it, it stays as it is: it may hold what cannot be carried over, a cycle say.
    pub(super) fn finish_shared_pickle(&mut self) -> Result<()> {
        let all_stay = self
            .existing
            .entries()
            .all(|(name, entry)| entry.filename != SHARED_PICKLE || self.kept.contains(name));
        if all_stay && !self.shared_changed && self.existing.has_shared_pickle() {
            return Ok(());
        }
        self.carry_over(None)?;
        self.check_free(SHARED_PICKLE)?;
        let mut shared = std::mem::take(&mut self.shared);
        shared.end_dict()?;
        self.pickles.push((SHARED_PICKLE.to_owned(), shared.finish()?));
        Ok(())
    }

    /// Writes what is new into the staging folder, arrays on several threads. Gives the arrays written.
    pub(super) fn stage(&mut self) -> Result<Vec<Planned<'a>>> {
        for (file, bytes) in &self.pickles {
            if self.existing.holds(file, bytes)? {
                continue;
            }
            self.changed = true;
            let replaces = self.existing.identity(file)?;
            self.commit.stage(file, bytes.len() as u64, replaces, |out| {
                out.write_all(bytes)
                    .map_err(|error| Error::io("cannot write", self.path.join(file), error))
            })?;
        }
        let arrays = std::mem::take(&mut self.arrays);
        self.changed |= !arrays.is_empty();
        stage_arrays(self.commit, &arrays, self.options.threads)
            .map_err(|(file, error)| error.with_path(self.path.join(file)))?;
        Ok(arrays)
    }

    /// The new manifest and the files to remove; `None` if there is nothing to commit.
    pub(super) fn outcome(&mut self) -> Result<Option<Outcome>> {
        let mut manifest = Manifest::default();
        let by_name: HashMap<_, _> =
            self.entries.iter().map(|(name, entry)| (name.as_str(), entry)).collect();
        for (name, old) in self.existing.entries() {
            if self.kept.contains(name) {
                manifest.insert(name, old.clone());
            } else if let Some(&entry) = by_name.get(name) {
                manifest.insert(name, entry.clone().or_same(old));
            }
        }
        for (name, entry) in self.entries.drain(..) {
            if manifest.get(&name).is_none() {
                manifest.insert(&name, entry);
            }
        }
        let used: BTreeSet<&str> = manifest
            .iter()
            .flat_map(|(name, entry)| {
                let kept = self.kept.contains(name).then(|| self.existing.files(name));
                let files = entry.files.iter().flatten().chain([&entry.filename]);
                files.chain(kept.into_iter().flatten()).map(String::as_str)
            })
            .collect();
        let mut removed = Vec::new();
        for (name, entry) in self.existing.entries() {
            for file in self.existing.files(name) {
                if !used.contains(file.as_str())
                    && entry.may_own(name, file)
                    && let Some(identity) = self.existing.identity(file)?
                {
                    removed.push((file.clone(), identity));
                }
            }
        }
        removed.sort_by(|(left, _), (right, _)| left.cmp(right));
        removed.dedup_by(|(left, _), (right, _)| left == right);
        let is_same = self.existing.manifest == Some(&manifest);
        if is_same && !self.changed && removed.is_empty() {
            return Ok(None);
        }
        Ok(Some(Outcome { manifest: manifest.to_text()?, removed }))
    }
}
