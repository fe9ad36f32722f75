//! `commit.json`: what a commit moves over what, and what it removes.

use crate::layout::name::check_component;
use crate::layout::named::NamedFiles;
use crate::layout::own::{MANIFEST, is_reserved};
use crate::os::dir::{Dir, Identity};
use crate::os::{FileKind, Stat};
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The largest record in bytes that is written or read: about 250,000 files.
pub(crate) const RECORD_CAP: u64 = 64 << 20;

/// Bytes that a record takes while it is read and checked, its text included, for each byte of the text.
/// The shortest file to remove takes 60 bytes there; 90 in the record, twice that while the list grows,
/// and a name in two sets.
pub(crate) const RECORD_FACTOR: u64 = 6;

const VERSION: u32 = 1;

/// What tells the content of a file, wherever it was moved since. The device is left out: its number
/// may be another one after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileMark {
    pub(crate) ino: u64,
    /// In bytes.
    pub(crate) size: u64,
    /// Seconds and nanoseconds.
    pub(crate) mtime: (i64, i64),
}

impl FileMark {
    pub(crate) fn of(identity: &Identity) -> Self {
        Self { ino: identity.ino, size: identity.size, mtime: identity.mtime }
    }

    /// Whether what stands under a name is a regular file with this content.
    pub(crate) fn is(&self, found: Option<&Stat>) -> bool {
        found.is_some_and(|stat| stat.kind == FileKind::Regular && self.is_of(stat))
    }

    fn is_of(&self, stat: &Stat) -> bool {
        #[cfg(test)]
        if mutant::is_identity_ignored() {
            return true;
        }
        Self::of(&stat.identity) == *self
    }
}

/// A file to move into its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    pub(crate) name: String,
    /// What the folder calls it until then, if it is a file of the folder that only gets another name: under the one that it had
    /// it is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    pub(crate) staged: FileMark,
    /// What stands in its place before; `None` if nothing does.
    pub(crate) replaces: Option<FileMark>,
}

impl Move {
    /// Where the file is until it is moved: in the commit folder, or in the folder itself.
    pub(crate) fn source<'d>(&'d self, folder: &'d Dir, commit: &'d Dir) -> (&'d Dir, &'d str) {
        match &self.from {
            Some(from) => (folder, from),
            None => (commit, &self.name),
        }
    }
}

/// A file to remove once all others are in place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    pub(crate) name: String,
    pub(crate) content: FileMark,
}

/// A commit, as written beside its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommitRecord {
    version: u32,
    pub(crate) moves: Vec<Move>,
    pub(crate) removals: Vec<Removal>,
}

impl CommitRecord {
    pub(crate) fn new(moves: Vec<Move>, removals: Vec<Removal>) -> Self {
        Self { version: VERSION, moves, removals }
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let bytes = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        match u64::try_from(bytes.len()) {
            Ok(len) if len <= RECORD_CAP => Ok(bytes),
            _ => Err(format!("the commit record takes over {RECORD_CAP} bytes: too many files")),
        }
    }

    /// Reads the file. It may come from a stranger: see [`check_owners`](Self::check_owners) too.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| text::bounded_display(&error))?;
        if record.version != VERSION {
            return Err(format!("expected version {VERSION}, found {}", record.version));
        }
        record.check_names()?;
        Ok(record)
    }

    /// The names are file names, each stands there once, and the manifest is among them.
    pub(crate) fn check_names(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        let moved = self.moves.iter().map(|file| &file.name);
        for name in moved.chain(self.removals.iter().map(|file| &file.name)) {
            check_component(name).map_err(|error| error.to_string())?;
            if is_reserved(name) {
                return Err(format!("it names `{name}`, which is varpack's own"));
            }
            if !seen.insert(name.as_str()) {
                return Err(format!("it names `{name}` twice"));
            }
        }
        let removed: BTreeSet<_> = self.removals.iter().map(|file| &file.name).collect();
        let mut renamed = self.moves.iter().filter_map(|file| file.from.as_ref());
        if let Some(from) = renamed.find(|from| !removed.contains(from)) {
            return Err(format!("it renames `{from}`, which it does not remove"));
        }
        if !self.moves.iter().any(|file| file.name == MANIFEST) {
            return Err(format!("it does not name {MANIFEST}"));
        }
        Ok(())
    }

    /// Whether the record touches nothing but what the manifests answer for: it moves files that the
    /// new one names, and removes files that only the old one does. Once the new manifest is in place
    /// there is no old one (`None`), and the identity alone protects what is removed.
    pub(crate) fn check_owners(
        &self,
        new: &NamedFiles,
        old: Option<&NamedFiles>,
    ) -> Result<(), String> {
        for file in &self.moves {
            if file.name != MANIFEST && !new.names(&file.name) {
                return Err(format!("it moves `{}`, which {MANIFEST} does not name", file.name));
            }
        }
        for file in &self.removals {
            let ours = [".npy", ".pickle"].iter().any(|suffix| file.name.ends_with(suffix))
                && !new.names(&file.name)
                && old.is_none_or(|old| old.may_own(&file.name));
            if !ours {
                return Err(format!("it removes `{}`, a foreign file", file.name));
            }
        }
        Ok(())
    }
}

/// A fault that the tests put in, to see that they find it.
#[cfg(test)]
pub(crate) mod mutant {
    use std::cell::Cell;

    thread_local! {
        static IDENTITY_IGNORED: Cell<bool> = const { Cell::new(false) };
    }

    /// Whether this thread's test runs the mutant that takes any regular file for the one that its record
    /// tells of.
    pub(crate) fn is_identity_ignored() -> bool {
        IDENTITY_IGNORED.get()
    }

    /// Runs a closure with that mutant.
    pub(crate) fn ignoring_identity<T>(run: impl FnOnce() -> T) -> T {
        IDENTITY_IGNORED.set(true);
        let result = run();
        IDENTITY_IGNORED.set(false);
        result
    }
}
