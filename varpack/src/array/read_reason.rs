//! Where a load has put an array, and why.

use std::fmt;

/// Where a load has put an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// Mapped from its file.
    Mapped,
    /// In memory; why it is not mapped.
    Read(ReadReason),
}

/// Why a load has read an array into memory and not mapped it. Its [`Display`](fmt::Display) is what the
/// [`LoadReport`](crate::LoadReport) prints.
///
/// ```
/// use varpack::{LoadAction, LoadOptions, MmapArray1, ReadReason, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     mask: MmapArray1<bool>,
///     #[varpack(mmap)]
///     losses: MmapArray1<f64>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { mask: vec![true; 100_000].into(), losses: vec![0.5].into() }.save(folder)?;
/// let loaded = Run::load_with(folder, &LoadOptions::new())?;
/// let [mask, losses] = loaded.report().entries() else { unreachable!() };
/// assert_eq!(mask.action, LoadAction::Read(Some(ReadReason::Checked)));
/// assert_eq!(losses.action, LoadAction::Read(Some(ReadReason::Small)));
/// assert_eq!(ReadReason::Small.to_string(), "small");
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadReason {
    /// The load was in [`Mode::InMemory`](crate::Mode::InMemory).
    Asked,
    /// A symbolic link led to the file.
    Link,
    /// The file has other names (hard links), on a network or a file system of a user's program: to the system each
    /// may be a file of its own there, which no lock keeps from being edited by another name.
    HardLinks,
    /// Not every byte pattern is an element, so that each has to be checked: `bool`.
    Checked,
    /// The elements are in a byte order other than this machine's.
    ByteOrder,
    /// The elements are arrays, which a file in Fortran order scatters.
    FortranOrder,
    /// The elements do not start at a multiple of 16 bytes.
    Unaligned,
    /// Another variable of the load has the same file.
    SameFile,
    /// The file has at most 64 KiB: reading it is faster. In mode `r+` the first write maps it.
    Small,
    /// The operating system cannot map it.
    Unmappable,
    /// The file system has no locks of the kind that keeps others from editing a mapped file in place; or a map would
    /// have to keep a descriptor for its lock, and this process keeps too many already.
    NoLock,
    /// The file has holes and lies in memory (tmpfs), where a read of a mapped hole takes space, and ends the
    /// process if there is none.
    Holes,
    /// The array is a value inside a pickle.
    InPickle,
    /// The elements are Python objects, pickled inside the file.
    Objects,
    /// The elements are of another dtype than the field's, and were cast: `cast` of the derive.
    Cast,
}

impl fmt::Display for ReadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Asked => "asked for",
            Self::Link => "reached through a link",
            Self::HardLinks => "it has other names, which cannot be locked with it here",
            Self::Checked => "not every byte pattern is an element",
            Self::ByteOrder => "its byte order is foreign",
            Self::FortranOrder => "Fortran order scatters its elements",
            Self::Unaligned => "its elements are not aligned",
            Self::SameFile => "another variable is in the same file",
            Self::Small => "small",
            Self::Unmappable => "the system cannot map it",
            Self::NoLock => "its file cannot be kept locked",
            Self::Holes => "it has holes, in a file system in memory",
            Self::InPickle => "inside a pickle",
            Self::Objects => "Python objects",
            Self::Cast => "cast from another dtype",
        })
    }
}
