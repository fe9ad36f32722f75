//! What a folder has to hold, and whether what was loaded is it.

mod array;
mod datum;
mod float;
mod value;

pub use array::{ArrayDatum, c_order};
pub use datum::Datum;
pub use float::PyFloat;
pub use value::read_npy;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Index;

/// What a folder holds, as its `.expected.json` or `check_folder.py` says it.
///
/// ```
/// use varpack_tests::expected::Expected;
///
/// let expected = Expected::parse(
///     r#"{"step": {"kind": "int", "value": "20", "filename": "__misc_vars__.pickle"}}"#,
/// )?;
/// assert_eq!(expected["step"].datum.kind(), "int");
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Expected {
    variables: BTreeMap<String, Variable>,
}

/// What a variable holds, and in which file.
#[derive(Clone, Debug, Deserialize)]
pub struct Variable {
    /// The file that holds it, relative to the folder.
    pub filename: String,
    /// Its value.
    #[serde(flatten)]
    pub datum: Datum,
}

impl Expected {
    /// Parses the text of an `.expected.json`.
    ///
    /// # Errors
    /// If it is not JSON, or holds a kind of value that is not known here.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The variables by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.variables.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// Asserts that another folder holds the same variables with the same values. Which file holds
    /// a value is not compared: it is the writer's choice.
    ///
    /// # Panics
    /// If it does not, naming every variable that differs, with the path inside it.
    #[track_caller]
    pub fn assert_same_values(&self, found: &Self) {
        let mut differences = String::new();
        for (name, variable) in &self.variables {
            match found.variables.get(name) {
                None => writeln!(differences, "{name}: missing").unwrap_or_default(),
                Some(other) => {
                    for difference in variable.datum.differences(&other.datum) {
                        writeln!(differences, "{name}{difference}").unwrap_or_default();
                    }
                }
            }
        }
        for name in found.variables.keys().filter(|name| !self.variables.contains_key(*name)) {
            writeln!(differences, "{name}: not expected").unwrap_or_default();
        }
        assert!(differences.is_empty(), "the folders differ:\n{differences}");
    }
}

impl Index<&str> for Expected {
    type Output = Variable;

    /// # Panics
    /// If no variable has the name.
    fn index(&self, name: &str) -> &Variable {
        self.variables.get(name).unwrap_or_else(|| panic!("no variable `{name}` is expected"))
    }
}
