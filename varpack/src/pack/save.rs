//! A save: what to write, what to leave, what to remove; then one commit.

use super::SaveOptions;
use super::commit::{Commit, CommitOptions};
use super::content::{Kind, Variable};
use super::existing::{Contents, Existing};
use super::fs::Identity;
use super::manifest::{Entry, Manifest};
use super::name::{self, MANIFEST, SHARED_PICKLE, Taken};
use crate::array::{ArraySource, Origin, Standing};
use crate::pickle::Writer;
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Saves variables into a folder.
pub(crate) fn save(path: &Path, variables: &[Variable<'_>], options: &SaveOptions) -> Result<()> {
    let mut names = BTreeSet::new();
    for variable in variables {
        name::check_variable(&variable.name)?;
        if !names.insert(variable.name.as_ref()) {
            return Err(Error::msg(ErrorKind::Usage, "two fields are this variable")
                .with_variable(variable.name.as_ref()));
        }
    }
    let mut held = Vec::new();
    for variable in variables {
        variable.content.for_each_array(&mut |array| {
            held.extend(array.binding().and_then(|binding| binding.folder()).cloned());
            // An edit in place is in the file already; the save makes it last, and its claim on the
            // folder would stand in the save's own way.
            array.flush().map_err(|error| error.with_variable(variable.name.as_ref()))
        })?;
    }
    let commit_options = CommitOptions { sync: options.sync, wait: options.wait };
    let commit = Commit::begin(path, &held, &commit_options)?;
    let Some((arrays, outcome)) = write(path, &commit, variables, options)? else {
        return Ok(()); // nothing has changed
    };
    for (file, identity) in outcome.removed {
        commit.remove(&file, identity);
    }
    let dir = commit.folder().dir().id()?;
    let identities = commit.finish(&outcome.manifest)?;
    for (file, array) in arrays {
        if let (Some(binding), Some(&identity)) = (array.binding(), identities.get(&file)) {
            binding.mark_saved(Origin { dir, name: file, identity });
        }
    }
    Ok(())
}

/// The arrays that a save has written, by file.
type Arrays<'a> = Vec<(String, &'a dyn ArraySource)>;

/// What is left to commit once the files are staged.
struct Outcome {
    manifest: Vec<u8>,
    removed: Vec<(String, Identity)>,
}

/// Writes into the staging folder what is new; `None` if nothing is.
fn write<'a>(
    path: &Path,
    commit: &Commit,
    variables: &[Variable<'a>],
    options: &SaveOptions,
) -> Result<Option<(Arrays<'a>, Outcome)>> {
    let contents = Contents::read(commit)?;
    let existing = Existing::new(commit, &contents)?;
    let mut plan = Plan::new(path, commit, &existing, options)?;
    plan.sort_out(variables);
    for variable in variables {
        if !plan.keeps(variable) {
            plan.variable(variable)
                .map_err(|error| error.with_variable(variable.name.as_ref()).with_path(path))?;
        }
    }
    plan.finish_shared_pickle()?;
    let arrays = plan.stage()?;
    Ok(plan.outcome()?.map(|outcome| (arrays, outcome)))
}

/// What a save is going to do.
struct Plan<'a, 'c> {
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

/// What the encoding of one variable finds out.
#[derive(Default)]
struct Encoded {
    files: Vec<String>,
    logical_dtypes: BTreeMap<String, String>,
}

impl<'a, 'c> Plan<'a, 'c> {
    fn new(
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
    fn sort_out(&mut self, variables: &[Variable<'_>]) {
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
                self.taken.insert(&variable.file());
            }
        }
    }

    /// Whether the folder's own value stays instead of the field's.
    fn keeps(&self, variable: &Variable<'_>) -> bool {
        variable.names().any(|name| self.kept.contains(name))
    }

    fn variable(&mut self, variable: &Variable<'a>) -> Result<()> {
        let name = variable.name.as_ref();
        let file = variable.file();
        if !self.existing.owns(&file) && self.existing.identity(&file)?.is_some() {
            return Err(Error::msg(
                ErrorKind::Exists,
                "the folder has a file of that name which belongs to no variable",
            )
            .with_path(self.path.join(file)));
        }
        let entry = match &variable.content.0 {
            Kind::Absent => return Ok(()),
            Kind::Array(array) => {
                let header = array.header();
                let size = (header.encode()?.len() + header.data_len()?) as u64;
                let mut entry = Entry::array(file.clone(), &header, size);
                if let Some(logical) = array.logical_name() {
                    entry.logical_dtypes.insert(file.clone(), logical.to_owned());
                }
                self.array(file, *array)?;
                entry
            }
            _ if variable.separate => {
                let mut writer = Writer::new();
                let encoded = self.encode(variable, &mut writer)?;
                let bytes = writer.finish()?;
                let size = bytes.len() as u64;
                self.pickles.push((file.clone(), bytes));
                encoded.entry(variable, file, size)
            }
            _ => {
                let mut shared = std::mem::take(&mut self.shared);
                shared.key(name)?;
                let start = shared.position();
                let encoded = self.encode(variable, &mut shared)?;
                let size = (shared.position() - start) as u64;
                self.shared = shared;
                encoded.entry(variable, file, size)
            }
        };
        self.entries.push((name.to_owned(), entry));
        Ok(())
    }

    /// Writes a variable into a pickle; the arrays of a dictionary are split off into files.
    fn encode(&mut self, variable: &Variable<'a>, writer: &mut Writer) -> Result<Encoded> {
        let mut encoded = Encoded::default();
        let Kind::Dict(items) = &variable.content.0 else {
            variable.content.pickle(writer)?;
            return Ok(encoded);
        };
        let name = variable.name.as_ref();
        let present = self.existing.placeholders(name)?;
        writer.begin_dict()?;
        for (key, content) in items {
            key.pickle(writer)?;
            let Some(array) = variable.split.array(key, content) else {
                content.pickle(writer)?;
                continue;
            };
            let text = key.text();
            // The name that the folder has for this key stays, and with it the file if it is the same.
            let file = match present.get(text.as_ref()) {
                Some(file) if self.taken.insert(file) => file.clone(),
                _ => self.free_file(name, &text)?,
            };
            writer.placeholder(&file)?;
            if let Some(logical) = array.logical_name() {
                encoded.logical_dtypes.insert(file.clone(), logical.to_owned());
            }
            encoded.files.push(file.clone());
            self.array(file, array)
                .map_err(|error| error.with_variable(format!("{name}[{text}]")))?;
        }
        writer.end_dict()?;
        Ok(encoded)
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
    fn finish_shared_pickle(&mut self) -> Result<()> {
        let mut shared = std::mem::take(&mut self.shared);
        for (name, entry) in self.existing.entries() {
            if entry.filename == SHARED_PICKLE && self.kept.contains(name) {
                shared.key(name)?;
                shared.node(&self.existing.shared_value(name)?)?;
            }
        }
        shared.end_dict()?;
        self.pickles.push((SHARED_PICKLE.to_owned(), shared.finish()?));
        Ok(())
    }

    /// Writes what is new into the staging folder, arrays on several threads. Gives the arrays written.
    fn stage(&mut self) -> Result<Arrays<'a>> {
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
    fn outcome(&mut self) -> Result<Option<Outcome>> {
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

impl Encoded {
    fn entry(self, variable: &Variable<'_>, file: String, size: u64) -> Entry {
        let mut entry = Entry::pickled(file, size);
        if matches!(variable.content.0, Kind::Dict(_)) {
            entry.uses_placeholders = Some(!self.files.is_empty());
            entry.files = (!self.files.is_empty()).then_some(self.files);
            entry.logical_dtypes = self.logical_dtypes;
        }
        entry
    }
}

/// Writes arrays on several threads. An error comes with its file.
fn stage_arrays<'f>(
    commit: &Commit,
    arrays: &'f Arrays<'_>,
    replaced: &[Option<Identity>],
) -> Result<(), (&'f str, Error)> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some((file, array)), Some(replaced)) = (arrays.get(index), replaced.get(index))
            else {
                break;
            };
            if let Err(error) = stage_array(commit, file, *array, *replaced) {
                next.store(arrays.len(), Ordering::Relaxed); // the others stop after their file
                lock(&failed).get_or_insert((file.as_str(), error));
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(arrays.len());
    if threads <= 1 {
        work();
    } else {
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }
    lock(&failed).take().map_or(Ok(()), Err)
}

fn stage_array(
    commit: &Commit,
    file: &str,
    array: &dyn ArraySource,
    replaced: Option<Identity>,
) -> Result<()> {
    let header = array.header();
    let start = header.encode()?;
    let len = (start.len() + header.data_len()?) as u64;
    commit.stage(file, len, replaced, |out| {
        out.write_all(&start)
            .map_err(|error| Error::msg(ErrorKind::Io, "cannot write").with_source(error))?;
        array.write_data(out)
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
