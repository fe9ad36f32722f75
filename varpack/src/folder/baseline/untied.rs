//! Saves of this program that no load knows of: of structs that nothing ties to one, since all their arrays were
//! replaced. An array that was loaded before and is put back is of an older state than the folder's.

use crate::os::dir::DirId;
use crate::sync::lock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};

/// How many there were of one folder. What is remembered of the folder shares it.
#[derive(Debug, Default)]
pub(super) struct Untied(AtomicU64);

/// Of the folders of which loads are remembered.
static FOLDERS: LazyLock<Mutex<HashMap<DirId, Weak<Untied>>>> = LazyLock::new(Default::default);

impl Untied {
    /// Of a folder that is loaded, or saved to by who remembers it.
    pub(super) fn of(dir: DirId) -> Arc<Self> {
        let mut folders = lock(&FOLDERS);
        if let Some(known) = folders.get(&dir).and_then(Weak::upgrade) {
            return known;
        }
        if folders.len() == folders.capacity() {
            folders.retain(|_, loads| loads.strong_count() > 0);
        }
        let new = Arc::default();
        folders.insert(dir, Arc::downgrade(&new));
        new
    }

    /// One more, if anybody remembers the folder.
    pub(super) fn note(dir: DirId) {
        if let Some(known) = lock(&FOLDERS).get(&dir).and_then(Weak::upgrade) {
            known.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
