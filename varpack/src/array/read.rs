//! Reading a file into memory: in pieces, on several threads if it is large.

use super::mapping::Memory;
use crate::os::File;
use crate::store::load_progress::Tally;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result, parallel};
use std::sync::Mutex;

/// Files up to this size are read: half the cost of mapping them, and a process may have only
/// 65,530 maps.
pub(super) const SMALL_FILE: usize = 64 * 1024;

/// What is read at once, in bytes: a thread costs much less, and a callback does too.
const PIECE: usize = 4 << 20;

/// A file that is open for a load.
pub(super) struct FileInput<'f> {
    pub(super) file: &'f File,
    pub(super) tally: &'f Tally,
    /// How many threads may read it.
    pub(super) threads: usize,
}

impl FileInput<'_> {
    /// The first `len` bytes, to look at: they count towards the progress with what is done of the file.
    pub(super) fn read_start(&self, len: usize) -> Result<Memory> {
        let mut memory = Memory::zeroed(len)?;
        self.read_at(memory.bytes_mut().unwrap_or_default(), 0)?;
        Ok(memory)
    }

    /// The whole file, of `len` bytes.
    pub(super) fn read(&self, len: usize) -> Result<Memory> {
        let mut memory = Memory::zeroed(len)?;
        let bytes = memory.bytes_mut().unwrap_or_default();
        let pieces: Vec<_> = bytes.chunks_mut(PIECE).map(Mutex::new).collect();
        parallel::for_each(self.threads, &pieces, |index, piece| {
            let mut piece = lock(piece);
            self.read_at(&mut piece, (index * PIECE) as u64)?;
            self.tally.read(piece.len() as u64)
        })?;
        drop(pieces);
        self.tally.done(0)?;
        Ok(memory)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<()> {
        self.file
            .read_exact_at(bytes, offset)
            .map_err(|error| Error::msg(ErrorKind::Io, "cannot read").with_source(error))
    }
}

/// A size as a length in memory.
pub(super) fn to_len(size: u64) -> Result<usize> {
    usize::try_from(size).ok().filter(|&len| isize::try_from(len).is_ok()).ok_or_else(|| {
        Error::msg(ErrorKind::Limit, "the file is larger than the address space")
            .with_found(format!("{size} bytes"))
    })
}
