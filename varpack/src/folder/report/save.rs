//! What a save did: each variable, in which file, written or kept or removed.

use super::table::{self, Bytes, Row};
use crate::layout::manifest::Entry;
use crate::npy::Header;
use std::fmt;

/// What a save did with each variable. Its [`Display`](fmt::Display) is a line for each, names escaped and cut as in the
/// text of an [`Error`](crate::Error), and one for all.
///
/// ```
/// use varpack::{LoadOptions, MmapArray1, SaveAction, SaveOptions, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f32>,
///     step: u64,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { x: vec![0.0; 100_000].into(), step: 1 }.save(folder)?;
/// let mut run = Run::load_with(folder, &LoadOptions::new())?;
/// run.step = 2;
/// let report = run.save_with(&SaveOptions::new())?;
/// let actions: Vec<_> = report.entries().iter().map(|it| (&*it.variable, it.action)).collect();
/// assert_eq!(actions, [("x", SaveAction::Kept), ("step", SaveAction::Written)]);
/// assert!(report.bytes_written() < 1000); // not the array
/// println!("{report}");
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaveReport {
    entries: Vec<SaveEntry>,
    bytes_written: u64,
}

/// What a save did with one variable, or with one array of a map.
///
/// ```
/// use std::collections::BTreeMap;
/// use varpack::{MmapArray1, SaveOptions, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     split: BTreeMap<String, MmapArray1<f32>>,
///     notes: String,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let split = BTreeMap::from([("train".to_owned(), vec![0.0; 3].into())]);
/// let report = Run { split, notes: "first".to_owned() }.save_with(folder, &SaveOptions::new())?;
/// let [map, train, notes] = report.entries() else { panic!("a map, its array, and a text") };
/// assert_eq!((&*map.variable, &*map.filename), ("split", "split.pickle"));
/// assert_eq!((&*train.variable, &*train.filename, train.bytes), ("split[train]", "split-train.npy", 140));
/// assert_eq!(notes.value.as_deref(), Some("str 'first'"));
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SaveEntry {
    /// The variable, with the key where it is one array of a map: `split[train]`.
    pub variable: String,
    /// The file it stands in, or stood in.
    pub filename: String,
    /// What was done with it.
    pub action: SaveAction,
    /// Of an array that the save has seen: NumPy's name of the dtype, and the number of elements along each axis.
    pub array: Option<(String, Vec<usize>)>,
    /// Of a value that was written: its type as Python calls it, if that is a plain one, and what it is if that is a string or
    /// a number: `int 7`, `str 'first'`, `list`. Escaped and cut, for people to read.
    pub value: Option<String>,
    /// Bytes on the disk: of an array its file; of a value its pickle, as `varpack.json` says; of what was removed its file.
    pub bytes: u64,
}

/// What a save did with a variable.
///
/// ```
/// use varpack::{Pack, SaveAction, SaveOptions};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let mut pack = Pack::new();
/// pack.insert_value("step", &7)?;
/// let report = pack.save_to_with(folder, &SaveOptions::new())?;
/// assert_eq!(report.entries()[0].action, SaveAction::Written);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaveAction {
    /// Written: its own file, or the pickle it shares with others, is new. An array of
    /// [`zeros_in`](crate::MmapArray::zeros_in) is written, too: its file is moved in, and its bytes are counted.
    /// What is a value in a shared pickle that is new counts as written unless it is known to be as it was loaded: by a
    /// [`Loaded`](crate::Loaded) or [`Pack`](crate::Pack).
    Written,
    /// As the folder had it: not changed here, skipped, or to be kept. What was edited in place was brought to the disk.
    Kept,
    /// Taken out of the folder.
    Removed,
}

impl SaveReport {
    /// What was done: variables in the folder's order, the arrays of a map that were written behind it; then what was
    /// removed. See [`SaveReport`] for an example.
    pub fn entries(&self) -> &[SaveEntry] {
        &self.entries
    }

    /// Bytes of the new files, the manifest among them: what the [progress](crate::Progress) counts. 0 if the folder
    /// had it all. See [`SaveReport`] for an example.
    pub fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    pub(crate) fn push(&mut self, entry: SaveEntry) {
        self.entries.push(entry);
    }

    pub(crate) fn note_written(&mut self, bytes: u64) {
        self.bytes_written = bytes;
    }

    /// How many variables, and arrays of maps, it did this with.
    pub(crate) fn count(&self, action: SaveAction) -> usize {
        self.entries.iter().filter(|entry| entry.action == action).count()
    }
}

impl SaveEntry {
    /// Of a variable of the folder.
    pub(crate) fn of(variable: &str, entry: &Entry, action: SaveAction) -> Self {
        let shape = entry.shape.iter().flatten().map(|&length| usize::try_from(length).ok());
        let shape: Option<Vec<usize>> = shape.collect();
        let dtype = entry.dtype_name().filter(|_| entry.is_array());
        Self {
            variable: variable.to_owned(),
            filename: entry.filename.clone(),
            action,
            array: dtype.map(str::to_owned).zip(shape),
            value: None,
            bytes: entry.bytes().unwrap_or_default(),
        }
    }

    /// The same, of an array that was looked at.
    pub(crate) fn with_array(self, header: &Header, bytes: u64) -> Self {
        Self { array: Some((header.dtype.name(), header.shape.clone())), bytes, ..self }
    }

    fn row(&self) -> Row<'_> {
        Row {
            variable: &self.variable,
            action: &self.action,
            array: self.array.as_ref(),
            value: self.value.as_deref(),
            bytes: Some(self.bytes),
            filename: Some(&self.filename),
            reason: None,
        }
    }
}

impl fmt::Display for SaveReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        table::print(f, self.entries.iter().map(SaveEntry::row), &[])?;
        let [written, kept, removed] =
            [SaveAction::Written, SaveAction::Kept, SaveAction::Removed].map(|it| self.count(it));
        writeln!(
            f,
            "{written} written ({}), {kept} kept, {removed} removed",
            Bytes(self.bytes_written)
        )
    }
}

/// One word.
impl fmt::Display for SaveAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Written => "written",
            Self::Kept => "kept",
            Self::Removed => "removed",
        })
    }
}
