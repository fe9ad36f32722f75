//! Whether a file is just what would be written of an array: of two who have made the same of it, neither is stale.

use crate::array::ArraySource;
use crate::os::dir::Dir;
use crate::os::{File, FileKind};
use crate::{Error, Result};
use std::io::{self, Write};

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// See the file's first line.
pub(super) fn is_file_of(dir: &Dir, name: &str, array: &dyn ArraySource) -> Result<bool> {
    let header = array.header()?;
    let (start, len) = (header.encode()?, header.data_len()?);
    let is_as_long = dir.stat(name)?.is_some_and(|found| {
        found.kind == FileKind::Regular && found.identity.size == (start.len() + len) as u64
    });
    if !is_as_long {
        return Ok(false);
    }
    let file = dir.open_file(name)?;
    let mut compared = Compared { with: &file, at: 0, is_same: true, piece: Vec::new() };
    compared
        .write_all(&start)
        .map_err(|error| Error::io("cannot read", dir.path().join(name), error))?;
    array.write_data(&mut compared)?;
    Ok(compared.is_same)
}

/// What is written, beside what a file holds.
struct Compared<'f> {
    with: &'f File,
    at: u64,
    is_same: bool,
    piece: Vec<u8>,
}

impl Write for Compared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_same {
            return Ok(bytes.len());
        }
        let (bytes, _) = bytes.split_at(bytes.len().min(PIECE));
        self.piece.resize(bytes.len(), 0);
        self.is_same = match self.with.read_exact_at(&mut self.piece, self.at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => false,
            read => read.map(|()| self.piece == bytes)?,
        };
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
