//! [`Pack`]: a folder whose variables are known only at run time.

mod attached;
mod held;
mod npy_dir;
pub(crate) mod open;
mod update;
mod variables;

use super::ordered::Ordered;
use super::value::PackValue;
use crate::folder::baseline::Remembered;
use crate::folder::load::missing;
use crate::folder::report::LoadReport;
use crate::folder::rules::PackRules;
use crate::layout::name;
use crate::npy::Element;
use crate::os::dir::DirId;
use crate::pickle::Value;
use crate::store::trust::Trust;
use crate::{Error, ErrorKind, Result, text};
use held::{HeldVariable, HeldVariables};
use ndarray::{ArrayView, Dimension};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt;
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
/// pack.insert_value("step", &7)?;
/// pack.save_to(&folder)?;
///
/// let mut pack = Pack::open(&folder)?;
/// assert_eq!(pack.names().collect::<Vec<_>>(), ["weights", "step"]);
/// let weights = pack.get("weights").and_then(PackValue::as_array).unwrap();
/// assert_eq!(weights.view::<f32, Ix2>()?.sum(), 10.0);
/// pack.insert_value("step", &8)?;
/// pack.save()?; // writes the pickle and the manifest; `weights.npy` is left alone
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Default)]
pub struct Pack {
    folder: Option<PathBuf>,
    /// Which folder it was when it was loaded or saved: another may stand under the path by now.
    identity: Option<DirId>,
    variables: HeldVariables,
    /// In the folder, and not loaded.
    skipped: BTreeSet<String>,
    /// Taken out since the last save: the next one removes them from the folder.
    removed: BTreeSet<String>,
    rules: PackRules,
    report: LoadReport,
    /// As it was opened: for what is yet to be read of the folder.
    trust: Trust,
    /// What was seen of the folder when it was opened or saved.
    remembered: Remembered,
}

impl Pack {
    /// Without variables, and attached to no folder. See [`Pack`] for an example.
    pub fn new() -> Self {
        Self::default()
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
        self.variables.get(name).map(|held| &held.value)
    }

    /// A variable, for writing.
    ///
    /// ```
    /// # use ndarray::{Ix1, array};
    /// # use varpack::{Pack, PackValue};
    /// let mut pack = Pack::new();
    /// pack.insert("x", PackValue::try_from(array![1.0, 2.0])?)?;
    /// let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    /// x.view_mut::<f64, Ix1>()?[0] = 10.0;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn get_mut(&mut self, name: &str) -> Option<&mut PackValue> {
        let held = self.variables.get_mut(name)?;
        // Of an array that it still is when it is saved, the array itself tells.
        held.loaded = false;
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
        let array = value.as_array().ok_or_else(|| {
            let found = value.as_value().map_or("a dict of arrays", Value::kind_name);
            Error::new(ErrorKind::Value).with_expected("an array").with_found(found)
        });
        array.and_then(|array| array.view()).map_err(|error| error.with_variable(name))
    }

    /// Sets a variable. Gives back what it replaces.
    ///
    /// # Errors
    /// [`Name`](ErrorKind::Name) if a variable cannot have that name; of an array it is the name of a file.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// let mut pack = Pack::new();
    /// assert!(pack.insert("step", PackValue::serialize(&7)?)?.is_none());
    /// assert!(pack.insert("step", PackValue::serialize(&8)?)?.is_some());
    /// let array = || PackValue::try_from(ndarray::arr1(&[0.5]));
    /// assert!(pack.insert("loss", array()?)?.is_none());
    /// assert!(pack.insert("train/loss", array()?).is_err());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        value: impl Into<PackValue>,
    ) -> Result<Option<PackValue>> {
        let (name, value) = (name.into(), value.into());
        match value {
            PackValue::Array(_) => name::check_stem(&name)?,
            PackValue::Map(_) | PackValue::Value(_) => name::check_variable(&name)?,
        }
        self.skipped.remove(&name);
        self.removed.remove(&name);
        let replaced = self.variables.insert(HeldVariable { name, value, loaded: false });
        Ok(replaced.map(|held| held.value))
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
        let held = self.variables.remove(name);
        if was_skipped || held.is_some() {
            self.removed.insert(name.to_owned());
        }
        held.map(|held| held.value)
    }

    /// Says which variables and arrays get files of their own, and which are not saved. See
    /// [`PackRules`] for examples.
    pub fn set_rules(&mut self, rules: PackRules) {
        self.rules = rules;
    }
}

/// Shortened where it is long: values may share their parts.
impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Debug)]
        #[expect(dead_code, reason = "`Debug` reads them")]
        struct Pack<'p> {
            folder: &'p Option<PathBuf>,
            variables: &'p Ordered<String, HeldVariable>,
            skipped: &'p BTreeSet<String>,
            removed: &'p BTreeSet<String>,
            rules: &'p PackRules,
        }
        let Self { folder, variables, skipped, removed, rules, .. } = self;
        let pack = Pack { folder, variables, skipped, removed, rules };
        let is_alternate = f.alternate();
        text::debug_within(f, text::LONGEST_DEBUG, |out| match is_alternate {
            true => write!(out, "{pack:#?}"),
            false => write!(out, "{pack:?}"),
        })
    }
}
