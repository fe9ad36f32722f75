//! What a load tells its progress: the files that the manifest announces, and what is found of them.

use super::progress::{Callback, ProgressMeter};
use crate::Result;
use crate::layout::own::MANIFEST;
use crate::os::dir::DirId;
use crate::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;

/// What a file may be announced with, in bytes: the sizes of a stranger's manifest must not overflow.
const MOST: u64 = 1 << 40;

/// Counts the files of one load, from any thread. Without a callback it does nothing.
#[derive(Debug)]
pub(crate) struct Tally {
    meter: ProgressMeter,
    /// The files counted as to be done that are not found yet, with the bytes they were counted with.
    announced: Mutex<HashMap<String, u64>>,
}

impl Tally {
    /// Whether anybody is told.
    pub(crate) fn is_watched(&self) -> bool {
        self.meter.is_watched()
    }

    /// Begins a count; a load that starts over begins another.
    pub(crate) fn new(progress: Option<&Callback>, dir: DirId) -> Self {
        let meter = ProgressMeter::new(progress, dir);
        let tally = Self { meter, announced: Mutex::default() };
        tally.announce(MANIFEST, 0);
        tally
    }

    /// Counts a file that is to come, of so many bytes if that is known.
    pub(crate) fn announce(&self, file: &str, bytes: u64) {
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
