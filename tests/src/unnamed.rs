//! Arrays in files without a name, and what the system knows of those files.

use ndarray::Array2;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{MmapArray2, Varpack};

/// A state whose array is made of zeros in a file.
#[derive(Varpack)]
pub struct Simulation {
    /// 1.2 MB, mapped on load.
    #[varpack(mmap)]
    pub field: MmapArray2<f32>,
    /// In the shared pickle.
    pub step: u64,
}

impl Simulation {
    const SHAPE: (usize, usize) = (300, 1000);

    /// Made of zeros in a folder, or beside it, and filled row by row.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn made_in(folder: &Path) -> Self {
        let mut field = MmapArray2::zeros_in(folder, Self::SHAPE).expect("an array of zeros");
        for row in 0..Self::SHAPE.0 {
            field.view_mut().expect("its elements").row_mut(row).fill(row as f32);
        }
        Self { field, step: 7 }
    }

    /// What its array holds then.
    pub fn expected() -> Array2<f32> {
        Array2::from_shape_fn(Self::SHAPE, |(row, _)| row as f32)
    }
}

/// The path of a folder that does not exist yet, and the one above it, which goes at the end.
///
/// # Panics
/// If that cannot be made.
pub fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a folder for temporary files");
    let folder = parent.path().join("run");
    (parent, folder)
}

/// A file that this process has mapped, and that had no name then.
#[derive(Clone, Copy, Debug)]
pub struct Unnamed {
    /// Its number on its file system.
    pub inode: u64,
    /// Bytes that are mapped, in whole pages.
    pub len: u64,
}

/// The files that were made without a name below `root`, from `/proc/self/maps` (proc(5)).
///
/// # Panics
/// If that cannot be read.
pub fn unnamed(root: &Path) -> Vec<Unnamed> {
    let maps = fs::read_to_string("/proc/self/maps").expect("the maps of this process");
    let parse = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [range, _, _, _, inode, path, "(deleted)"] = words[..] else { return None };
        let (start, end) = range.split_once('-')?;
        let at = |hex| u64::from_str_radix(hex, 16).ok();
        let len = at(end)? - at(start)?;
        Path::new(path).starts_with(root).then_some(Unnamed { inode: inode.parse().ok()?, len })
    };
    maps.lines().filter_map(parse).collect()
}

/// The inode of the only such file.
///
/// # Panics
/// If there are none or several.
pub fn inode_without_name(root: &Path) -> u64 {
    let unnamed = unnamed(root);
    assert_eq!(unnamed.len(), 1, "{unnamed:?}");
    unnamed[0].inode
}

/// The inode of a file.
///
/// # Panics
/// If there is no such file.
pub fn inode(path: impl AsRef<Path>) -> u64 {
    fs::metadata(path).expect("the file").ino()
}

/// How many descriptors of this process lead to a place below `root`.
///
/// # Panics
/// If that cannot be told.
pub fn descriptors(root: &Path) -> usize {
    let links = fs::read_dir("/proc/self/fd").expect("the descriptors of this process");
    let targets = links.filter_map(|link| fs::read_link(link.ok()?.path()).ok());
    targets.filter(|target| target.starts_with(root)).count()
}
