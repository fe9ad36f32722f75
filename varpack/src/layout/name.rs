//! Variables' names and the names of their files.

use super::own::MANIFEST;
use crate::{Error, ErrorKind, Result, text};
use std::collections::{HashMap, HashSet};

/// What file systems and NumPy's own tools can take, in bytes.
const LONGEST: usize = 255;

/// Bytes of the longest name of a variable. A file's name has 255 at most; this is for those that share a pickle.
pub(crate) const LONGEST_NAME: usize = 4096;

/// Names that break the Python program.
const RESERVED: [&str; 4] =
    ["__internal__", "__class__", "__dict__", "_replace_numpy_placeholders"];

/// What files of the folder itself are called.
const RESERVED_STEMS: [&str; 2] = ["__misc_vars__", "varpack"];

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
    hash_file_owners(file).any(|owner| owner == variable)
}

/// Whether a file is called as one of this variable: `split.npy`, `split-train.npy` or `split-12.npy` of `split`.
pub(crate) fn is_named_after(variable: &str, file: &str) -> bool {
    let rest = file.strip_prefix(variable);
    rest.is_some_and(|rest| rest.starts_with(['-', '.'])) || is_hash_file(variable, file)
}

/// The variables of which a file can be an array by [`is_hash_file`]: `split-12.npy` of `split`,
/// `split-` and `split-1`.
pub(crate) fn hash_file_owners(file: &str) -> impl Iterator<Item = &str> {
    let stem = file.strip_suffix(".npy").unwrap_or_default();
    let digits = stem.bytes().rev().take_while(u8::is_ascii_digit).count();
    (1..=digits).flat_map(move |hash| {
        let owner = stem.get(..stem.len() - hash).unwrap_or_default();
        [Some(owner), owner.strip_suffix('-')].into_iter().flatten()
    })
}

/// Checks that a variable may have this name. In the shared pickle it may be any text.
pub(crate) fn check_variable(name: &str) -> Result<()> {
    if is_among(&RESERVED, name) {
        return Err(refused(name, "it cannot be a variable's: it is reserved"));
    }
    if name.len() > LONGEST_NAME {
        let why = format!(
            "it cannot be a variable's: it has {} bytes, of at most {LONGEST_NAME}",
            name.len()
        );
        return Err(refused(name, &why));
    }
    Ok(())
}

/// Checks that a variable may have this name and files of its own, which carry it.
pub(crate) fn check_stem(name: &str) -> Result<()> {
    check_variable(name)?;
    let longest = LONGEST - pickle_file("").len();
    if name.len() > longest {
        let len = name.len();
        let why =
            format!("it cannot be the name of a file: it has {len} bytes, of at most {longest}");
        return Err(refused(name, &why));
    }
    match stem_fault(name) {
        None => Ok(()),
        Some(why) => Err(refused(name, &format!("it cannot be the name of a file: {why}"))),
    }
}

/// Why files cannot carry the name of a variable.
pub(crate) fn stem_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    let is_reserved = is_among(&RESERVED_STEMS, name);
    component_fault(&pickle_file(name)).or_else(|| is_reserved.then_some("it is reserved"))
}

fn is_among(reserved: &[&str], name: &str) -> bool {
    reserved.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

fn refused(name: &str, message: &str) -> Error {
    Error::msg(ErrorKind::Name, message).with_variable(name)
}

/// Checks the name of a file that the manifest or a pickle gives: it may come from a stranger.
pub(crate) fn check_file(name: &str) -> Result<()> {
    let fault = component_fault(name).or_else(|| (name == MANIFEST).then_some("it is reserved"));
    match fault {
        None => Ok(()),
        Some(why) => Err(Error::msg(ErrorKind::Name, format!("refused, for {why}"))
            .with_expected("the name of a file in the folder")
            .with_found(format!("{:?}", text::bounded_name(name)))),
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
        system_fault(name)
    }
}

/// A file name that stays inside its folder: one path component of at most 255 bytes.
///
/// # Errors
/// [`ErrorKind::Name`] if it is not.
pub(crate) fn check_component(name: &str) -> Result<()> {
    let found = match name {
        "" => "an empty name".to_owned(),
        "." | ".." => format!("`{name}`"),
        _ if name.len() > LONGEST => format!("{} bytes", name.len()),
        _ if name.contains('/') => format!("`{name}`, which holds a separator"),
        _ if name.contains('\0') => format!("{name:?}, which holds a NUL"),
        _ => match system_fault(name) {
            Some(why) => format!("{name:?}: {why}"),
            None => return Ok(()),
        },
    };
    Err(Error::new(ErrorKind::Name)
        .with_expected("a file name of 1 to 255 bytes that is no path")
        .with_found(found))
}

/// Why this system takes a name for something else than a file of that name in its folder.
fn system_fault(name: &str) -> Option<&'static str> {
    if cfg!(windows) { windows_fault(name) } else { None }
}

/// Characters that names have on other systems, and not on Windows: beside them lead `:` to another drive or into a
/// stream of another file, and `\` and `/` to another folder.
const NOT_ON_WINDOWS: [char; 9] = ['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// As [`system_fault`], on Windows ("Naming Files, Paths, and Namespaces").
fn windows_fault(name: &str) -> Option<&'static str> {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
    if name.contains(NOT_ON_WINDOWS) {
        Some("it has one of the characters < > : \" / \\ | ? *, which Windows has other uses for")
    } else if name.contains(|character| character < ' ') {
        Some("it has a control character")
    } else if name.ends_with(['.', ' ']) {
        Some("it ends with a dot or a space, which Windows drops")
    } else if is_device(stem) {
        Some("it is a device's on Windows")
    } else {
        None
    }
}

/// Whether a name without what follows the first dot is that of a device.
fn is_device(stem: &str) -> bool {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let is_numbered = ["COM", "LPT"].iter().any(|port| {
        let number = stem.get(..3).filter(|start| start.eq_ignore_ascii_case(port));
        let number = number.and_then(|_| stem.get(3..)).unwrap_or_default();
        let mut number = number.chars();
        let is_one = number.next().is_some_and(|it| it.is_ascii_digit() || "¹²³".contains(it));
        is_one && number.next().is_none()
    });
    is_numbered || is_among(&DEVICES, stem)
}

/// File names as a file system that ignores case would compare them.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    names: HashSet<String>,
    /// The next number to try for a name that is taken, by how it is cut to make room for the digits. Names
    /// of one cut share the numbers, so that none is tried twice.
    next: HashMap<String, u64>,
}

impl Taken {
    /// Takes a name. `false` if it was taken before.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        self.names.insert(name.to_lowercase())
    }

    /// The file for one array of a map: `split-train.npy`, odd characters percent-encoded, cut to
    /// 255 bytes; numbered if that name is taken.
    pub(crate) fn map_file(&mut self, variable: &str, key: &str) -> String {
        let mut stem = map_stem(variable);
        stem.push('-');
        stem.reserve(key.len().min(LONGEST));
        for byte in key.bytes() {
            if stem.len() > LONGEST {
                break; // the rest would be cut off
            }
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
                stem.push(char::from(byte));
            } else {
                stem.push_str(&format!("%{byte:02X}"));
            }
        }
        let name = [cut(&stem, ".npy".len()), ".npy"].concat();
        if self.insert(&name) {
            return name;
        }
        let (mut first, mut tail) = (1_u64, "~0.npy".len());
        loop {
            // Numbers of so many digits.
            let stem = cut(&stem, tail);
            let next = self.next.entry(stem.to_lowercase()).or_insert(first);
            let numbers = (*next).max(first)..first.saturating_mul(10);
            for number in numbers {
                *next = number + 1;
                let name = format!("{stem}~{number}.npy");
                if self.names.insert(name.to_lowercase()) {
                    return name;
                }
            }
            (first, tail) = (first.saturating_mul(10), tail + 1);
        }
    }
}

/// What the files of a map's arrays begin with: its name, but for what no file's name has.
fn map_stem(variable: &str) -> String {
    let mut stem = String::with_capacity(variable.len().min(LONGEST) + 1);
    for (at, character) in variable.char_indices().take_while(|(at, _)| *at < LONGEST) {
        match character {
            character if NOT_ON_WINDOWS.contains(&character) => {
                stem.push_str(&format!("%{:02X}", u32::from(character)));
            }
            '.' if at == 0 => stem.push_str("%2E"),
            _ if character.is_control() => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    stem.push_str(&format!("%{byte:02X}"));
                }
            }
            _ => stem.push(character),
        }
    }
    stem
}

/// The start of a name that leaves so many bytes for its end.
fn cut(stem: &str, tail: usize) -> &str {
    text::start(stem, LONGEST.saturating_sub(tail))
}

/// Bytes of the longest name that is compared letter by letter.
const COMPARED: usize = 100;

/// Pairs of letters that are compared in all: 10,000 names like most take a tenth of it.
const COMPARISONS: usize = 10_000_000;

/// The candidate nearest to a name, for "did you mean": at most a third of its letters differ. Names may be
/// a stranger's, so none that is longer than any sensible one counts, nor more than so many.
pub(crate) fn nearest<'n>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    if name.len() > COMPARED {
        return None;
    }
    let letters = name.chars().count();
    let furthest = letters.div_ceil(3);
    let mut left = COMPARISONS;
    let mut nearest = None;
    for candidate in candidates {
        if candidate.len() > COMPARED {
            continue;
        }
        let others = candidate.chars().count();
        let Some(after) = left.checked_sub(letters.saturating_mul(others)) else { break };
        if letters.abs_diff(others) > furthest {
            continue;
        }
        left = after;
        let distance = distance(name, candidate);
        if distance <= furthest && nearest.is_none_or(|(least, _)| distance < least) {
            nearest = Some((distance, candidate));
        }
    }
    nearest.map(|(_, candidate)| candidate)
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

#[cfg(test)]
mod tests;
