//! What a caller can say of a save.

use crate::os::System;
use crate::os::dir::DirId;
use crate::store::held_writer::HeldWriter;
use crate::store::progress::{Callback, Progress};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

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
    /// As `keep`, by a [`Pack`](crate::Pack) or [`Loaded`](crate::Loaded) that knows what it did not load:
    /// not all of it need be in the folder or saved.
    pub(crate) carry: BTreeSet<String>,
    /// The folder that it has to be: another may stand under the path by now.
    pub(crate) into: Option<DirId>,
    /// Variables that are taken out of the folder: those that a [`Pack`](crate::Pack) has lost.
    pub(crate) remove: BTreeSet<String>,
    pub(crate) wait: Option<Duration>,
    pub(crate) without_lock: bool,
    /// 0: one a core.
    pub(crate) threads: usize,
    pub(crate) progress: Option<Callback>,
    /// The folder's writer lock, if it is held already.
    pub(crate) writer: Option<Arc<HeldWriter>>,
    /// Whether who saves looks at its report.
    pub(crate) is_reported: bool,
    /// What the folder lies in.
    pub(crate) system: System,
}

impl Default for SaveOptions {
    fn default() -> Self {
        Self {
            sync: true,
            prune: false,
            overwrite: false,
            overwrite_fields: BTreeSet::new(),
            keep: BTreeSet::new(),
            carry: BTreeSet::new(),
            into: None,
            remove: BTreeSet::new(),
            wait: None,
            without_lock: false,
            threads: 0,
            progress: None,
            writer: None,
            is_reported: true,
            system: System::default(),
        }
    }
}

impl SaveOptions {
    /// Synced, nothing pruned or overwritten, no waiting, a thread for each core.
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

    /// Whether variables of the folder that the struct does not save are removed, whoever has put or changed them
    /// there, and whenever: those that it does not know, and those of its `skip_save` fields. They are kept by default.
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
    /// the load is lost. By default what was not changed here stays as the folder has it, and what both have
    /// changed is a [`Stale`](crate::ErrorKind::Stale) error. A field that the load of this folder has skipped
    /// and that still has its default stays as the folder has it all the same, unless
    /// [`overwrite_field`](Self::overwrite_field) names it.
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
    /// mine.insert("x", x(3.0)?)?;
    /// assert_eq!(mine.save().unwrap_err().kind(), ErrorKind::Stale);
    /// mine.save_with(&SaveOptions::new().overwrite(true))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// A field that is written whatever the folder holds, by its variable's name there: even though it was not
    /// loaded and has its default value (a `skip_load` field, or one that the load has
    /// [skipped](crate::LoadOptions::skip)), though someone else has changed it since, and though the file that it
    /// gets (`<name>.npy`, `<name>.pickle`) is there and belongs to no variable. The save fails with
    /// [`MissingVariable`](crate::ErrorKind::MissingVariable) if neither a field nor the folder has that name.
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
    /// [`LoadOptions::skip`](crate::LoadOptions::skip) skipped. [`Loaded::save`](crate::Loaded::save) knows
    /// them by itself. The save fails with [`MissingVariable`](crate::ErrorKind::MissingVariable) if neither
    /// a field nor the folder has one of the names.
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

    pub(crate) fn carry(mut self, variables: impl IntoIterator<Item = String>) -> Self {
        self.carry.extend(variables);
        self
    }

    /// The default, for who does not look at the report.
    pub(crate) fn unreported() -> Self {
        Self { is_reported: false, ..Self::default() }
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

    /// Whether to save where the folder cannot be locked: on a file system without locks, or beside a lock file
    /// that may not be opened. By default that is a [`ReadOnly`](crate::ErrorKind::ReadOnly) error, for
    /// nothing would keep two saves apart.
    ///
    /// Say it where nobody else saves into the folder. If somebody does all the same, one of the saves is made and
    /// the others are errors, and the folder loads, but for a variable that one takes out while another puts it
    /// in again. A save that is killed leaves `.varpack-staging`, and no
    /// later one can tell it from a save that is under way: the error names it, to be removed by hand.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.save_to_with(folder, &SaveOptions::new().without_lock(true))?; // on an old network share
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn without_lock(mut self, without_lock: bool) -> Self {
        self.without_lock = without_lock;
        self
    }

    /// How many threads write arrays, and look at the files of a folder that has many: 0, the default, as many
    /// as there are cores; 1 keeps everything on the caller's thread.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.save_to_with(folder, &SaveOptions::new().threads(1))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, at_most: usize) -> Self {
        self.threads = at_most;
        self
    }

    /// A function that is told how far the save is, after each file and within large ones; by threads of
    /// the save, one at a time. What is left alone does not count; the totals are known from the first
    /// call. If it returns [`ControlFlow::Break`] the save ends with
    /// [`Cancelled`](crate::ErrorKind::Cancelled), and the folder has its old state.
    ///
    /// The last call, with all files done, comes when the save is made: what it returns changes nothing.
    /// The files are synced before it, so it may be long after the one before. A save that finds nothing to
    /// write does not call it.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use varpack::{ErrorKind, Pack, PackValue, SaveOptions};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().join("run");
    /// let mut pack = Pack::new();
    /// pack.insert("x", PackValue::try_from(ndarray::Array1::<f32>::zeros(1_000_000))?)?;
    /// let options = SaveOptions::new().progress(|progress| {
    ///     println!("{} of {} bytes", progress.bytes_done, progress.bytes_total);
    ///     ControlFlow::Break(()) // as if Ctrl-C was pressed
    /// });
    /// let error = pack.save_to_with(&folder, &options).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Cancelled);
    /// assert!(!folder.exists());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn progress(
        mut self,
        callback: impl FnMut(Progress) -> ControlFlow<()> + Send + 'static,
    ) -> Self {
        self.progress = Some(Callback::new(callback));
        self
    }
}
