//! A struct that was loaded, with what the load remembers.

use super::elsewhere::{Skipped, add_items, is_partial};
use super::fields::PackFields;
use super::writer::PackWriter;
use crate::dynamic::pack::Pack;
use crate::dynamic::pack::open::Wanted;
use crate::folder::baseline::Remembered;
use crate::folder::content;
use crate::folder::options::{LoadOptions, SaveOptions};
use crate::folder::report::{LoadReport, SaveReport};
use crate::folder::save;
use crate::os::dir::{Dir, DirId, answered};
use crate::store::trust::Trust;
use crate::{Mode, Result};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

/// A loaded struct that remembers its folder, what each variable was, what was skipped, and what the load did.
///
/// So a save knows what was changed here, and what by someone else: see [`Varpack::save`](crate::Varpack::save).
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
    pub(crate) value: T,
    pub(crate) folder: PathBuf,
    /// Which folder it was: another may stand under the path by now.
    pub(crate) identity: DirId,
    pub(crate) trust: Trust,
    pub(crate) report: LoadReport,
    /// What was seen at the load, and at each save since.
    pub(crate) remembered: Remembered,
}

impl<T> Loaded<T> {
    /// The struct alone.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1 }.save(folder)?;
    /// let loaded = Counter::load_with(folder, &LoadOptions::new())?;
    /// let counter: Counter = loaded.into_inner();
    /// assert_eq!(counter.n, 1);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }

    /// What the load did with each variable.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1 }.save(folder)?;
    /// let loaded = Counter::load_with(folder, &LoadOptions::new())?;
    /// assert!(loaded.report().to_string().starts_with("n  read"));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn report(&self) -> &LoadReport {
        &self.report
    }

    /// The folder that was loaded: an absolute path.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1 }.save(folder)?;
    /// let loaded = Counter::load_with(folder, &LoadOptions::new())?;
    /// assert_eq!(loaded.folder(), folder);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl<T: PackFields> Loaded<T> {
    /// Saves into the folder that was loaded. What was not changed here stays as the folder holds it by now,
    /// and so does what was skipped on load and still has its default. See [`Loaded`] for an example.
    ///
    /// # Errors
    /// As for [`Varpack::save`](crate::Varpack::save); [`Stale`](crate::ErrorKind::Stale) if another folder stands in its place.
    pub fn save(&self) -> Result<()> {
        self.save_with(&SaveOptions::unreported()).map(drop)
    }

    /// Saves into another folder, with what was skipped on load and still has its default: it is read from the
    /// folder that was loaded. Variables of that folder that the struct does not know are not brought along.
    ///
    /// # Errors
    /// As for [`Varpack::save`](crate::Varpack::save), and as for [`Varpack::load`](crate::Varpack::load) for what was skipped;
    /// [`Stale`](crate::ErrorKind::Stale) if another folder stands in the place of the one that was loaded.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    ///     #[varpack(default)]
    ///     notes: String,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1, notes: "first".to_owned() }.save(folder)?;
    /// let loaded = Counter::load_with(folder, &LoadOptions::new().skip(["notes"]))?;
    /// loaded.save_to(folder.join("copy"))?;
    /// assert_eq!(Counter::load(folder.join("copy"))?.notes, "first");
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn save_to(&self, folder: impl AsRef<Path>) -> Result<()> {
        self.save_to_with(folder, &SaveOptions::unreported()).map(drop)
    }

    /// Saves into another folder, with what was skipped on load and still has its default, as the options say. Gives what was
    /// done with each variable.
    ///
    /// # Errors
    /// As for [`Varpack::save_with`](crate::Varpack::save_with), and as for [`Varpack::load`](crate::Varpack::load) for what was skipped.
    ///
    /// ```
    /// # use varpack::{LoadOptions, SaveOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1 }.save(folder)?;
    /// let loaded = Counter::load_with(folder, &LoadOptions::new())?;
    /// loaded.save_to_with(folder.join("copy"), &SaveOptions::new().sync(false))?;
    /// assert_eq!(Counter::load(folder.join("copy"))?.n, 1);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn save_to_with(
        &self,
        folder: impl AsRef<Path>,
        options: &SaveOptions,
    ) -> Result<SaveReport> {
        let folder = folder.as_ref();
        let mut variables = PackWriter::collect(&self.value)?;
        // Into the folder that was loaded, under whatever path, it is a save as any: what was skipped stays.
        let found = answered(Dir::open(&options.system, folder).and_then(|dir| dir.id()))?;
        if found.is_ok_and(|id| id == self.identity) {
            let options = options.clone().into_folder(self.identity);
            return save::save(folder, &variables, &options, Some(&self.remembered), false)?
                .outcome;
        }
        // Its own edits in place would keep what was skipped from being read.
        content::flush(&variables)?;
        let base = self.remembered.get();
        let sight = base.as_ref().map(|base| base.sight());
        let seen = sight.as_deref();
        let reading = LoadOptions {
            mode: Mode::ReadOnly,
            trust: self.trust,
            same: Some(self.identity),
            system: options.system.clone(),
            ..LoadOptions::new()
        };
        let read = |is_wanted: &dyn Fn(&str) -> bool| {
            Pack::open_some(&self.folder, &reading, |name| match is_wanted(name) {
                true => Wanted::Yes,
                false => Wanted::No,
            })
        };
        let skipped = Skipped::of(&variables, seen)?;
        let (whole, items);
        if variables.iter().any(|it| it.names().any(|name| is_partial(seen, name))) {
            items = read(&|name| is_partial(seen, name))?;
            add_items(&mut variables, &items, seen)?;
        }
        if !skipped.is_empty() {
            whole = read(&|name| skipped.has(name))?;
            skipped.fill(&mut variables, &whole);
        }
        drop(sight); // which the save looks at, too
        save::save(folder, &variables, options, Some(&self.remembered), false)?.outcome
    }

    /// Saves into the folder that was loaded, as the options say. Gives what was done with each variable: see
    /// [`SaveReport`].
    ///
    /// # Errors
    /// As for [`Varpack::save_with`](crate::Varpack::save_with); [`Stale`](crate::ErrorKind::Stale) if another folder stands in its
    /// place.
    ///
    /// ```
    /// # use varpack::{LoadOptions, SaveOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1 }.save(folder)?;
    /// let mut loaded = Counter::load_with(folder, &LoadOptions::new())?;
    /// loaded.n += 1;
    /// loaded.save_with(&SaveOptions::new().sync(false))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn save_with(&self, options: &SaveOptions) -> Result<SaveReport> {
        let options = options.clone().into_folder(self.identity);
        let variables = PackWriter::collect(&self.value)?;
        save::save(&self.folder, &variables, &options, Some(&self.remembered), false)?.outcome
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
