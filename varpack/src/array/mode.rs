//! How a load opens arrays.

/// How arrays are opened on load.
///
/// The names are NumPy's for `np.load(mmap_mode=…)`. Whatever the mode, an array that cannot be mapped
/// (in a foreign byte order, not aligned, of `bool`, or behind a link) is read into memory, and so is a file
/// of up to 64 KiB, for reading it is faster; the [`LoadReport`](crate::LoadReport) gives the
/// [`ReadReason`](crate::ReadReason).
///
/// ```
/// use varpack::{LoadOptions, MmapArray1, Mode, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f64>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { x: vec![1.0; 100_000].into() }.save(folder)?;
/// let run = Run::load_with(folder, &LoadOptions::new().mode(Mode::InMemory))?;
/// assert!(!run.x.is_mapped());
/// assert!(Run::load(folder)?.x.is_mapped()); // in mode `ReadWrite`, the default
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `r+`: mapped; a write through [`MmapArray::view_mut`](crate::MmapArray::view_mut) is a write to the
    /// file. The first one opens the file for writing, until then it is mapped read-only.
    #[default]
    ReadWrite,
    /// `r`: mapped read-only; `view_mut` is refused.
    ReadOnly,
    /// `c`: mapped copy-on-write; writes stay in this process until a save.
    CopyOnWrite,
    /// Read into memory: nothing stays open, mapped or locked.
    InMemory,
}
