//! Those who have a folder loaded, and save it.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{LoadOptions, Loaded, Mode, PackFields, SaveOptions, Varpack};

/// Quick: for tests that are not about the disk.
#[must_use]
pub fn unsynced() -> SaveOptions {
    SaveOptions::new().sync(false)
}

/// A folder `run` that holds the value, and what it is removed with.
///
/// # Panics
/// If it cannot be saved.
pub fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a folder to work in");
    let folder = parent.path().join("run");
    value.save_with(&folder, &unsynced()).expect("a folder to load");
    (parent, folder)
}

/// One who has it loaded: what is changed is in memory until it is saved.
///
/// # Panics
/// If it cannot be loaded.
#[must_use]
pub fn load<T: PackFields>(folder: &Path) -> Loaded<T> {
    T::load_with(folder, &LoadOptions::new().mode(Mode::CopyOnWrite)).expect("a folder that loads")
}
