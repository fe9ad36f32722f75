//! What a save is going to do: which variables stay, which files are written, which are removed.

use super::SaveOptions;
use super::commit::Commit;
use super::content::{Kind, Placement, Variable};
use super::existing::Existing;
use super::fs::Identity;
use super::manifest::{Entry, Manifest};
use super::name::{self, MANIFEST, SHARED_PICKLE, Taken};
use super::save::stage_arrays;
use crate::array::{ArraySource, Standing};
use crate::pickle::Writer;
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// The arrays that a save has written, by file.
pub(super) type Arrays<'a> = Vec<(String, &'a dyn ArraySource)>;

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
    taken: Taken,
    /// New entries of the manifest.
    entries: Vec<(String, Entry)>,
    /// Arrays to write, by file.
    arrays: Arrays<'a>,
    /// Pickles to write if their bytes are new.
    pickles: Vec<(String, Vec<u8>)>,
    shared: Writer,
    /// Whether anything was written.
    changed: bool,
}

/// The arrays of one variable that have files of their own.
#[derive(Default)]
struct Split {
    /// By item of the dictionary; `None` for one that stays in the pickle.
    files: Vec<Option<String>>,
    logical_dtypes: BTreeMap<String, String>,
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
            taken: Taken::default(),
            entries: Vec::new(),
            arrays: Vec::new(),
            pickles: Vec::new(),
            shared,
            changed: false,
        })
    }

    /// Decides which of the folder's variables stay, and takes their files' names.
    pub(super) fn sort_out(&mut self, variables: &[Variable<'_>]) {
        let known: HashMap<&str, &Variable<'_>> = variables
            .iter()
            .flat_map(|variable| variable.names().map(move |name| (name, variable)))
            .collect();
        for (name, _) in self.existing.entries() {
            let is_kept = match known.get(name) {
                None => !self.options.prune || self.options.keep.contains(name),
                Some(variable) => {
                    let own = variable.name.as_ref();
                    self.options.keep.contains(own)
                        || variable.at_default && !self.options.overwrite_fields.contains(own)
                }
            };
            if is_kept {
                self.kept.insert(name.to_owned());
                for file in self.existing.files(name) {
                    self.taken.insert(file);
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

    pub(super) fn variable(&mut self, variable: &Variable<'a>) -> Result<()> {
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
        self.check_free(&file)?;
        let header = array.header();
        let size = (header.encode()?.len() + header.data_len()?) as u64;
        let mut entry = Entry::array(file.clone(), &header, size);
        if let Some(logical) = array.logical_name() {
            entry.logical_dtypes.insert(file.clone(), logical.to_owned());
        }
        self.array(file, array)?;
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
            self.array(file, array)
                .map_err(|error| error.with_variable(format!("{name}[{text}]")))?;
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
            split.encode(variable, &mut writer)?;
            let bytes = writer.finish()?;
            if bytes.len() >= least {
                let file = name::pickle_file(name);
                self.check_free(&file)?;
                let entry = split.entry(variable, file.clone(), bytes.len() as u64);
                self.pickles.push((file, bytes));
                return Ok(entry);
            }
        }
        self.check_free(SHARED_PICKLE)?;
        self.shared.key(name)?;
        let start = self.shared.position();
        split.encode(variable, &mut self.shared)?;
        let size = (self.shared.position() - start) as u64;
        Ok(split.entry(variable, SHARED_PICKLE.to_owned(), size))
    }

    /// That a file is not someone else's.
    fn check_free(&self, file: &str) -> Result<()> {
        if self.existing.owns(file) || self.existing.identity(file)?.is_none() {
            return Ok(());
        }
        let message = "the folder has a file of that name which belongs to no variable";
        Err(Error::msg(ErrorKind::Exists, message).with_path(self.path.join(file)))
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

    /// Plans an array: not at all if its file is the same, else a new file.
    fn array(&mut self, file: String, array: &'a dyn ArraySource) -> Result<()> {
        if !self.options.overwrite
            && let Some(binding) = array.binding()
        {
            let found = self.existing.identity(&file)?;
            match binding.standing(self.existing.dir_id, &file, found) {
                Standing::Same => return Ok(()),
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
        self.arrays.push((file, array));
        Ok(())
    }

    /// Closes the shared pickle, the kept variables in it carried over.
    pub(super) fn finish_shared_pickle(&mut self) -> Result<()> {
        for (name, entry) in self.existing.entries() {
            if entry.filename == SHARED_PICKLE && self.kept.contains(name) {
                self.shared.key(name)?;
                self.shared.node(&self.existing.shared_value(name)?)?;
            }
        }
        let mut shared = std::mem::take(&mut self.shared);
        shared.end_dict()?;
        self.pickles.push((SHARED_PICKLE.to_owned(), shared.finish()?));
        Ok(())
    }

    /// Writes what is new into the staging folder, arrays on several threads. Gives the arrays written.
    pub(super) fn stage(&mut self) -> Result<Arrays<'a>> {
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
        let replaced = arrays
            .iter()
            .map(|(file, _)| self.existing.identity(file))
            .collect::<Result<Vec<_>>>()?;
        stage_arrays(self.commit, &arrays, &replaced)
            .map_err(|(file, error)| error.with_path(self.path.join(file)))?;
        Ok(arrays)
    }

    /// The new manifest and the files to remove; `None` if there is nothing to commit.
    pub(super) fn outcome(&mut self) -> Result<Option<Outcome>> {
        let mut manifest = Manifest::default();
        for (name, old) in self.existing.entries() {
            if self.kept.contains(name) {
                manifest.insert(name, old.clone());
            } else if let Some((_, entry)) = self.entries.iter().find(|(new, _)| new == name) {
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
        for (name, _) in self.existing.entries() {
            for file in self.existing.files(name) {
                if file != SHARED_PICKLE
                    && !used.contains(file.as_str())
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

impl Split {
    /// Writes the variable into a pickle, with placeholders for the arrays that are split off.
    fn encode(&self, variable: &Variable<'_>, writer: &mut Writer) -> Result<()> {
        let Kind::Dict(items) = &variable.content.0 else { return variable.content.pickle(writer) };
        writer.begin_dict()?;
        for ((key, content), file) in items.iter().zip(&self.files) {
            key.pickle(writer)?;
            match file {
                Some(file) => writer.placeholder(file)?,
                None => content.pickle(writer)?,
            }
        }
        writer.end_dict()
    }

    fn entry(self, variable: &Variable<'_>, file: String, size: u64) -> Entry {
        let mut entry = Entry::pickled(file, size);
        if matches!(variable.content.0, Kind::Dict(_)) {
            let files: Vec<_> = self.files.into_iter().flatten().collect();
            entry.uses_placeholders = Some(!files.is_empty());
            entry.files = (!files.is_empty()).then_some(files);
            entry.logical_dtypes = self.logical_dtypes;
        }
        entry
    }
}
