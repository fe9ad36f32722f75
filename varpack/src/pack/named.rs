//! Which files of a folder its `varpack.json` answers for: no other is ever moved or removed.

use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The metadata of a folder: variable name -> object.
pub(crate) const MANIFEST: &str = "varpack.json";

/// The files that a manifest names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    files: BTreeSet<String>,
    /// Variables with no list of their files. If they are maps that the Python program wrote, only
    /// their pickles name their arrays; these are called `<variable>-<hash>.npy`.
    unlisted: Vec<String>,
}

#[derive(Deserialize)]
struct Variable {
    filename: String,
    files: Option<Vec<String>>,
}

impl Named {
    /// Reads the file names out of a manifest.
    ///
    /// # Errors
    /// [`ErrorKind::Manifest`] if it is none.
    pub(crate) fn parse(manifest: &[u8]) -> Result<Self> {
        let variables: BTreeMap<String, Variable> = serde_json::from_slice(&without_nan(manifest))
            .map_err(|error| Error::msg(ErrorKind::Manifest, error.to_string()))?;
        let mut named = Self::default();
        for (name, variable) in variables {
            named.files.insert(variable.filename);
            match variable.files {
                Some(files) => named.files.extend(files),
                None => named.unlisted.push(name),
            }
        }
        Ok(named)
    }

    /// Whether the manifest names this file.
    pub(crate) fn names(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    /// Whether the manifest names this file, or it can be an array of one of its maps.
    pub(crate) fn may_own(&self, file: &str) -> bool {
        self.names(file)
            || file.strip_suffix(".npy").is_some_and(|stem| {
                self.unlisted.iter().any(|variable| {
                    stem.strip_prefix(variable.as_str()).is_some_and(|rest| rest.starts_with('-'))
                })
            })
    }
}

/// Python's `json` writes a number that is none as a bare word, which JSON does not know.
fn without_nan(manifest: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
    let mut clean: Option<Vec<u8>> = None;
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = manifest;
    while let Some((&byte, tail)) = rest.split_first() {
        if !in_string && let Some(word) = WORDS.iter().find(|word| rest.starts_with(word)) {
            let done = manifest.len() - rest.len();
            clean
                .get_or_insert_with(|| manifest.iter().take(done).copied().collect())
                .extend_from_slice(b"null");
            rest = rest.split_at(word.len()).1;
            continue;
        }
        match byte {
            b'"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && byte == b'\\' && !escaped;
        if let Some(clean) = &mut clean {
            clean.push(byte);
        }
        rest = tail;
    }
    clean.map_or(Cow::Borrowed(manifest), Cow::Owned)
}
