//! What a folder holds at one moment, to tell what a save or a failed load has touched.

#[cfg(unix)]
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
#[cfg(not(unix))]
use std::time::SystemTime;
use varpack::{Error, LoadOptions, Mode, Pack, PackFields, Varpack};

/// Every mode of a load.
pub const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

/// The errors of a folder that each way in refuses: as a `T` and as a `Pack`, in every mode.
///
/// # Panics
/// If one of them takes it, or changes it.
pub fn refusals<T: PackFields>(folder: &Path) -> Vec<Error> {
    let before = State::of(folder);
    let errors = MODES.iter().flat_map(|&mode| {
        let options = LoadOptions::new().mode(mode);
        let typed = T::load_with(folder, &options).map(drop).expect_err("the typed load");
        let pack = Pack::open_with(folder, &options).map(drop).expect_err("the Pack");
        [typed, pack]
    });
    let errors = errors.collect();
    before.assert_untouched(folder);
    errors
}

#[cfg(unix)]
/// Sets the permissions of a file or folder.
///
/// # Panics
/// If this process may not.
pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions to set");
}

#[cfg(unix)]
/// What the record of a commit says about a file.
///
/// # Panics
/// If it cannot be read.
pub fn content(path: &Path) -> Value {
    let found = fs::metadata(path).expect("the file's metadata");
    json!({
        "ino": found.ino(),
        "size": found.size(),
        "mtime": [found.mtime(), found.mtime_nsec()],
    })
}

/// The lock file, which any load of a folder makes and nothing ever removes.
const LOCK_FILE: &str = ".varpack.lock";

/// Begins the names of files that Windows could not remove when they were replaced, for they were mapped.
const ASIDE: &str = ".varpack-aside-";

/// The files of a folder, each with what any write, rename or `touch` would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    files: BTreeMap<String, FileState>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct FileState {
    /// Of a regular file.
    bytes: Option<Vec<u8>>,
    stamp: Stamp,
}

/// What tells a file, and each moment that it was touched, from others.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    inode: (u64, u64),
    /// Seconds and nanoseconds.
    ctime: (i64, i64),
    mtime: (i64, i64),
}

#[cfg(unix)]
impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: (metadata.dev(), metadata.ino()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Stamp {
    /// Of a file.
    ///
    /// # Panics
    /// If it cannot be looked at.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self::of(&fs::metadata(path).expect("the file's metadata"))
    }
}

/// A sparse file may be larger than memory.
#[cfg(unix)]
fn is_full(metadata: &Metadata) -> bool {
    metadata.blocks() * 512 >= metadata.size()
}

/// What tells a file, and each moment that it was written, from others.
#[cfg(not(unix))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Option<SystemTime>, Option<SystemTime>);

#[cfg(not(unix))]
impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self(metadata.created().ok(), metadata.modified().ok())
    }
}

#[cfg(not(unix))]
fn is_full(metadata: &Metadata) -> bool {
    metadata.len() < 1 << 30
}

impl State {
    /// What a folder holds now, but for the lock file.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn of(folder: impl AsRef<Path>) -> Self {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| {
            let entry = entry.expect("an entry of the folder");
            let metadata = fs::symlink_metadata(entry.path()).expect("the entry's metadata");
            let is_read = metadata.is_file() && is_full(&metadata);
            let state = FileState {
                bytes: is_read.then(|| fs::read(entry.path()).expect("the file's bytes")),
                stamp: Stamp::of(&metadata),
            };
            (entry.file_name().to_string_lossy().into_owned(), state)
        });
        let is_own = |name: &str| name == LOCK_FILE || name.starts_with(ASIDE);
        Self { files: entries.filter(|(name, _)| !is_own(name)).collect() }
    }

    /// The names of the files, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }

    /// The files that were written, moved, made or removed between this moment and a later one, sorted.
    pub fn touched<'s>(&'s self, later: &'s Self) -> Vec<&'s str> {
        let names: BTreeSet<_> = self.files.keys().chain(later.files.keys()).collect();
        let is_other = |name: &&String| self.files.get(*name) != later.files.get(*name);
        names.into_iter().filter(is_other).map(String::as_str).collect()
    }

    /// Asserts that a folder is as it was at this moment: no byte, inode or time of a file differs.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn assert_untouched(&self, folder: impl AsRef<Path>) {
        let later = Self::of(folder);
        assert_eq!(self.touched(&later), [""; 0], "files were touched");
    }
}
