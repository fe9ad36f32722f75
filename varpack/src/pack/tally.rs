//! What a load tells its progress: the files that the manifest announces, and what is found of them.

use super::fs::DirId;
use super::manifest::Manifest;
use super::name::{MANIFEST, SHARED_PICKLE};
use super::options::LoadOptions;
use super::progress::Meter;
use crate::Result;
use crate::sync::lock;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

/// What a file may be announced with, in bytes: the sizes of a stranger's manifest must not overflow.
const MOST: u64 = 1 << 40;

/// Counts the files of one load, from any thread. Without a callback it does nothing.
#[derive(Debug)]
pub(crate) struct Tally {
    meter: Meter,
    /// The files counted as to be done that are not found yet, with the bytes they were counted with.
    announced: Mutex<HashMap<String, u64>>,
}

impl Tally {
    /// Begins a count; a load that starts over begins another.
    pub(crate) fn new(options: &LoadOptions, dir: DirId) -> Self {
        let meter = Meter::new(options.progress.as_ref(), dir);
        let tally = Self { meter, announced: Mutex::default() };
        tally.announce(MANIFEST, 0);
        tally
    }

    /// Counts the files of the manifest's variables, but for those in `skip`. Of the arrays of a map it
    /// says the names only; their bytes are counted as they are found.
    pub(crate) fn announce_all(&self, manifest: &Manifest, skip: &BTreeSet<String>) {
        if !self.meter.is_watched() {
            return;
        }
        for (_, entry) in manifest.iter().filter(|(name, _)| !skip.contains(*name)) {
            let size = entry.size.as_ref().and_then(serde_json::Number::as_u64);
            let is_own = entry.filename != SHARED_PICKLE;
            self.announce(&entry.filename, size.filter(|_| is_own).unwrap_or_default());
            for file in entry.files.iter().flatten() {
                self.announce(file, 0);
            }
        }
    }

    fn announce(&self, file: &str, bytes: u64) {
        if !self.meter.is_watched() {
            return;
        }
        let mut announced = lock(&self.announced);
        if !announced.contains_key(file) {
            let bytes = bytes.min(MOST);
            announced.insert(file.to_owned(), bytes);
            self.meter.expect(1, bytes);
        }
    }

    /// A file is there, of so many bytes.
    pub(crate) fn found(&self, file: &str, bytes: u64) {
        if !self.meter.is_watched() {
            return;
        }
        if let Some(announced) = lock(&self.announced).remove(file) {
            self.meter.retract(1, announced);
        }
        self.meter.expect(1, bytes);
    }

    /// A file is read as a whole, of so many bytes.
    pub(crate) fn file(&self, file: &str, len: usize) -> Result<()> {
        self.found(file, len as u64);
        self.done(len as u64)
    }

    /// So many more bytes of a file that was found are read.
    pub(crate) fn read(&self, bytes: u64) -> Result<()> {
        self.meter.advance(0, bytes)
    }

    /// A file that was found is done, with its last bytes.
    pub(crate) fn done(&self, bytes: u64) -> Result<()> {
        self.meter.advance(1, bytes)
    }

    /// The load is over: what was announced and not found was not wanted.
    pub(crate) fn finish(&self) -> Result<()> {
        let left = std::mem::take(&mut *lock(&self.announced));
        let bytes = left.values().sum();
        self.meter.retract(left.len() as u64, bytes);
        self.meter.advance(0, 0)
    }
}
