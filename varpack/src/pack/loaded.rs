//! A struct that was loaded, with what the load remembers.

use super::report::LoadReport;
use super::{SaveOptions, Varpack};
use crate::Result;
use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

/// A loaded struct that remembers its folder, what was skipped, and what the load did.
///
/// It dereferences to the struct.
///
/// ```
/// use varpack::{LoadOptions, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     step: u64,
///     #[varpack(separate, default)]
///     history: Vec<f64>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// Run { step: 1, history: vec![0.5] }.save(&folder)?;
/// let mut run = Run::load_with(&folder, &LoadOptions::new().skip(["history"]))?;
/// assert!(run.history.is_empty());
/// run.step = 2;
/// run.save()?; // keeps the history
/// assert_eq!(Run::load(&folder)?.history, [0.5]);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Debug)]
pub struct Loaded<T> {
    pub(super) value: T,
    pub(super) folder: PathBuf,
    pub(super) skipped: BTreeSet<String>,
    pub(super) report: LoadReport,
}

impl<T> Loaded<T> {
    /// The struct alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What the load did with each variable.
    pub fn report(&self) -> &LoadReport {
        &self.report
    }

    /// The folder that was loaded: an absolute path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl<T: Varpack> Loaded<T> {
    /// Saves into the folder that was loaded. What was skipped on load stays as the folder holds it.
    ///
    /// # Errors
    /// As for [`Varpack::save`].
    pub fn save(&self) -> Result<()> {
        self.save_with(&SaveOptions::default())
    }

    /// The same, as the options say.
    ///
    /// # Errors
    /// As for [`Varpack::save`].
    pub fn save_with(&self, options: &SaveOptions) -> Result<()> {
        self.value.save_with(&self.folder, &options.clone().keep(self.skipped.iter().cloned()))
    }
}

impl<T> Deref for Loaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Loaded<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}
