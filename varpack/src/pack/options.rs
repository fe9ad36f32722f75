//! What a caller can say of a load and of a save.

use super::fs::DirId;
use crate::Mode;
use std::collections::BTreeSet;
use std::time::Duration;

/// How a folder is loaded.
///
/// ```
/// use varpack::{LoadOptions, Mode, Pack};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # let mut pack = Pack::new();
/// # pack.insert("history", varpack::PackValue::serialize(&vec![0.5])?)?;
/// # pack.save_to(folder)?;
/// let options = LoadOptions::new().mode(Mode::CopyOnWrite).skip(["history"]);
/// let pack = Pack::open_with(folder, &options)?;
/// assert!(pack.get("history").is_none());
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    pub(crate) mode: Mode,
    pub(crate) skip: BTreeSet<String>,
    pub(crate) wait: Option<Duration>,
}

impl LoadOptions {
    /// Mode `r+`, nothing skipped, no waiting.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// assert_eq!(Pack::open_with(folder, &LoadOptions::new())?.names().count(), 1);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// How arrays are opened; [`Mode::ReadWrite`] by default.
    ///
    /// ```
    /// use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Varpack};
    ///
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Run { x: vec![1.0].into() }.save(folder)?;
    /// let mut run = Run::load_with(folder, &LoadOptions::new().mode(Mode::ReadOnly))?;
    /// assert_eq!(run.x.view_mut().unwrap_err().kind(), ErrorKind::ReadOnly);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Variables, by their names in the folder, that are not loaded: their fields have their
    /// defaults. A save of the [`Loaded`](crate::Loaded), which has an example, keeps what the folder
    /// holds. A name that no field has is an error of the load, and so is one whose field has no default.
    #[must_use]
    pub fn skip<I: IntoIterator<Item: Into<String>>>(mut self, variables: I) -> Self {
        self.skip.extend(variables.into_iter().map(Into::into));
        self
    }

    /// How long to wait while another load edits the folder in place, in this process or another. By
    /// default not at all: the load fails with [`Busy`](crate::ErrorKind::Busy).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use varpack::{LoadOptions, Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let pack = Pack::open_with(folder, &LoadOptions::new().wait(Duration::from_secs(5)))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn wait(mut self, at_most: Duration) -> Self {
        self.wait = Some(at_most);
        self
    }
}

/// How a folder is saved.
///
/// ```
/// use varpack::{Pack, SaveOptions};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let options = SaveOptions::new().sync(false).prune(true);
/// Pack::new().save_to_with(folder, &options)?;
/// assert!(folder.join("varpack.json").exists());
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SaveOptions {
    pub(crate) sync: bool,
    pub(crate) prune: bool,
    pub(crate) overwrite: bool,
    pub(crate) overwrite_fields: BTreeSet<String>,
    pub(crate) keep: BTreeSet<String>,
    /// The folder that it has to be: another may stand under the path by now.
    pub(crate) into: Option<DirId>,
    /// Variables that are taken out of the folder: those that a [`Pack`](crate::Pack) has lost.
    pub(crate) remove: BTreeSet<String>,
    pub(crate) wait: Option<Duration>,
}

impl Default for SaveOptions {
    fn default() -> Self {
        Self {
            sync: true,
            prune: false,
            overwrite: false,
            overwrite_fields: BTreeSet::new(),
            keep: BTreeSet::new(),
            into: None,
            remove: BTreeSet::new(),
            wait: None,
        }
    }
}

impl SaveOptions {
    /// Synced, nothing pruned or overwritten, no waiting.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.save_to_with(folder, &SaveOptions::new())?; // as `save_to` does
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the save is on the disk when it returns: `true` by default. Without, a kill of the process
    /// still leaves the old state or the new one, but a power cut may not.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.save_to_with(folder, &SaveOptions::new().sync(false))?; // a cache: to lose it costs little
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Whether variables of the folder that the struct does not know are removed; they are kept by
    /// default.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// Pack::new().save_to(folder)?; // keeps the step
    /// assert_eq!(Pack::open(folder)?.names().count(), 1);
    /// Pack::new().save_to_with(folder, &SaveOptions::new().prune(true))?;
    /// assert_eq!(Pack::open(folder)?.names().count(), 0);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Whether every field is written, whatever the folder holds: what someone else has saved since
    /// the load is lost. By default that is a [`Stale`](crate::ErrorKind::Stale) error.
    ///
    /// ```
    /// use varpack::{ErrorKind, Pack, PackValue, SaveOptions};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let x = |element: f64| PackValue::try_from(ndarray::array![element]);
    /// let mut pack = Pack::new();
    /// pack.insert("x", x(1.0)?)?;
    /// pack.save_to(folder)?;
    /// let mut mine = Pack::open(folder)?;
    /// pack.insert("x", x(2.0)?)?;
    /// pack.save_to(folder)?; // replaces the file that `mine` was loaded from
    ///
    /// assert_eq!(mine.save().unwrap_err().kind(), ErrorKind::Stale);
    /// mine.save_with(&SaveOptions::new().overwrite(true))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// A `skip_load` field that is written even though it has its default value, by its variable's name
    /// in the folder.
    ///
    /// ```
    /// use varpack::{SaveOptions, Varpack};
    ///
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(skip_load)]
    ///     notes: String,
    /// }
    ///
    /// #[derive(Varpack)]
    /// struct Notes {
    ///     notes: String,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Run { notes: "first try".to_owned() }.save(folder)?;
    /// let run = Run::load(folder)?; // without the notes
    /// run.save(folder)?;
    /// assert_eq!(Notes::load(folder)?.notes, "first try");
    /// run.save_with(folder, &SaveOptions::new().overwrite_field("notes"))?;
    /// assert_eq!(Notes::load(folder)?.notes, "");
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn overwrite_field(mut self, variable: impl Into<String>) -> Self {
        self.overwrite_fields.insert(variable.into());
        self
    }

    /// Variables that stay as the folder holds them, whatever the fields' values are: those that
    /// [`LoadOptions::skip`] skipped. [`Loaded::save`](crate::Loaded::save) knows them by itself.
    ///
    /// ```
    /// use varpack::{LoadOptions, SaveOptions, Varpack};
    ///
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(separate, default)]
    ///     history: Vec<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Run { history: vec![0.5] }.save(folder)?;
    /// let run = Run::load_with(folder, &LoadOptions::new().skip(["history"]))?.into_inner();
    /// run.save_with(folder, &SaveOptions::new().keep(["history"]))?;
    /// assert_eq!(Run::load(folder)?.history, [0.5]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn keep<I: IntoIterator<Item: Into<String>>>(mut self, variables: I) -> Self {
        self.keep.extend(variables.into_iter().map(Into::into));
        self
    }

    pub(crate) fn into_folder(mut self, folder: DirId) -> Self {
        self.into = Some(folder);
        self
    }

    /// How long to wait for other saves and for loads that edit the folder in place. By default not at
    /// all: the save fails with [`Busy`](crate::ErrorKind::Busy).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use varpack::{Pack, PackValue, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.save_to_with(folder, &SaveOptions::new().wait(Duration::from_secs(5)))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn wait(mut self, at_most: Duration) -> Self {
        self.wait = Some(at_most);
        self
    }
}
