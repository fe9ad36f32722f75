//! What a caller can say of a load.

use crate::Mode;
use crate::os::System;
use crate::os::dir::DirId;
use crate::store::folder::Folder;
use crate::store::progress::{Callback, Progress};
use crate::store::trust::{Links, Trust};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
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
    pub(crate) trust: Trust,
    /// The folder that it has to be, if it is read again: another may stand under the path by now.
    pub(crate) same: Option<DirId>,
    /// That folder, if it is in use already.
    pub(crate) open: Option<Arc<Folder>>,
    /// What the folder lies in.
    pub(crate) system: System,
}

impl LoadOptions {
    /// Mode `c`, nothing skipped, no waiting, a thread for each core, no links followed, and the limits that
    /// each option names.
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

    /// How arrays are opened; [`Mode::CopyOnWrite`] by default.
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
    ///
    /// The name of a field under `flatten` means all of it: `opt`. Of a map of arrays single items may be skipped, `w[key]`: the map
    /// lacks them, and a save keeps them all the same until they are set. A map that is skipped whole, and that something is put into, is a
    /// change of all of it: the save removes what the folder has of it.
    ///
    /// ```
    /// # use std::collections::BTreeMap;
    /// # use varpack::{LoadOptions, MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     w: BTreeMap<String, MmapArray1<f64>>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// let w = ["a", "b"].map(|key| (key.to_owned(), vec![1.0].into())).into();
    /// Run { w }.save(folder)?;
    /// let mut run = Run::load_with(folder, &LoadOptions::new().skip(["w[a]"]))?;
    /// assert_eq!(run.w.keys().collect::<Vec<_>>(), ["b"]);
    /// run.w.insert("c".to_owned(), vec![2.0].into());
    /// run.save()?;
    /// assert_eq!(Run::load(folder)?.w.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
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
    /// depend on them (but for the array at which a limit on memory is passed); fewer than 32 files are
    /// opened by one thread, and by default so is what takes less than some 10 ms, for that is faster.
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

    /// How large `varpack.json` may be, in bytes; 256 MiB by default, ten times what 100,000 arrays with
    /// long names take.
    ///
    /// Over it the load fails with [`Limit`](crate::ErrorKind::Limit), before anything is allocated.
    ///
    /// ```
    /// use varpack::{ErrorKind, LoadOptions, Pack, PackValue};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// let mut pack = Pack::new();
    /// pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.save_to(folder)?;
    /// let error = Pack::open_with(folder, &LoadOptions::new().max_manifest_size(16)).unwrap_err();
    /// assert_eq!((error.kind(), error.expected()), (ErrorKind::Limit, Some("at most 16 bytes")));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn max_manifest_size(mut self, bytes: u64) -> Self {
        self.trust.max_manifest_size = bytes;
        self
    }

    /// How large a pickle may be, in bytes: the one that variables share, those of their own, and those
    /// inside arrays of Python objects. By default only [`max_in_memory`](Self::max_in_memory) limits
    /// them. Values take memory in proportion to their pickle, mostly a few times its size.
    ///
    /// Over it the load fails with [`Limit`](crate::ErrorKind::Limit), before anything is allocated.
    ///
    /// ```
    /// use varpack::{ErrorKind, LoadOptions, Varpack};
    ///
    /// #[derive(Debug, Varpack)]
    /// struct Upload {
    ///     #[varpack(separate)]
    ///     comments: Vec<String>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Upload { comments: vec!["very good".to_owned(); 1000] }.save(folder)?;
    /// let options = LoadOptions::new().max_pickle_size(100);
    /// let error = Upload::load_with(folder, &options).unwrap_err();
    /// assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("comments")));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn max_pickle_size(mut self, bytes: u64) -> Self {
        self.trust.max_pickle_size = bytes;
        self
    }

    /// How much memory one load takes in all, in bytes: of the files that it reads (arrays that are not mapped,
    /// pickles, `varpack.json`, the record and the manifests of an interrupted save), of what they are parsed into,
    /// and of the values made of them. What is mapped does not count.
    ///
    /// Objects that a pickle refers to many times, and that have to be made for each reference, may take 64 MiB and
    /// 128 bytes for each byte of the pickles. A limit that is set here takes the place of that one, so a folder that
    /// needs more of it loads with a limit that is high enough.
    ///
    /// By default as much as the machine has, swap included: a load that needs more cannot succeed, and
    /// without the error the system would end the process, or another one. (A sparse file of terabytes
    /// takes no room on a disk, but all of it in memory.) A process that may use less, one in a container
    /// say, sets less.
    ///
    /// Over it the load fails with [`Limit`](crate::ErrorKind::Limit), before the memory is taken.
    ///
    /// ```
    /// use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Varpack};
    ///
    /// #[derive(Debug, Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Run { x: vec![1.0; 100_000].into() }.save(folder)?;
    /// let options = LoadOptions::new().max_in_memory(100_000);
    /// assert!(Run::load_with(folder, &options).is_ok()); // mapped
    /// let error = Run::load_with(folder, &options.mode(Mode::InMemory)).unwrap_err();
    /// assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("x")));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn max_in_memory(mut self, bytes: u64) -> Self {
        self.trust.max_in_memory = Some(bytes);
        self
    }

    /// Whether a file of the folder may be a symbolic link to a regular file elsewhere; by default it may
    /// not, for a folder of a stranger could show any file that this process can read.
    ///
    /// Arrays, pickles and `varpack.json` are followed, the folders and files of a save never. What is
    /// behind a link belongs to no lock of this folder, so an array there is read into memory in every
    /// mode, which the [`LoadReport`](crate::LoadReport) says. Except in mode `r` it can be written to there, as in
    /// mode `c`.
    ///
    /// **A save never writes through a link, nor over one.** An array that is unchanged, behind a link
    /// that still leads to the same file, stays that link. A save that has to write a file where a link
    /// stands fails with [`FileType`](crate::ErrorKind::FileType) and leaves the folder as it is: take the link
    /// away first, and the save makes a file in its place. `varpack.json` and the shared pickle have to be
    /// files for any save.
    ///
    /// ```
    /// use varpack::{LoadOptions, MmapArray1, Varpack};
    ///
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     images: MmapArray1<u8>,
    ///     step: u64,
    /// }
    ///
    /// # let root = tempfile::tempdir().unwrap();
    /// # let (folder, datasets) = (root.path().join("run"), root.path());
    /// # Run { images: vec![7; 100_000].into(), step: 1 }.save(&folder)?;
    /// std::fs::rename(folder.join("images.npy"), datasets.join("digits.npy")).unwrap();
    /// std::os::unix::fs::symlink(datasets.join("digits.npy"), folder.join("images.npy")).unwrap();
    /// assert!(Run::load(&folder).is_err());
    /// let mut run = Run::load_with(&folder, &LoadOptions::new().follow_links(true))?;
    /// assert!(run.report().to_string().contains("reached through a link"));
    /// run.step = 2;
    /// run.save()?;
    /// assert!(folder.join("images.npy").is_symlink());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    #[must_use]
    pub fn follow_links(mut self, follow: bool) -> Self {
        self.trust.links = if follow { Links::Follow } else { Links::Refuse };
        self
    }
}
