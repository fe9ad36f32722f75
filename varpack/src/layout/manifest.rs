//! `varpack.json`: one object, variable name -> what its file holds.

mod read;

use super::name;
use super::own::SHARED_PICKLE;
use crate::npy::{ByteOrder, Dtype, Header};
use crate::{Error, ErrorKind, Result};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Number;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

/// Bytes of the largest manifest that is read. 100,000 arrays with long names take a tenth of it.
pub(crate) const MANIFEST_CAP: u64 = 256 * 1024 * 1024;

/// The variables of a folder, in the manifest's order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manifest {
    entries: Vec<(String, Entry)>,
    index: HashMap<String, usize>,
}

/// What the manifest says of one variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Bytes; absent where the Python program wrote `NaN`.
    pub(crate) size: Option<Number>,
    /// Of the array, or of the pickle that holds the value.
    pub(crate) filename: String,
    /// Of an array.
    pub(crate) shape: Option<Vec<u64>>,
    /// Of an array: NumPy's `str(dtype)`. The `.npy` header wins over it.
    pub(crate) dtype: Option<Text>,
    /// Of a dictionary: whether arrays of it are in files of their own.
    pub(crate) uses_placeholders: Option<bool>,
    /// Ours: the files of those arrays. Where it is missing the pickle's placeholders tell.
    pub(crate) files: Option<Vec<String>>,
    /// Ours: file -> what NumPy has no name for (`bfloat16`).
    pub(crate) logical_dtypes: BTreeMap<String, String>,
    /// Keys that we do not know, kept as they are.
    pub(crate) others: Vec<(String, Json)>,
}

/// A text, or whatever else stands in its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Text {
    Text(String),
    Other(Json),
}

/// Any JSON as it is written: nobody looks into it.
#[derive(Clone, Debug)]
pub(crate) struct Json(Box<RawValue>);

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Entry {
    /// Of a value in a pickle.
    pub(crate) fn pickled(filename: impl Into<String>, size: u64) -> Self {
        Self {
            size: Some(size.into()),
            filename: filename.into(),
            shape: None,
            dtype: None,
            uses_placeholders: None,
            files: None,
            logical_dtypes: BTreeMap::new(),
            others: Vec::new(),
        }
    }

    /// Of a top-level array.
    pub(crate) fn array(filename: String, header: &Header, size: u64) -> Self {
        Self {
            shape: Some(header.shape.iter().map(|&length| length as u64).collect()),
            dtype: Some(Text::Text(header.dtype.name())),
            ..Self::pickled(filename, size)
        }
    }

    /// The old entry, where it says the same of an array: its other keys stay.
    pub(crate) fn or_same(self, old: &Self) -> Self {
        let described = |entry: &Self| Self { size: None, others: Vec::new(), ..entry.clone() };
        if self.is_array() && described(&self) == described(old) { old.clone() } else { self }
    }

    /// Takes over the `arrays` that a dictionary has in files of their own, as the old entry says of them.
    pub(crate) fn keep_arrays<'f>(&mut self, old: &Self, arrays: impl Iterator<Item = &'f String>) {
        let arrays: Vec<_> = arrays.cloned().collect();
        if !arrays.is_empty() {
            self.uses_placeholders = Some(true);
            self.files = Some(arrays);
            self.logical_dtypes.clone_from(&old.logical_dtypes);
        }
    }

    /// Calls the dtype of a file that stays what the old entry does, where that is this dtype as another machine would
    /// call it, or in the byte order that the file has and memory has not: the array of a `>f8` is one of `<f8` here.
    pub(crate) fn keep_dtype(&mut self, old: &Self, dtype: &Dtype) {
        let Some(Text::Text(said)) = &old.dtype else { return };
        let in_any_order = || {
            let mut orders = [ByteOrder::Little, ByteOrder::Big].into_iter();
            orders.any(|order| dtype.with_byte_order(order).is_called(said))
        };
        // A record's is Python's text of a list, each field in an order of its own: it is not taken apart.
        let are_records = || matches!(dtype, Dtype::Record(_)) && said.starts_with(['[', '{']);
        if self.filename == old.filename && (in_any_order() || are_records()) {
            self.dtype.clone_from(&old.dtype);
        }
    }

    /// What it says of an array if that is not what the array's header says, which wins: the Python
    /// program writes a stale shape after `x = x[:3]`.
    pub(crate) fn other_than(&self, header: &Header) -> Option<String> {
        let mut other = Vec::new();
        // A record's is Python's text of a list.
        let is_record = matches!(header.dtype, Dtype::Record(_));
        if let (Some(Text::Text(dtype)), false) = (&self.dtype, is_record)
            && !header.dtype.is_called(dtype)
        {
            other.push(format!("dtype {dtype}"));
        }
        if let Some(shape) = &self.shape
            && !shape.iter().copied().eq(header.shape.iter().map(|&length| length as u64))
        {
            other.push(format!("shape {shape:?}"));
        }
        (!other.is_empty()).then(|| other.join(", "))
    }

    /// The dtype of an array, as NumPy calls it, if it says that.
    pub(crate) fn dtype_name(&self) -> Option<&str> {
        match &self.dtype {
            Some(Text::Text(name)) => Some(name),
            Some(Text::Other(_)) | None => None,
        }
    }

    /// Bytes of its file or of its part of the pickle, if it says that.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.size.as_ref().and_then(Number::as_u64)
    }

    /// Whether the variable is a `.npy` file.
    pub(crate) fn is_array(&self) -> bool {
        self.filename.ends_with(".npy")
    }

    /// Whether a file that is found to be the variable's, in the list or else in the pickle, may be removed
    /// with it. A pickle from a stranger may name any file of the folder as an array of a dictionary.
    pub(crate) fn may_own(&self, variable: &str, file: &str) -> bool {
        let is_named = self.files.is_some() || name::is_hash_file(variable, file);
        let is_of_a_variable = file.ends_with(".npy") || file.ends_with(".pickle");
        is_of_a_variable && file != SHARED_PICKLE && (is_named || file == self.filename)
    }

    /// Whether a file is the variable's, or may be: of a dictionary with arrays in files that it does not list, the pickle alone
    /// tells which they are, and all begin with its name.
    fn may_have(&self, variable: &str, file: &str) -> bool {
        let is_it = |named: &String| named.eq_ignore_ascii_case(file);
        let is_listed = match &self.files {
            Some(files) => files.iter().any(is_it),
            None if self.uses_placeholders == Some(true) => {
                let start = file.get(..variable.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(variable))
            }
            None => false,
        };
        is_listed || is_it(&self.filename)
    }

    /// What our metadata calls the dtype of one of the variable's files.
    pub(crate) fn logical_dtype(&self, file: &str) -> Option<&str> {
        self.logical_dtypes.get(file).map(String::as_str)
    }
}

impl Manifest {
    /// The text of `varpack.json`, as Python's `json.dump(indent=4)` lays it out.
    pub(crate) fn to_text(&self) -> Result<Vec<u8>> {
        let failed = |error: serde_json::Error| {
            Error::msg(ErrorKind::Manifest, "cannot write the manifest").with_source(error)
        };
        let mut text = Vec::new();
        let indented = serde_json::ser::PrettyFormatter::with_indent(b"    ");
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut text, indented))
            .map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        // A Python program opens the file in whatever encoding its locale says. JSON has characters
        // beyond ASCII in strings only, where an escape means the same.
        let mut ascii = String::with_capacity(text.len());
        for character in text.chars() {
            if character.is_ascii() {
                ascii.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    ascii.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        Ok(ascii.into_bytes())
    }

    pub(crate) fn get(&self, variable: &str) -> Option<&Entry> {
        self.get_key_value(variable).map(|(_, entry)| entry)
    }

    pub(crate) fn get_key_value(&self, variable: &str) -> Option<(&str, &Entry)> {
        let (name, entry) = &self.entries[*self.index.get(variable)?];
        Some((name, entry))
    }

    /// Adds a variable, or replaces its entry where it stands.
    pub(crate) fn insert(&mut self, variable: &str, entry: Entry) {
        match self.index.get(variable) {
            Some(&index) => self.entries[index].1 = entry,
            None => {
                self.index.insert(variable.to_owned(), self.entries.len());
                self.entries.push((variable.to_owned(), entry));
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// The variable that a file belongs to, or may belong to.
    pub(crate) fn owner_of(&self, file: &str) -> Option<&str> {
        self.iter().find(|(variable, entry)| entry.may_have(variable, file)).map(|(name, _)| name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.iter().map(|(name, _)| name.as_str())
    }
}

impl IntoIterator for Manifest {
    type Item = (String, Entry);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("size", self.size.as_ref().unwrap_or(&Number::from(0)))?;
        for (key, value) in &self.others {
            map.serialize_entry(key, &value.0)?;
        }
        if let Some(uses_placeholders) = self.uses_placeholders {
            map.serialize_entry("uses_numpy_placeholders", &uses_placeholders)?;
        }
        map.serialize_entry("filename", &self.filename)?;
        if let Some(shape) = &self.shape {
            map.serialize_entry("shape", shape)?;
        }
        match &self.dtype {
            Some(Text::Text(dtype)) => map.serialize_entry("dtype", dtype)?,
            Some(Text::Other(other)) => map.serialize_entry("dtype", &other.0)?,
            None => {}
        }
        if let Some(files) = &self.files {
            map.serialize_entry("files", files)?;
        }
        if !self.logical_dtypes.is_empty() {
            map.serialize_entry("logical_dtypes", &self.logical_dtypes)?;
        }
        map.end()
    }
}
