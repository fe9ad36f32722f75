//! A file in memory. What is read there can change under the eyes of the reader: who may look at it, and when, is for
//! `array::mapping` to prove.

#![allow(unsafe_code, reason = "memmap2 has no safe way to map a file privately")]

use super::System;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;

/// Who sees what is written through a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Nothing is written.
    ReadOnly,
    /// This map alone.
    Private,
    /// Whoever has the file open.
    File,
}

/// The first bytes of a file in memory, until it is dropped: a place and a length, and no reference. Only
/// implementations of [`FileSystem`](super::FileSystem) reach through it.
///
/// Invariant: it is a map of as many bytes as it says, shared as it says.
#[derive(Debug)]
pub(crate) struct RawMap(MmapRaw, Sharing);

impl RawMap {
    pub(super) fn new(file: &File, len: usize, sharing: Sharing) -> io::Result<Self> {
        let mut options = MmapOptions::new();
        options.len(len);
        let map = match sharing {
            Sharing::ReadOnly => options.map_raw_read_only(file),
            Sharing::File => options.map_raw(file),
            Sharing::Private => {
                // Few pages of it may ever be written: no swap is set aside for all. Who means to write what is larger than
                // memory is told before.
                options.no_reserve_swap();
                // SAFETY: what memmap2 asks is that nobody changes the file while a `MmapMut` lends its bytes. This one
                // lends none: it becomes raw at once.
                unsafe { options.map_copy(file) }.map(MmapRaw::from)
            }
        };
        map.map(|map| Self(map, sharing))
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        loop {
            match self.0.flush() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                flushed => return flushed,
            }
        }
    }
}

/// The same, and the file system that has mapped it.
#[derive(Debug)]
pub(crate) struct Map {
    raw: RawMap,
    system: System,
}

impl Map {
    pub(super) fn new(raw: RawMap, system: &System) -> Self {
        Self { raw, system: system.clone() }
    }

    /// Where it begins. Good for writing unless it is [`ReadOnly`](Sharing::ReadOnly).
    pub(crate) fn start(&self) -> *mut u8 {
        self.raw.0.as_mut_ptr()
    }

    /// How many bytes are mapped.
    pub(crate) fn len(&self) -> usize {
        self.raw.0.len()
    }

    /// Who sees what is written through it.
    pub(crate) fn sharing(&self) -> Sharing {
        self.raw.1
    }

    /// Brings what was written through it to the disk.
    pub(crate) fn flush(&self) -> io::Result<()> {
        self.system.flush(&self.raw)
    }
}
