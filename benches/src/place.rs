//! Where files are written: a tmpfs and a disk, and fresh folders there.

use crate::Result;
use nix::unistd::syncfs;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A file system to measure on. What is in it is removed at the end.
pub(crate) struct Place {
    /// How tables call it, such as `tmpfs` or `ext4`.
    pub(crate) name: String,
    root: TempDir,
}

impl Place {
    pub(crate) fn new(parent: &Path) -> Result<Self> {
        fs::create_dir_all(parent)
            .map_err(|error| format!("cannot make a folder {}: {error}", parent.display()))?;
        let root = tempfile::Builder::new().prefix("varpack-benches-").tempdir_in(parent)?;
        Ok(Self { name: file_system(root.path())?, root })
    }

    /// Writes out what is still to be written, so that whoever comes next does not wait for it.
    pub(crate) fn settle(&self) -> Result<()> {
        Ok(syncfs(File::open(self.root.path())?)?)
    }

    /// The usual folder for temporary files, for tests.
    #[cfg(test)]
    pub(crate) fn temporary() -> Result<Self> {
        Self::new(&std::env::temp_dir())
    }

    /// An empty folder, removed with what it holds when it is dropped.
    pub(crate) fn fresh(&self) -> Result<TempDir> {
        Ok(tempfile::tempdir_in(self.root.path())?)
    }
}

/// The type of the file system that holds a folder: that of the longest mount point above it.
fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (PathBuf::from(words.next()?), words.next()?);
        folder.starts_with(&point).then_some((point, kind))
    });
    // The last of those on one point is on top.
    let found = above.max_by_key(|(point, _)| point.components().count());
    Ok(found.map_or("unknown", |(_, kind)| kind).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_system_is_that_of_the_innermost_mount() {
        assert_eq!(file_system(Path::new("/proc/self")).unwrap(), "proc");
    }

    #[test]
    fn fresh_folder_is_empty_and_goes_with_its_owner() {
        let place = Place::temporary().unwrap();
        let folder = place.fresh().unwrap();
        fs::write(folder.path().join("x"), "x").unwrap();
        let path = folder.path().to_owned();
        drop(folder);
        assert!(!path.exists());
    }
}
