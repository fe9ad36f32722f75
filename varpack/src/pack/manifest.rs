//! `varpack.json`: one object, variable name -> what its file holds.

use super::name::{self, SHARED_PICKLE};
use crate::npy::{Dtype, Header};
use crate::{Error, ErrorKind, Result};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::error::Category;
use serde_json::{Number, Value as Json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

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
    pub(crate) dtype: Option<Json>,
    /// Of a dictionary: whether arrays of it are in files of their own.
    pub(crate) uses_placeholders: Option<bool>,
    /// Ours: the files of those arrays. Where it is missing the pickle's placeholders tell.
    pub(crate) files: Option<Vec<String>>,
    /// Ours: file -> what NumPy has no name for (`bfloat16`).
    pub(crate) logical_dtypes: BTreeMap<String, String>,
    /// Keys that we do not know, kept as they are.
    pub(crate) others: Vec<(String, Json)>,
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
            dtype: Some(Json::from(header.dtype.name())),
            ..Self::pickled(filename, size)
        }
    }

    /// The old entry, where it says the same of an array: its other keys stay.
    pub(crate) fn or_same(self, old: &Self) -> Self {
        let described = |entry: &Self| Self { size: None, others: Vec::new(), ..entry.clone() };
        if self.is_array() && described(&self) == described(old) { old.clone() } else { self }
    }

    /// What it says of an array if that is not what the array's header says, which wins: the Python
    /// program writes a stale shape after `x = x[:3]`.
    pub(crate) fn other_than(&self, header: &Header) -> Option<String> {
        let mut other = Vec::new();
        // A record's is Python's text of a list.
        let is_record = matches!(header.dtype, Dtype::Record(_));
        if let (Some(Json::String(dtype)), false) = (&self.dtype, is_record)
            && *dtype != header.dtype.name()
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

    /// What our metadata calls the dtype of one of the variable's files.
    pub(crate) fn logical_dtype(&self, file: &str) -> Option<&str> {
        self.logical_dtypes.get(file).map(String::as_str)
    }
}

impl Manifest {
    /// Reads the text of `varpack.json`, which may have bare `NaN`s, as the Python program writes them.
    ///
    /// # Errors
    /// `Manifest` if it is not JSON of the right form, `Name` for a file name that leaves the folder.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let invalid = Error::new(ErrorKind::Manifest)
            .with_expected("a JSON object: variable -> object with a `filename`");
        if bytes.is_empty() {
            return Err(invalid.with_found("an empty file"));
        }
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            return Err(invalid.with_found("a byte order mark"));
        }
        let text = without_nan(bytes);
        let mut json = serde_json::Deserializer::from_slice(&text);
        let mut variable = None;
        let read = Variables { variable: &mut variable }.deserialize(&mut json);
        let manifest = match read.and_then(|manifest| json.end().map(|()| manifest)) {
            Ok(manifest) => manifest,
            Err(error) => {
                let found = match error.classify() {
                    Category::Data => "something else",
                    Category::Eof => "a text that ends too early",
                    Category::Syntax | Category::Io => "what is no JSON",
                };
                let invalid = invalid.with_found(found).with_source(error);
                return Err(match variable {
                    Some(variable) => invalid.with_variable(variable),
                    None => invalid,
                });
            }
        };
        for (variable, entry) in &manifest.entries {
            let files = entry.files.iter().flatten();
            for file in files.chain([&entry.filename]) {
                name::check_file(file).map_err(|error| error.with_variable(variable))?;
            }
        }
        Ok(manifest)
    }

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
        self.index.get(variable).map(|&index| &self.entries[index].1)
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

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.entries.iter().map(|(name, _)| name.as_str())
    }
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

/// Replaces the bare words that Python's `json` writes for floats that JSON lacks by `null`.
fn without_nan(bytes: &[u8]) -> Cow<'_, [u8]> {
    let has_none = |text: &str| !text.contains("NaN") && !text.contains("Infinity");
    if std::str::from_utf8(bytes).is_ok_and(has_none) {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut in_string = false;
    while let [byte, tail @ ..] = rest {
        let word = [b"-Infinity".as_slice(), b"Infinity", b"NaN"]
            .into_iter()
            .find(|word| !in_string && rest.starts_with(word));
        match (word, byte) {
            (Some(word), _) => {
                text.extend_from_slice(b"null");
                rest = &rest[word.len()..];
                continue;
            }
            (None, b'"') => in_string = !in_string,
            (None, b'\\') if in_string => {
                text.push(*byte);
                let Some((escaped, tail)) = tail.split_first() else { break };
                text.push(*escaped);
                rest = tail;
                continue;
            }
            _ => {}
        }
        text.push(*byte);
        rest = tail;
    }
    Cow::Owned(text)
}

/// Reads the object of variables.
struct Variables<'v> {
    /// The variable that is being read, for the error.
    variable: &'v mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Variables<'_> {
    type Value = Manifest;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Manifest, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Variables<'_> {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of variables")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest, A::Error> {
        let mut manifest = Manifest::default();
        while let Some(name) = map.next_key::<String>()? {
            let name = self.variable.insert(name);
            if manifest.get(name).is_some() {
                return Err(de::Error::custom("the variable is there twice"));
            }
            let Variable(entry) = map.next_value()?;
            manifest.insert(name, entry);
        }
        *self.variable = None;
        Ok(manifest)
    }
}

struct Variable(Entry);

impl<'de> Deserialize<'de> for Variable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Variable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a `filename`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variable, A::Error> {
                let mut entry = Entry::pickled("", 0);
                let mut filename = None;
                let mut seen = BTreeSet::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "size" => entry.size = map.next_value()?,
                        "filename" => filename = Some(map.next_value()?),
                        "shape" => entry.shape = map.next_value()?,
                        "dtype" => entry.dtype = map.next_value()?,
                        "uses_numpy_placeholders" => entry.uses_placeholders = map.next_value()?,
                        "files" => entry.files = map.next_value()?,
                        "logical_dtypes" => entry.logical_dtypes = map.next_value()?,
                        _ => entry.others.push((key.clone(), map.next_value()?)),
                    }
                    if let Some(key) = seen.replace(key) {
                        return Err(de::Error::custom(format!("key `{key}` is there twice")));
                    }
                }
                entry.filename = filename.ok_or_else(|| de::Error::missing_field("filename"))?;
                Ok(Variable(entry))
            }
        }
        deserializer.deserialize_map(Keys)
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
            map.serialize_entry(key, value)?;
        }
        if let Some(uses_placeholders) = self.uses_placeholders {
            map.serialize_entry("uses_numpy_placeholders", &uses_placeholders)?;
        }
        map.serialize_entry("filename", &self.filename)?;
        if let Some(shape) = &self.shape {
            map.serialize_entry("shape", shape)?;
        }
        if let Some(dtype) = &self.dtype {
            map.serialize_entry("dtype", dtype)?;
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
