//! Variables' names and the names of their files.

use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::collections::HashSet;

/// The manifest: variable name -> file, size, shape, dtype.
pub(crate) const MANIFEST: &str = "varpack.json";

/// The pickle that every variable without a file of its own shares.
pub(crate) const SHARED_PICKLE: &str = "__misc_vars__.pickle";

/// What file systems and NumPy's own tools can take, in bytes.
const LONGEST: usize = 255;

/// Names that break the Python program, or that files of the folder itself have.
const RESERVED: [&str; 6] = [
    "__misc_vars__",
    "__internal__",
    "__class__",
    "__dict__",
    "_replace_numpy_placeholders",
    "varpack",
];

/// The file of a top-level array: the Python reader takes the variable's name from the stem.
pub(crate) fn array_file(variable: &str) -> String {
    format!("{variable}.npy")
}

/// The file of a variable with a pickle of its own.
pub(crate) fn pickle_file(variable: &str) -> String {
    format!("{variable}.pickle")
}

/// Whether a file is called as the Python program calls an array of a map: `split123.npy` or
/// `split-123.npy`, the signed hash of its key.
pub(crate) fn is_hash_file(variable: &str, file: &str) -> bool {
    let stem = file.strip_suffix(".npy").and_then(|stem| stem.strip_prefix(variable));
    stem.is_some_and(|hash| {
        let digits = hash.strip_prefix('-').unwrap_or(hash);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Checks that a variable may have this name: its files carry it.
pub(crate) fn check_variable(name: &str) -> Result<()> {
    let refused = |why: &str| {
        Err(Error::msg(ErrorKind::Name, format!("the name cannot be a variable's: {why}"))
            .with_variable(name.escape_debug().to_string()))
    };
    if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
        return refused("it is reserved");
    }
    match component_fault(&pickle_file(name)) {
        Some(_) if name.is_empty() => refused("it is empty"),
        Some(why) => refused(why),
        None => Ok(()),
    }
}

/// Checks the name of a file that the manifest or a pickle gives: it may come from a stranger.
pub(crate) fn check_file(name: &str) -> Result<()> {
    let fault = component_fault(name).or_else(|| (name == MANIFEST).then_some("it is reserved"));
    match fault {
        None => Ok(()),
        Some(why) => Err(Error::msg(ErrorKind::Name, format!("refused, for {why}"))
            .with_expected("the name of a file in the folder")
            .with_found(format!("{name:?}"))),
    }
}

/// Why a name is not that of one ordinary file in a folder.
fn component_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > LONGEST {
        Some("it is longer than 255 bytes")
    } else if name.contains(['/', '\\']) {
        Some("it has a path separator")
    } else if name.contains(char::is_control) {
        Some("it has a NUL or another control character")
    } else if name.starts_with('.') {
        Some("it starts with a dot, as the folder's own files and `..` do")
    } else {
        None
    }
}

/// File names as a file system that ignores case would compare them.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    /// Takes a name. `false` if it was taken before.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        self.0.insert(name.to_lowercase())
    }

    /// The file for one array of a map: `split-train.npy`, odd characters percent-encoded, cut to
    /// 255 bytes; numbered if that name is taken.
    pub(crate) fn map_file(&mut self, variable: &str, key: &str) -> String {
        let mut stem = [variable, "-"].concat();
        stem.reserve(key.len());
        for byte in key.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
                stem.push(char::from(byte));
            } else {
                stem.push_str(&format!("%{byte:02X}"));
            }
        }
        for number in 0_u64.. {
            let tail = match number {
                0 => Cow::Borrowed(".npy"),
                _ => Cow::Owned(format!("~{number}.npy")),
            };
            let mut cut = stem.len().min(LONGEST - tail.len());
            while !stem.is_char_boundary(cut) {
                cut -= 1;
            }
            let name = [&stem[..cut], &tail].concat();
            if self.insert(&name) {
                return name;
            }
        }
        unreachable!("there are fewer files than numbers")
    }
}

/// The candidate nearest to a name, for "did you mean": at most a third of its letters differ.
pub(crate) fn nearest<'n>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= name.chars().count().div_ceil(3))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance, over one row of its table.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            last = substituted.min(diagonal + 1).min(last + 1);
            row[j] = if j == 0 { i + 1 } else { row[j] };
            row[j + 1] = last;
        }
        row[0] = i + 1;
    }
    row[right.len()]
}
