//! The one error type: what went wrong, where, what was expected and what was found.

mod as_io;
mod from_serde;
mod report;

use self::from_serde::SHOWN_AS;
use self::report::Report;
use crate::text;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::{Path, PathBuf};

/// The result of every fallible function of this crate.
///
/// ```
/// use varpack_npy::Header;
///
/// fn itemsize(file: &[u8]) -> varpack_npy::Result<usize> {
///     Ok(Header::parse(file)?.dtype.itemsize())
/// }
/// # assert!(itemsize(b"").is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong, for code that reacts to it.
///
/// ```
/// use varpack_npy::{Dtype, ErrorKind};
///
/// let dtype = match Dtype::parse("<f3") {
///     Err(error) if error.kind() == ErrorKind::Dtype => Dtype::parse("<f4")?,
///     dtype => dtype?,
/// };
/// assert_eq!(dtype.name(), "float32");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused or failed an operation.
    Io,
    /// The folder or a file of it does not exist.
    NotFound,
    /// The path is not what it has to be: a file for a folder, a link, a FIFO, a device.
    FileType,
    /// The bytes of a `.npy` file are not what NumPy's format says (NEP 1).
    Npy,
    /// The array's dtype is not the one asked for, or one that cannot be handled.
    Dtype,
    /// The array's shape or number of axes is not the one asked for.
    Shape,
    /// The bytes of a pickle are not what the pickle protocols say.
    Pickle,
    /// `varpack.json` is not a manifest.
    Manifest,
    /// A variable's name cannot be a file's name.
    Name,
    /// The folder lacks a variable.
    MissingVariable,
    /// A value inside a pickle has another type than the one asked for, or cannot be represented.
    Value,
    /// A save would take the name of a file that no variable of the folder owns, or two variables of the
    /// folder for one field, or finds a stranger's where its own files go.
    Exists,
    /// The array or folder may not be written to: loaded in mode `r`, the folder cannot be locked, or the system
    /// does not let a file of it be replaced.
    ReadOnly,
    /// Another holder of the folder is in the way.
    Busy,
    /// What is to be saved or edited was changed here and, since it was loaded, in the folder; or another copy
    /// of what was loaded has saved since; or another folder stands in the place of the one that was loaded.
    Stale,
    /// A limit was reached: one of a format, of the options of a load, or of what can be addressed.
    Limit,
    /// An interrupted save cannot be finished: the folder has changed since.
    InterruptedSaveConflict,
    /// The save is committed, but moving its files into place failed; the next save finishes it,
    /// or the first edit in place.
    CommitPending,
    /// The save is committed, but a sync failed: whether it survives a power cut is not known.
    DurabilityUnknown,
    /// The progress callback ended a save or a load.
    Cancelled,
    /// An option or a call that makes no sense here.
    Usage,
}

/// What went wrong in a save, a load or a conversion.
///
/// Every error names, where they apply, the [`path`](Error::path), the
/// [`variable`](Error::variable), what was [`expected`](Error::expected) and what was
/// [`found`](Error::found).
///
/// Names and values may come from a stranger, so a part is cut after 1024 bytes, with its length told, and
/// the text shows what a terminal or a log would obey or hide as an escape; the parts themselves
/// are as they were found:
///
/// ```
/// # use varpack_npy::{Error, ErrorKind};
/// let error = Error::msg(ErrorKind::Value, "not a rate").with_variable("a\nb").with_found("x".repeat(5000));
/// assert_eq!(error.variable(), Some("a\nb"));
/// let text = error.to_string();
/// assert!(text.starts_with(r"variable `a\nb`: not a rate: found xxx") && text.ends_with("x… (5000 bytes)"));
/// ```
///
/// ```
/// use varpack_npy::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Dtype)
///     .with_variable("weights")
///     .with_path("runs/7/weights.npy")
///     .with_expected("dtype float32")
///     .with_found("float64");
/// assert_eq!(
///     error.to_string(),
///     "array `weights` in runs/7/weights.npy: expected dtype float32, found float64",
/// );
/// ```
pub struct Error {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: Option<String>,
    path: Option<PathBuf>,
    variable: Option<String>,
    expected: Option<String>,
    found: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

// Its source is not told to be either, but all that is done with it is to show it. Loaded arrays hold what may be an
// error, and are to be usable after a panic.
impl UnwindSafe for Error {}
impl RefUnwindSafe for Error {}

impl Error {
    /// An error of a kind, nothing else known yet.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Shape).with_expected("2 axes").with_found("3");
    /// assert_eq!(error.to_string(), "expected 2 axes, found 3");
    /// ```
    pub fn new(kind: ErrorKind) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: None,
                path: None,
                variable: None,
                expected: None,
                found: None,
                source: None,
            }),
        }
    }

    /// An error of a kind that says `message`: a lower-case phrase without a full stop.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::msg(ErrorKind::Value, "a rate is positive").with_variable("rate");
    /// assert_eq!(error.to_string(), "variable `rate`: a rate is positive");
    /// ```
    pub fn msg(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::new(kind).with_message(message)
    }

    /// An error of the operating system at `path` while doing `action` (`"cannot open"`): of kind
    /// [`NotFound`](ErrorKind::NotFound) if the system says so, else [`Io`](ErrorKind::Io).
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let source = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    /// let error = Error::io("cannot open", "runs/7", source);
    /// assert_eq!(error.kind(), ErrorKind::Io);
    /// assert_eq!(error.to_string(), "runs/7: cannot open: permission denied");
    /// ```
    pub fn io(action: &str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::NotFound => ErrorKind::NotFound,
            _ => ErrorKind::Io,
        };
        Self::msg(kind, action).with_path(path).with_source(source)
    }

    /// Sets what went wrong, a lower-case phrase.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Usage).with_message("there is nothing to save");
    /// assert_eq!(error.to_string(), "there is nothing to save");
    /// ```
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.inner.message = Some(text::bounded(message));
        self
    }

    /// Names the file or folder, unless it is named already: the innermost knows best.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Npy).with_path("runs/7/x.npy").with_path("runs/7");
    /// assert_eq!(error.path().unwrap(), "runs/7/x.npy");
    /// ```
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.inner.path.get_or_insert_with(|| path.into());
        self
    }

    /// Names the variable (`split[train]`), unless it is named already.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Value).with_variable("split[train]").with_variable("split");
    /// assert_eq!(error.variable(), Some("split[train]"));
    /// ```
    #[must_use]
    pub fn with_variable(mut self, variable: impl Into<String>) -> Self {
        self.inner.variable.get_or_insert_with(|| text::bounded(variable));
        self
    }

    /// Puts the place of the variable before what is named already: `history` before `[3].loss`.
    /// Before nothing else a field is its name: `loss`, not `.loss`.
    #[doc(hidden)]
    #[must_use]
    pub fn inside(mut self, outer: &str) -> Self {
        let inner = self.inner.variable.take().unwrap_or_default();
        let place = match outer {
            "" => inner.strip_prefix('.').unwrap_or(&inner).to_owned(),
            outer => format!("{outer}{inner}"),
        };
        self.inner.variable = Some(text::bounded(place)).filter(|place| !place.is_empty());
        self
    }

    /// Says what was expected.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Value).with_expected("a positive rate");
    /// assert_eq!(error.expected(), Some("a positive rate"));
    /// ```
    #[must_use]
    pub fn with_expected(mut self, expected: impl Into<String>) -> Self {
        self.inner.expected = Some(text::bounded(expected));
        self
    }

    /// Says what was found instead.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Value).with_expected("a positive rate").with_found("-1");
    /// assert_eq!(error.to_string(), "expected a positive rate, found -1");
    /// ```
    #[must_use]
    pub fn with_found(mut self, found: impl Into<String>) -> Self {
        self.inner.found = Some(text::bounded(found));
        self
    }

    /// As [`with_found`](Self::with_found), of what is not a text yet, and may be a long one.
    #[doc(hidden)]
    #[must_use]
    pub fn with_found_shown<T: fmt::Display + ?Sized>(mut self, found: &T) -> Self {
        self.inner.found = Some(text::bounded_display(found));
        self
    }

    /// The same error once more, but for its cause: of what failed and is asked for again.
    #[doc(hidden)]
    pub fn again(&self) -> Self {
        let Inner { kind, message, path, variable, expected, found, .. } = &*self.inner;
        let (message, path, variable) = (message.clone(), path.clone(), variable.clone());
        let (expected, found) = (expected.clone(), found.clone());
        let inner = Inner { kind: *kind, message, path, variable, expected, found, source: None };
        Self { inner: Box::new(inner) }
    }

    /// Bytes that it takes in memory, but for its cause.
    #[doc(hidden)]
    pub fn size(&self) -> usize {
        let Inner { message, variable, expected, found, .. } = &*self.inner;
        let texts = [message, variable, expected, found].into_iter().flatten();
        texts.fold(size_of::<Inner>(), |size, text| size + text.len())
    }

    /// Says what was found by the name of its type, where serde knew no more than what it was shown as. Only for
    /// an error of the very thing: not of a part of it.
    #[doc(hidden)]
    #[must_use]
    pub fn with_type<T: fmt::Display>(self, name: impl FnOnce() -> T) -> Self {
        let inner = &self.inner;
        let is_shown = inner.found.as_deref().is_some_and(|found| SHOWN_AS.contains(&found));
        match (&inner.message, &inner.variable) {
            (None, None) if is_shown => self.with_found_shown(&name()),
            _ => self,
        }
    }

    /// Keeps the error that caused this one, which [`cause`](Self::cause) and [`source`](StdError::source) give. Its text is part
    /// of this error's own: who prints the sources, too, sees it twice.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let source = "x".parse::<u8>().unwrap_err();
    /// let error = Error::msg(ErrorKind::Value, "not a rate").with_source(source);
    /// assert_eq!(error.to_string(), "not a rate: invalid digit found in string");
    /// ```
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, ErrorKind};
    /// assert_eq!(Dtype::parse("<f3").unwrap_err().kind(), ErrorKind::Dtype);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The file or folder it went wrong in.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::NotFound).with_path("runs/7");
    /// assert_eq!(error.path().unwrap(), "runs/7");
    /// ```
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    /// The variable, with the key inside it: `split[train]`, `history[3].loss`.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Value).with_variable("history[3].loss");
    /// assert_eq!(error.variable(), Some("history[3].loss"));
    /// ```
    pub fn variable(&self) -> Option<&str> {
        self.inner.variable.as_deref()
    }

    /// What was expected.
    ///
    /// ```
    /// # use varpack_npy::Element;
    /// let error = f32::check_dtype(&u8::dtype(), None).unwrap_err();
    /// assert_eq!(error.expected(), Some("dtype float32"));
    /// ```
    pub fn expected(&self) -> Option<&str> {
        self.inner.expected.as_deref()
    }

    /// What was found instead.
    ///
    /// ```
    /// # use varpack_npy::Element;
    /// let error = f32::check_dtype(&u8::dtype(), None).unwrap_err();
    /// assert_eq!(error.found(), Some("uint8"));
    /// ```
    pub fn found(&self) -> Option<&str> {
        self.inner.found.as_deref()
    }

    /// The error that caused this one: what [`with_source`](Self::with_source) was given.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let source = "x".parse::<u8>().unwrap_err();
    /// let error = Error::msg(ErrorKind::Value, "not a rate").with_source(source);
    /// assert!(error.cause().is_some_and(|cause| cause.is::<std::num::ParseIntError>()));
    /// ```
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.inner.source.as_deref()
    }

    /// The operating system's error beneath this one. Its text is part of this error's own.
    ///
    /// ```
    /// # use varpack_npy::Error;
    /// let error = Error::io("cannot open", "runs/7", std::io::ErrorKind::NotFound.into());
    /// assert_eq!(error.os_error().unwrap().kind(), std::io::ErrorKind::NotFound);
    /// ```
    pub fn os_error(&self) -> Option<&io::Error> {
        self.cause().and_then(|source| source.downcast_ref())
    }

    /// Of which kind the operating system's error is, if there is one beneath this one.
    #[doc(hidden)]
    pub fn os_kind(&self) -> Option<io::ErrorKind> {
        self.os_error().map(io::Error::kind)
    }

    /// The message alone, without the place.
    ///
    /// ```
    /// # use varpack_npy::{Error, ErrorKind};
    /// let error = Error::msg(ErrorKind::Io, "cannot open").with_path("runs/7");
    /// assert_eq!(error.message(), Some("cannot open"));
    /// assert_eq!(error.to_string(), "runs/7: cannot open");
    /// ```
    pub fn message(&self) -> Option<&str> {
        self.inner.message.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Report(&self.inner).fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `unwrap` and `fn main() -> Result` print the `Debug` form, so it has to read as well.
        write!(f, "{self} ({:?})", self.inner.kind)
    }
}
