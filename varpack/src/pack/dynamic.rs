//! [`Pack`]: a folder whose variables are known only at run time.

use super::content::{Placement, SplitRule, Variable};
use super::context::{self, Context, missing};
use super::report::{LoadAction, LoadReport};
use super::rules::PackRules;
use super::value::PackValue;
use super::{LoadOptions, SaveOptions, save};
use crate::npy::Element;
use crate::pickle::Value;
use crate::{Error, ErrorKind, Result};
use ndarray::{ArrayView, Dimension};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder whose variables are known only at run time: the dynamic twin of `#[derive(Varpack)]`, and
/// what the Python program's class is in Python.
///
/// ```
/// use ndarray::{Ix2, array};
/// use varpack::{Pack, PackValue};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// let mut pack = Pack::new();
/// pack.insert("weights", PackValue::try_from(array![[1.0f32, 2.0], [3.0, 4.0]])?)?;
/// pack.insert("step", PackValue::serialize(&7)?)?;
/// pack.save_to(&folder)?;
///
/// let mut pack = Pack::open(&folder)?;
/// assert_eq!(pack.names().collect::<Vec<_>>(), ["weights", "step"]);
/// let weights = pack.get("weights").and_then(PackValue::array).unwrap();
/// assert_eq!(weights.view::<f32, Ix2>()?.sum(), 10.0);
/// pack.insert("step", PackValue::serialize(&8)?)?;
/// pack.save()?; // writes the pickle and the manifest; `weights.npy` is left alone
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Pack {
    folder: Option<PathBuf>,
    variables: Vec<Held>,
    /// In the folder, and not loaded.
    skipped: BTreeSet<String>,
    /// Taken out since the last save: the next one removes them from the folder.
    removed: BTreeSet<String>,
    rules: PackRules,
    report: LoadReport,
}

#[derive(Debug)]
struct Held {
    name: String,
    value: PackValue,
    /// Whether it is as the folder holds it, but for edits that its arrays know of.
    loaded: bool,
}

impl Pack {
    /// Without variables, and attached to no folder. See [`Pack`] for an example.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a folder, its arrays mapped in mode `r+`, and attaches to it.
    ///
    /// # Errors
    /// As for [`Varpack::load`](crate::Varpack::load).
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let pack = Pack::open(folder)?;
    /// assert_eq!(pack.get("step").and_then(PackValue::value), Some(&7.into()));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(folder, &LoadOptions::default())
    }

    /// Opens a folder, as the options say.
    ///
    /// # Errors
    /// As for [`Varpack::load`](crate::Varpack::load); [`MissingVariable`](ErrorKind::MissingVariable)
    /// also if a variable to skip does not exist.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Mode, Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let pack = Pack::open_with(folder, &LoadOptions::new().mode(Mode::ReadOnly).skip(["step"]))?;
    /// assert!(pack.get("step").is_none());
    /// assert_eq!(pack.skipped().collect::<Vec<_>>(), ["step"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn open_with(folder: impl AsRef<Path>, options: &LoadOptions) -> Result<Self> {
        Self::open_some(folder.as_ref(), options, |name| match options.skip.contains(name) {
            true => Wanted::No,
            false => Wanted::IfPossible,
        })
    }

    /// Opens some of the variables of a folder.
    pub(super) fn open_some(
        folder: &Path,
        options: &LoadOptions,
        wanted: impl Fn(&str) -> Wanted,
    ) -> Result<Self> {
        let (mut pack, report, folder) = context::with_folder(folder, options, |context| {
            for name in &options.skip {
                if context.manifest.get(name).is_none() {
                    return Err(context.missing(name, name));
                }
            }
            let mut pack = Self::default();
            for name in context.manifest.names() {
                match read(context, name, wanted(name))? {
                    Some(value) => {
                        let name = name.to_owned();
                        pack.variables.push(Held { name, value, loaded: true });
                    }
                    None => {
                        pack.skipped.insert(name.to_owned());
                    }
                }
            }
            Ok(pack)
        })?;
        pack.report = report;
        pack.folder = Some(folder.dir().path().to_owned());
        Ok(pack)
    }

    /// What the load did with each variable: see [`LoadReport`] for an example. Empty if nothing was
    /// loaded.
    pub fn report(&self) -> &LoadReport {
        &self.report
    }

    /// The folder that it is attached to: the one that it was [opened](Self::open) from, as an absolute
    /// path, or that [`attach`](Self::attach) named, as it named it.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The variables that are held, in the folder's order, new ones last. See [`Pack`] for an example.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|held| held.name.as_str())
    }

    /// The variables of the folder that were not loaded, because the caller said so or because they
    /// cannot be values (a list that holds itself, say). A save keeps them. See
    /// [`open_with`](Self::open_with) for an example.
    pub fn skipped(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().map(String::as_str)
    }

    /// A variable, or `None` if there is none of that name or it was skipped on load. See
    /// [`open`](Self::open) for an example.
    pub fn get(&self, name: &str) -> Option<&PackValue> {
        self.variables.iter().find(|held| held.name == name).map(|held| &held.value)
    }

    /// A variable, for writing.
    ///
    /// ```
    /// # use ndarray::{Ix1, array};
    /// # use varpack::{Pack, PackValue};
    /// let mut pack = Pack::new();
    /// pack.insert("x", PackValue::try_from(array![1.0, 2.0])?)?;
    /// let x = pack.get_mut("x").and_then(PackValue::array_mut).unwrap();
    /// x.view_mut::<f64, Ix1>()?[0] = 10.0;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn get_mut(&mut self, name: &str) -> Option<&mut PackValue> {
        let held = self.variables.iter_mut().find(|held| held.name == name)?;
        // An array knows itself whether it was changed; of a value nothing would tell.
        held.loaded &= matches!(held.value, PackValue::Array(_));
        Some(&mut held.value)
    }

    /// A variable, or an error that says which there are.
    ///
    /// # Errors
    /// [`MissingVariable`](ErrorKind::MissingVariable).
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// let error = pack.try_get("stop").unwrap_err();
    /// assert!(error.to_string().contains("did you mean `step`?"));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn try_get(&self, name: &str) -> Result<&PackValue> {
        self.get(name).ok_or_else(|| {
            let names: Vec<_> = self.names().collect();
            let error = missing(name, name, names.iter().copied());
            match &self.folder {
                Some(folder) => error.with_path(folder),
                None => error,
            }
        })
    }

    /// A variable as a type of one's own, through serde. Arrays are copied; [`view`](Self::view) looks at
    /// them where they are.
    ///
    /// # Errors
    /// [`MissingVariable`](ErrorKind::MissingVariable); [`Value`](ErrorKind::Value) if it is of another type.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let mut pack = Pack::new();
    /// pack.insert("step", PackValue::serialize(&7)?)?;
    /// assert_eq!(pack.value::<u64>("step")?, 7);
    /// assert_eq!(
    ///     pack.value::<String>("step").unwrap_err().to_string(),
    ///     "variable `step`: expected a string, found int",
    /// );
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn value<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        self.try_get(name)?.deserialize().map_err(|error| error.with_variable(name))
    }

    /// The elements of an array, as of a known type.
    ///
    /// # Errors
    /// [`MissingVariable`](ErrorKind::MissingVariable); [`Value`](ErrorKind::Value) if it is no array; those
    /// of [`AnyArray::view`](crate::AnyArray::view).
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let mut pack = Pack::new();
    /// pack.insert("loss", PackValue::try_from(ndarray::array![0.5, 0.25])?)?;
    /// assert_eq!(pack.view::<f64, ndarray::Ix1>("loss")?.sum(), 0.75);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn view<T: Element, D: Dimension>(&self, name: &str) -> Result<ArrayView<'_, T, D>> {
        let value = self.try_get(name)?;
        let array = value.array().ok_or_else(|| {
            let found = value.value().map_or("a dict of arrays", Value::kind_name);
            Error::new(ErrorKind::Value).with_expected("an array").with_found(found)
        });
        array.and_then(|array| array.view()).map_err(|error| error.with_variable(name))
    }

    /// Sets a variable. Gives back what it replaces.
    ///
    /// # Errors
    /// [`Name`](ErrorKind::Name) if a variable cannot have that name: it is part of a file's name.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// let mut pack = Pack::new();
    /// assert!(pack.insert("step", PackValue::serialize(&7)?)?.is_none());
    /// assert!(pack.insert("step", PackValue::serialize(&8)?)?.is_some());
    /// assert!(pack.insert("../step", PackValue::serialize(&9)?).is_err());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        value: impl Into<PackValue>,
    ) -> Result<Option<PackValue>> {
        let (name, value) = (name.into(), value.into());
        super::name::check_variable(&name)?;
        self.skipped.remove(&name);
        self.removed.remove(&name);
        match self.variables.iter_mut().find(|held| held.name == name) {
            Some(held) => {
                held.loaded = false;
                Ok(Some(std::mem::replace(&mut held.value, value)))
            }
            None => {
                self.variables.push(Held { name, value, loaded: false });
                Ok(None)
            }
        }
    }

    /// Takes a variable out: the next [`save`](Self::save) removes it from the folder, one that was
    /// skipped on load too.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let mut pack = Pack::open(folder)?;
    /// assert!(pack.remove("step").is_some());
    /// pack.save()?;
    /// assert_eq!(Pack::open(folder)?.names().count(), 0);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn remove(&mut self, name: &str) -> Option<PackValue> {
        let was_skipped = self.skipped.remove(name);
        let index = self.variables.iter().position(|held| held.name == name);
        if was_skipped || index.is_some() {
            self.removed.insert(name.to_owned());
        }
        Some(self.variables.remove(index?).value)
    }

    /// Says which variables and arrays get files of their own, and which are not saved. See
    /// [`PackRules`] for examples.
    pub fn set_rules(&mut self, rules: PackRules) {
        self.rules = rules;
    }

    /// Attaches to another folder: the next [`save`](Self::save) writes everything that is held there.
    /// What else is in that folder stays; what was not loaded from the one before stays in that one, and
    /// is not brought along as [`save_to`](Self::save_to) does.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.attach(folder.join("copy"));
    /// assert_eq!(pack.folder(), Some(folder.join("copy").as_path()));
    /// pack.save()?;
    /// assert_eq!(Pack::open(folder.join("copy"))?.names().collect::<Vec<_>>(), ["step"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn attach(&mut self, folder: impl Into<PathBuf>) {
        let folder = folder.into();
        // So that a change of the working directory does not move it.
        self.folder = Some(std::path::absolute(&folder).unwrap_or(folder));
        self.skipped.clear();
        self.removed.clear();
        for held in &mut self.variables {
            held.loaded = false;
        }
    }

    /// Reads everything into memory, what was skipped too, and lets go of the folder.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), for what was skipped; [`Value`](ErrorKind::Value) if it cannot be a
    /// value; [`Io`](ErrorKind::Io) if there is not so much memory.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let mut pack = Pack::open(folder)?;
    /// pack.detach()?;
    /// std::fs::remove_dir_all(folder).unwrap(); // nothing is needed of it any more
    /// assert_eq!((pack.names().count(), pack.folder()), (1, None));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn detach(&mut self) -> Result<()> {
        self.load_skipped()?;
        for held in &mut self.variables {
            held.loaded = false;
            match &mut held.value {
                PackValue::Array(array) => *array = array.try_clone()?,
                PackValue::Map(map) => map.detach()?,
                PackValue::Value(_) => {}
            }
        }
        self.folder = None;
        Ok(())
    }

    fn load_skipped(&mut self) -> Result<()> {
        if let (Some(folder), false) = (&self.folder, self.skipped.is_empty()) {
            let options = LoadOptions::new().mode(crate::Mode::ReadOnly);
            let rest = Self::open_some(folder, &options, |name| {
                if self.skipped.contains(name) { Wanted::Yes } else { Wanted::No }
            })?;
            self.skipped.clear();
            self.variables.extend(rest.variables);
        }
        Ok(())
    }

    /// Saves into the folder that it is attached to. Only what was changed is written; variables that
    /// were taken out are removed, all others of the folder stay. See [`Pack`] for an example.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if it is attached to none; else as for
    /// [`Varpack::save`](crate::Varpack::save).
    pub fn save(&mut self) -> Result<()> {
        self.save_with(&SaveOptions::default())
    }

    /// Saves into the folder that it is attached to, as the options say. See [`SaveOptions::overwrite`]
    /// for an example.
    ///
    /// # Errors
    /// As for [`save`](Self::save).
    pub fn save_with(&mut self, options: &SaveOptions) -> Result<()> {
        let Some(folder) = self.folder.clone() else {
            return Err(Error::msg(ErrorKind::Usage, "attached to no folder; use `save_to`"));
        };
        let unchanged = self.variables.iter().filter(|held| held.loaded && !options.overwrite);
        let unchanged = unchanged.filter(|held| !matches!(held.value, PackValue::Array(_)));
        let kept = self.skipped.iter().chain(unchanged.map(|held| &held.name));
        let kept = kept.chain(&self.rules.skip_save).cloned();
        let mut options = options.clone().keep(kept);
        options.remove.clone_from(&self.removed);
        save::save(&folder, &self.variables(), &options)?;
        self.removed.clear();
        for held in &mut self.variables {
            held.loaded = !self.rules.skip_save.contains(&held.name);
        }
        Ok(())
    }

    /// Saves everything into another folder, what was skipped on load too. It stays attached where it
    /// is; [`attach`](Self::attach) changes that. See [`Pack`] for an example.
    ///
    /// # Errors
    /// As for [`Varpack::save`](crate::Varpack::save), and those of [`detach`](Self::detach) for what was
    /// skipped.
    pub fn save_to(&self, folder: impl AsRef<Path>) -> Result<()> {
        self.save_to_with(folder, &SaveOptions::default())
    }

    /// Saves everything into another folder, as the options say. See [`SaveOptions::prune`] for an
    /// example.
    ///
    /// # Errors
    /// As for [`Varpack::save`](crate::Varpack::save), and those of [`detach`](Self::detach) for what was
    /// skipped.
    pub fn save_to_with(&self, folder: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        let mut rest = Self { folder: self.folder.clone(), ..Self::default() };
        rest.skipped.clone_from(&self.skipped);
        rest.load_skipped()?;
        let mut variables = self.variables();
        variables.extend(rest.variables());
        save::save(folder.as_ref(), &variables, options)
    }

    /// Brings what was written in mode `r+` to the disk, and lets other processes use the folder again:
    /// [`AnyArray::flush`](crate::AnyArray::flush), which has an example, for every array.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if the disk fails.
    pub fn flush(&self) -> Result<()> {
        super::flush(&self.variables())
    }

    /// For a save: all that is not left out.
    pub(super) fn variables(&self) -> Vec<Variable<'_>> {
        let rules = &self.rules;
        let saved = self.variables.iter().filter(|held| !rules.skip_save.contains(&held.name));
        saved
            .map(|held| {
                let is_split = match &held.value {
                    PackValue::Map(map) => map.len() < rules.split_max_keys,
                    _ => true,
                };
                let min_len = if is_split { rules.split_min_len } else { usize::MAX };
                Variable {
                    name: Cow::Borrowed(&held.name),
                    aliases: Vec::new(),
                    content: held.value.content(),
                    placement: if rules.separate.contains(&held.name) {
                        Placement::Separate
                    } else {
                        Placement::BySize(rules.separate_min_size)
                    },
                    rule: SplitRule { min_len, int_keys: false },
                    at_default: false,
                }
            })
            .collect()
    }
}

/// Whether a variable is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    No,
    /// What cannot be a value, a cyclic list say, is left in the folder with a note.
    IfPossible,
    Yes,
}

/// Reads a variable, if it is wanted.
fn read(context: &Context<'_>, name: &str, wanted: Wanted) -> Result<Option<PackValue>> {
    let Some((_, entry)) = context.find([name]) else { return Ok(None) };
    let skip = || {
        let mut report = context.report.borrow_mut();
        report.value(name, Some(&entry.filename), LoadAction::Skipped);
    };
    if wanted == Wanted::No {
        skip();
        return Ok(None);
    }
    match context.with_found(name, entry, |found| found.pack_value()) {
        Ok(value) => Ok(Some(value)),
        Err(error) if wanted == Wanted::IfPossible && error.kind() == ErrorKind::Value => {
            skip();
            context.report.borrow_mut().note(error.to_string());
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
