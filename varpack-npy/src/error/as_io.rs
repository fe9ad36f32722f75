//! The error among those of the standard library: what is beneath it, and as an [`io::Error`].

use super::{Error, ErrorKind};
use std::error::Error as StdError;
use std::io;

impl StdError for Error {
    /// What [`cause`](Error::cause) gives: mostly the operating system's [`io::Error`]. This error's own text has its
    /// text too, for a text alone has to say what is wrong.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause().map(|cause| cause as _)
    }
}

/// For functions that give [`io::Result`]. Of the kind of the operating system's error if one is beneath it, else of
/// the nearest that there is; the error itself is inside ([`io::Error::get_ref`]).
///
/// ```
/// use std::io;
/// use varpack_npy::{Error, Header};
///
/// fn itemsize(file: &[u8]) -> io::Result<usize> {
///     Ok(Header::parse(file)?.dtype.itemsize())
/// }
///
/// let error = itemsize(b"").unwrap_err();
/// assert_eq!(error.kind(), io::ErrorKind::InvalidData);
/// assert!(error.get_ref().is_some_and(|inner| inner.is::<Error>()));
/// ```
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = error.os_kind().unwrap_or_else(|| nearest(error.kind()));
        Self::new(kind, error)
    }
}

fn nearest(kind: ErrorKind) -> io::ErrorKind {
    match kind {
        ErrorKind::NotFound | ErrorKind::MissingVariable => io::ErrorKind::NotFound,
        ErrorKind::Exists => io::ErrorKind::AlreadyExists,
        ErrorKind::ReadOnly => io::ErrorKind::PermissionDenied,
        ErrorKind::Busy => io::ErrorKind::ResourceBusy,
        ErrorKind::Usage | ErrorKind::Name => io::ErrorKind::InvalidInput,
        ErrorKind::FileType
        | ErrorKind::Npy
        | ErrorKind::Dtype
        | ErrorKind::Shape
        | ErrorKind::Pickle
        | ErrorKind::Manifest
        | ErrorKind::Value
        | ErrorKind::Limit => io::ErrorKind::InvalidData,
        // `Interrupted` is not for what was cancelled: the standard library would begin anew.
        ErrorKind::Io
        | ErrorKind::Stale
        | ErrorKind::InterruptedSaveConflict
        | ErrorKind::CommitPending
        | ErrorKind::DurabilityUnknown
        | ErrorKind::Cancelled => io::ErrorKind::Other,
    }
}
