//! What a caller can say of a load.

use crate::Mode;
use crate::pack::progress::{Callback, Progress};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
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
    /// 0: one a core.
    pub(crate) threads: usize,
    pub(crate) progress: Option<Callback>,
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

    /// How many threads open and read the arrays of a map or a [`Pack`](crate::Pack), and large arrays that
    /// are read into memory: 0, the default, as many as there are cores; 1 keeps everything on the caller's
    /// thread. Each has one file open at a time. What is loaded, reported or named by an error does not
    /// depend on them; a few dozen files are opened by one thread, for that is faster.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let pack = Pack::open_with(folder, &LoadOptions::new().threads(1))?;
    /// # assert_eq!(pack.names().count(), 1);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn threads(mut self, at_most: usize) -> Self {
        self.threads = at_most;
        self
    }

    /// A function that is told how far the load is, after each file and within large ones; by threads of
    /// the load, one at a time. If it returns [`ControlFlow::Break`] the load ends with
    /// [`Cancelled`](crate::ErrorKind::Cancelled), the function is not called again, and the folder is as it
    /// was. A load that starts over, for the folder was saved to meanwhile, counts anew from zero.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use varpack::{LoadOptions, Pack};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", varpack::PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let options = LoadOptions::new().progress(|progress| {
    ///     println!("{} of {} files", progress.files_done, progress.files_total);
    ///     ControlFlow::Continue(())
    /// });
    /// let pack = Pack::open_with(folder, &options)?;
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
