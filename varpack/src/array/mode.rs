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
/// assert!(Run::load(folder)?.x.is_mapped()); // in mode `CopyOnWrite`, the default
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `c`, the default: mapped copy-on-write. What is written through
    /// [`MmapArray::view_mut`](crate::MmapArray::view_mut) stays in this process, and in its memory as long as the array lives, until a save brings all of
    /// it to the folder or nothing.
    #[default]
    CopyOnWrite,
    /// `r+`: mapped; a write through `view_mut` is a write to the file at once, and no part of a save's all or nothing. The
    /// first one opens the file for writing, until then it is mapped read-only. [`Varpack::edit`](crate::Varpack::edit) and
    /// [`Pack::edit`](crate::Pack::edit) load so.
    ReadWrite,
    /// `r`: mapped read-only; `view_mut` is refused.
    ReadOnly,
    /// Read into memory: nothing stays open, mapped or locked.
    InMemory,
}
