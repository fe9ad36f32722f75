//! What a load did: each variable, from which file, mapped or read or skipped, and why.

use super::summary::summary;
use super::table::{self, Row};
use crate::array::{Placed, ReadReason};
use crate::layout::manifest::Entry;
use crate::npy::Header;
use crate::pickle::Node;
use crate::text;
use std::fmt;

/// What a load did with each variable. Its [`Display`](fmt::Display) is a line for each, names escaped and
/// cut as in the text of an [`Error`](crate::Error).
///
/// ```
/// # use varpack::{LoadOptions, Varpack};
/// #[derive(Varpack)]
/// struct Counter { n: u64 }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("counter");
/// Counter { n: 3 }.save(&folder)?;
/// let loaded = Counter::load_with(&folder, &LoadOptions::new())?;
/// assert_eq!(loaded.report().entries()[0].variable, "n");
/// println!("{}", loaded.report());
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    entries: Vec<LoadEntry>,
    notes: Vec<String>,
}

/// What a load did with one variable.
///
/// ```
/// use varpack::{LoadOptions, MmapArray1, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f32>,
///     #[varpack(default)]
///     step: u64,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { x: vec![0.0; 100_000].into(), step: 7 }.save(folder)?;
/// let loaded = Run::load_with(folder, &LoadOptions::new())?;
/// let entry = &loaded.report().entries()[0];
/// assert_eq!(entry.filename.as_deref(), Some("x.npy"));
/// assert_eq!(entry.array, Some(("float32".to_owned(), vec![100_000])));
/// assert_eq!(entry.bytes, Some(400_000));
/// assert_eq!(loaded.report().entries()[1].value.as_deref(), Some("int 7"));
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadEntry {
    /// The variable, with the key where it is one array of a map: `split[train]`. As the folder has it: a
    /// stranger's may hold what a terminal obeys.
    pub variable: String,
    /// The file it stands in; `None` if the folder lacks it.
    pub filename: Option<String>,
    /// What was done with it.
    pub action: LoadAction,
    /// Of an array: NumPy's name of the dtype, and the number of elements along each axis.
    pub array: Option<(String, Vec<usize>)>,
    /// Of a value that was read: its type as Python calls it, and what it is if that is short, else the number of its
    /// items: `int 7`, `str 'first'`, `list of 20`. Escaped and cut, for people to read.
    pub value: Option<String>,
    /// Bytes: of an array that was looked at its elements, NumPy's `nbytes`; of anything else its pickle, or its file, if
    /// `varpack.json` says that.
    pub bytes: Option<u64>,
}

/// What a load did with a variable.
///
/// ```
/// use varpack::{LoadAction, LoadOptions, MmapArray1, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f32>,
///     #[varpack(default)]
///     step: u64,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { x: vec![0.0; 100_000].into(), step: 7 }.save(folder)?;
/// let loaded = Run::load_with(folder, &LoadOptions::new().skip(["step"]))?;
/// let actions: Vec<_> = loaded.report().entries().iter().map(|entry| &entry.action).collect();
/// assert_eq!(actions, [&LoadAction::Mapped, &LoadAction::Skipped]);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadAction {
    /// Mapped: its pages come from the disk when they are touched.
    Mapped,
    /// Read into memory. For an array, why it is not mapped.
    Read(Option<ReadReason>),
    /// Not read, because the struct or the caller says so.
    Skipped,
    /// The folder lacks it: the field has its default.
    Defaulted,
    /// The struct does not know it.
    Unknown,
}

impl LoadReport {
    /// What was done, in the order of the fields; then what the struct does not know. See
    /// [`LoadReport`] for an example.
    pub fn entries(&self) -> &[LoadEntry] {
        &self.entries
    }

    /// What else there is to know: that the folder could not be locked, say.
    ///
    /// ```
    /// # use varpack::{LoadOptions, Pack};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Pack::new().save_to(folder)?;
    /// for note in Pack::open(folder)?.report().notes() {
    ///     eprintln!("{note}");
    /// }
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds a note, which people read wherever it is printed: so it is escaped and cut here.
    pub(crate) fn note(&mut self, note: impl fmt::Display) {
        self.notes.push(text::shown(&note).to_string());
    }

    /// Makes room for entries.
    pub(crate) fn reserve(&mut self, entries: usize) {
        self.entries.reserve_exact(entries);
    }

    pub(crate) fn array(&mut self, variable: &str, file: &str, header: &Header, placed: &Placed) {
        let action = match placed {
            Placed::Mapped => LoadAction::Mapped,
            Placed::Read(reason) => LoadAction::Read(Some(*reason)),
        };
        self.entries.push(LoadEntry {
            array: Some((header.dtype.name(), header.shape.clone())),
            bytes: header.data_len().ok().and_then(|len| u64::try_from(len).ok()),
            ..LoadEntry::of(variable, Some(file), action)
        });
    }

    /// Enters a value. `entry`: what the folder says of it, if it is no part of a variable.
    pub(crate) fn value(
        &mut self,
        variable: &str,
        file: &str,
        reason: Option<ReadReason>,
        node: Option<Node<'_>>,
        entry: Option<&Entry>,
    ) {
        self.entries.push(LoadEntry {
            value: node.map(summary),
            bytes: entry.and_then(Entry::bytes),
            ..LoadEntry::of(variable, Some(file), LoadAction::Read(reason))
        });
    }

    /// Enters a variable of the folder that was not read.
    pub(crate) fn unread(&mut self, variable: &str, entry: &Entry, action: LoadAction) {
        self.entries.push(LoadEntry {
            bytes: entry.bytes(),
            ..LoadEntry::of(variable, Some(&entry.filename), action)
        });
    }

    /// Enters what there is no more to say of.
    pub(crate) fn other(&mut self, variable: &str, file: Option<&str>, action: LoadAction) {
        self.entries.push(LoadEntry::of(variable, file, action));
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::print(f, self.entries.iter().map(LoadEntry::row), &self.notes)
    }
}

impl LoadEntry {
    fn of(variable: &str, file: Option<&str>, action: LoadAction) -> Self {
        let (variable, filename) = (variable.to_owned(), file.map(str::to_owned));
        Self { variable, filename, action, array: None, value: None, bytes: None }
    }

    fn row(&self) -> Row<'_> {
        let reason = match &self.action {
            LoadAction::Read(Some(reason)) => Some(reason as &dyn fmt::Display),
            _ => None,
        };
        Row {
            variable: &self.variable,
            action: &self.action,
            array: self.array.as_ref(),
            value: self.value.as_deref(),
            bytes: self.bytes,
            filename: self.filename.as_deref(),
            reason,
        }
    }
}

/// One word.
impl fmt::Display for LoadAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mapped => "mapped",
            Self::Read(_) => "read",
            Self::Skipped => "skipped",
            Self::Defaulted => "default",
            Self::Unknown => "unknown",
        })
    }
}
