//! Reading a manifest, which may be a stranger's: all that it is read into is counted first, and nothing
//! that no one looks at becomes more than its text.

use super::{Entry, Json, Manifest, Text};
use crate::budget::Budget;
use crate::layout::name;
use crate::layout::name::LONGEST_NAME;
use crate::{Error, ErrorKind, Result, text};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Bytes that a variable takes beside its texts, in the manifest while that grows, its index and the load report.
const VARIABLE: usize = 1024;

/// The same of a file in a list of files, and of a pair of texts.
const FILE: usize = 192;

/// The same of an axis' length.
const AXIS: usize = 24;

impl Manifest {
    /// Reads the text of `varpack.json`, which may have bare `NaN`s, as the Python program writes them.
    ///
    /// # Errors
    /// `Manifest` if it is not JSON of the right form, `Name` for a file name that leaves the folder, or for
    /// a name of over 4096 bytes, `Limit` if it takes more than what is left of the budget.
    pub(crate) fn parse(bytes: &[u8], budget: &Budget) -> Result<Self> {
        let invalid = Error::new(ErrorKind::Manifest)
            .with_expected("a JSON object: variable -> object with a `filename`");
        if bytes.is_empty() {
            return Err(invalid.with_found("an empty file"));
        }
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            return Err(invalid.with_found("a byte order mark"));
        }
        let text = without_nan(bytes, budget)?;
        let mut json = serde_json::Deserializer::from_slice(&text);
        let state = ReadState { budget, failed: RefCell::default(), variable: RefCell::default() };
        let read = VariablesSeed(&state).deserialize(&mut json);
        read.and_then(|manifest| json.end().map(|()| manifest)).map_err(|error| {
            let invalid = state.failed.take().unwrap_or_else(|| {
                let found = match error.classify() {
                    Category::Data => "something else",
                    Category::Eof => "a text that ends too early",
                    Category::Syntax | Category::Io => "what is no JSON",
                };
                // Its text may repeat what it found, which may be all of the file.
                invalid.with_found(found).with_source(text::bounded_display(&error))
            });
            match state.variable.take() {
                Some(variable) => invalid.with_variable(variable),
                None => invalid,
            }
        })
    }
}

/// Replaces the bare words that Python's `json` writes for floats that JSON lacks by `null`.
fn without_nan<'b>(bytes: &'b [u8], budget: &Budget) -> Result<Cow<'b, [u8]>> {
    let has_none = |text: &str| !text.contains("NaN") && !text.contains("Infinity");
    if std::str::from_utf8(bytes).is_ok_and(has_none) {
        return Ok(Cow::Borrowed(bytes));
    }
    budget.take(u64::try_from(bytes.len().saturating_mul(2)).unwrap_or(u64::MAX))?; // `NaN` becomes longer
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
    Ok(Cow::Owned(text))
}

/// What the readers of the parts share.
struct ReadState<'b> {
    budget: &'b Budget,
    /// An error that is not one of the JSON: serde has no place for it.
    failed: RefCell<Option<Error>>,
    /// The variable that could not be read.
    variable: RefCell<Option<String>>,
}

impl ReadState<'_> {
    /// Counts what is about to be allocated: a fixed part, and a text so many times.
    fn take<E: de::Error>(&self, fixed: usize, text: usize) -> Result<(), E> {
        let bytes = fixed.saturating_add(text.saturating_mul(3));
        let taken = self.budget.take(u64::try_from(bytes).unwrap_or(u64::MAX));
        taken.map_err(|error| self.fail(error))
    }

    fn fail<E: de::Error>(&self, error: Error) -> E {
        self.failed.replace(Some(error));
        E::custom("")
    }
}

/// Reads the object of variables.
struct VariablesSeed<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for VariablesSeed<'_, '_> {
    type Value = Manifest;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Manifest, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for VariablesSeed<'_, '_> {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of variables")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest, A::Error> {
        let mut manifest = Manifest::default();
        while let Some(name) = map.next_key_seed(NameSeed(self.0))? {
            let entry = match manifest.get(&name) {
                Some(_) => Err(de::Error::custom("the variable is there twice")),
                None => map.next_value_seed(VariableSeed(self.0)),
            };
            let checked = entry.and_then(|entry| match check_files(&entry) {
                Ok(()) => Ok(entry),
                Err(error) => Err(self.0.fail(error)),
            });
            match checked {
                Ok(entry) => manifest.insert(&name, entry),
                Err(error) => {
                    self.0.variable.replace(Some(name.into_owned()));
                    return Err(error);
                }
            }
        }
        Ok(manifest)
    }
}

fn check_files(entry: &Entry) -> Result<()> {
    let files = entry.files.iter().flatten();
    files.chain([&entry.filename]).try_for_each(|file| name::check_file(file))
}

/// Reads a text, counted with so many bytes beside it; gives it without a copy where it has no escapes.
struct Counted<'s, 'b> {
    state: &'s ReadState<'b>,
    fixed: usize,
}

impl<'de> DeserializeSeed<'de> for Counted<'_, '_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_, '_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        self.state.take(self.fixed, text.len())?;
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.state.take(self.fixed, text.len())?;
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Reads the name of a variable.
struct NameSeed<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for NameSeed<'_, '_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let name = Counted { state: self.0, fixed: VARIABLE }.deserialize(deserializer)?;
        if name.len() <= LONGEST_NAME {
            return Ok(name);
        }
        let error = Error::msg(ErrorKind::Name, "the name cannot be a variable's")
            .with_expected(format!("at most {LONGEST_NAME} bytes"))
            .with_found(format!("`{}`", text::bounded_name(&name)));
        Err(self.0.fail(error))
    }
}

/// Reads what is said of one variable.
struct VariableSeed<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for VariableSeed<'_, '_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for VariableSeed<'_, '_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a `filename`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let state = self.0;
        let mut entry = Entry::pickled("", 0);
        let mut filename = None;
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key_seed(Counted { state, fixed: 0 })? {
            match &*key {
                "size" => entry.size = map.next_value()?,
                "filename" => {
                    filename = Some(map.next_value_seed(Counted { state, fixed: 0 })?);
                }
                "shape" => entry.shape = map.next_value_seed(OrNone(ShapeSeed(state)))?,
                "dtype" => entry.dtype = map.next_value_seed(OrNone(Whatever(state)))?.map(text_or),
                "uses_numpy_placeholders" => entry.uses_placeholders = map.next_value()?,
                "files" => entry.files = map.next_value_seed(OrNone(FilesSeed(state)))?,
                "logical_dtypes" => entry.logical_dtypes = map.next_value_seed(TextsSeed(state))?,
                _ => {
                    state.take(FILE, key.len())?;
                    let value = map.next_value_seed(Whatever(state))?;
                    entry.others.push((key.clone().into_owned(), Json(value.to_owned())));
                }
            }
            if !seen.insert(key.clone()) {
                let key = text::bounded_name(&key);
                return Err(de::Error::custom(format!("key `{key}` is there twice")));
            }
        }
        let filename = filename.ok_or_else(|| de::Error::missing_field("filename"))?;
        entry.filename = filename.into_owned();
        Ok(entry)
    }
}

/// Reads what may be `null`.
struct OrNone<S>(S);

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for OrNone<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for OrNone<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(value).map(Some)
    }
}

/// Reads any JSON as its text.
struct Whatever<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for Whatever<'_, '_> {
    type Value = &'de RawValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let json: &RawValue = serde::Deserialize::deserialize(deserializer)?;
        self.0.take(0, json.get().len())?;
        Ok(json)
    }
}

fn text_or(json: &RawValue) -> Text {
    let text = serde_json::from_str(json.get());
    text.map_or_else(|_| Text::Other(Json(json.to_owned())), Text::Text)
}

/// Reads a list of lengths.
struct ShapeSeed<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_, '_> {
    type Value = Vec<u64>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u64>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_, '_> {
    type Value = Vec<u64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of lengths")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<u64>, A::Error> {
        let mut shape = Vec::new();
        while let Some(length) = items.next_element()? {
            self.0.take(AXIS, 0)?;
            shape.push(length);
        }
        Ok(shape)
    }
}

/// Reads a list of file names.
struct FilesSeed<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for FilesSeed<'_, '_> {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<String>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FilesSeed<'_, '_> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of file names")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
        let mut files = Vec::new();
        while let Some(file) = items.next_element_seed(Counted { state: self.0, fixed: FILE })? {
            files.push(file.into_owned());
        }
        Ok(files)
    }
}

/// Reads an object of texts.
struct TextsSeed<'s, 'b>(&'s ReadState<'b>);

impl<'de> DeserializeSeed<'de> for TextsSeed<'_, '_> {
    type Value = BTreeMap<String, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TextsSeed<'_, '_> {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = BTreeMap::new();
        while let Some(key) = map.next_key_seed(Counted { state: self.0, fixed: FILE })? {
            let value = map.next_value_seed(Counted { state: self.0, fixed: 0 })?;
            pairs.insert(key.into_owned(), value.into_owned());
        }
        Ok(pairs)
    }
}
