//! A folder in memory that each run of a target fills anew, and what stands in it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What stands under a folder: path below it -> what is there.
pub type Tree = BTreeMap<PathBuf, Entry>;

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file with these bytes.
    File(Vec<u8>),
    /// A link to there.
    Link(PathBuf),
    /// A folder.
    Folder,
}

/// A folder of the process's own.
#[derive(Debug)]
pub struct Scratch(TempDir);

impl Scratch {
    /// Makes it, on a file system in memory where there is one.
    ///
    /// # Panics
    /// If it cannot.
    pub fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("varpack-fuzz-").tempdir_in(parent);
        Self(folder.expect("a temporary folder"))
    }

    /// The path of something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a folder in it, without what was there before.
    ///
    /// # Panics
    /// If it cannot.
    pub fn empty_folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
            _ => fs::create_dir(&path).expect("a folder"),
        }
        path
    }

    /// All that is in it.
    pub fn tree(&self) -> Tree {
        tree(self.0.path())
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// All that is below a folder, without the lock file, which any load may make. No link is followed.
///
/// # Panics
/// If something cannot be read.
pub fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below)).expect("a folder to list") {
            let entry = entry.expect("an entry of a folder");
            if entry.file_name() == ".varpack.lock" {
                continue;
            }
            let (name, path) = (below.join(entry.file_name()), entry.path());
            let kind = entry.file_type().expect("the type of an entry");
            let found = if kind.is_dir() {
                folders.push(name.clone());
                Entry::Folder
            } else if kind.is_symlink() {
                Entry::Link(fs::read_link(&path).expect("a link"))
            } else {
                Entry::File(fs::read(&path).expect("a file"))
            };
            tree.insert(name, found);
        }
    }
    tree
}
