//! The bytes of a file on its way into a commit: written or copied in pieces, and counted.

use super::copy_source::Original;
use super::progress::ProgressMeter;
use crate::layout::own::DATA_LOCK;
use crate::os::{File, Lock};
use crate::{Error, ErrorKind, Result};
use std::io::{self, BufWriter, Write};

/// Bytes that are written or copied at once: so often a large file is reported, and a cancelled save
/// looks up.
const PIECE: u64 = 8 << 20;

/// Bytes gathered before they are written: a small array's header and elements go in one call.
const BUFFER: usize = 64 << 10;

/// A file of a length known beforehand.
pub(crate) struct FileOutput<'a> {
    buffered: BufWriter<Pieces<'a>>,
}

/// What lies beneath the buffer.
struct Pieces<'a> {
    file: &'a File,
    /// Bytes to be written in all.
    len: u64,
    /// Whether to reserve space for them before the first is written. Not before a copy: blocks that
    /// are shared need none.
    reserve: bool,
    /// Bytes written.
    at: u64,
    meter: &'a ProgressMeter,
    /// Bytes that were reported.
    reported: u64,
    /// The caller's answer: an `io::Error` would not bring it through.
    cancelled: Option<Error>,
}

impl<'a> FileOutput<'a> {
    pub(crate) fn new(file: &'a File, len: u64, reserve: bool, meter: &'a ProgressMeter) -> Self {
        let pieces = Pieces { file, len, reserve, at: 0, meter, reported: 0, cancelled: None };
        let capacity = usize::try_from(len).unwrap_or(BUFFER).min(BUFFER);
        Self { buffered: BufWriter::with_capacity(capacity, pieces) }
    }

    /// Writes bytes.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.buffered.write_all(bytes).map_err(cannot_write)
    }

    /// Makes the whole file a copy of one that begins with these bytes and is of its length; `false` if
    /// that cannot be, or the other is not what it was: then all of it is to be written. To be called first.
    pub(crate) fn copy(&mut self, original: &Original<'_>, begin: &[u8]) -> Result<bool> {
        let pieces = self.buffered.get_mut();
        let Some(from) = original.open(begin, pieces.len) else { return Ok(false) };
        if !pieces.lock()? {
            return Ok(false);
        }
        let copied = pieces.copy(&from);
        let is_whole = copied
            .map_err(|error| Error::msg(ErrorKind::Io, "cannot copy").with_source(error))?
            && original.is_still(&from);
        if !is_whole {
            pieces.at = 0;
        }
        Ok(is_whole)
    }

    /// Ends the file, however `filled` it is. Gives the bytes that are yet to be reported.
    pub(crate) fn end(mut self, filled: Result<()>) -> Result<u64> {
        let filled = filled.and_then(|()| self.buffered.flush().map_err(cannot_write));
        // Taken apart, it does not try what has failed again.
        let (pieces, _) = self.buffered.into_parts();
        if let Some(cancelled) = pieces.cancelled {
            return Err(cancelled);
        }
        filled?;
        if pieces.at != pieces.len {
            return Err(Error::new(ErrorKind::Usage)
                .with_expected(format!("{} bytes to be written", pieces.len))
                .with_found(pieces.at.to_string()));
        }
        Ok(pieces.len.saturating_sub(pieces.reported))
    }
}

impl Write for FileOutput<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffered.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffered.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffered.flush()
    }
}

impl Pieces<'_> {
    /// Keeps everybody from a map of the file until it is closed: a copy has the file's whole length before it is known to
    /// be good, and may be written over then. `false` if someone has it open already.
    fn lock(&self) -> Result<bool> {
        match self.file.lock(DATA_LOCK, Lock::Exclusive) {
            // Nobody maps what cannot be locked.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
            locked => locked.map_err(|error| {
                Error::msg(ErrorKind::Io, "cannot lock the file").with_source(error)
            }),
        }
    }

    fn copy(&mut self, from: &File) -> io::Result<bool> {
        while self.at < self.len {
            match self.file.copy_from(from, self.at, PIECE.min(self.len - self.at)) {
                Ok(0) => return Ok(false),
                Ok(copied) => self.advance(copied)?,
                Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// The end of the file is reported by whoever has made it whole.
    fn advance(&mut self, bytes: u64) -> io::Result<()> {
        self.at = self.at.saturating_add(bytes);
        // What is written again after a copy that failed was reported.
        let news = self.at.saturating_sub(self.reported);
        if news >= PIECE && self.at < self.len {
            self.reported = self.at;
            self.meter.advance(0, news).map_err(|error| {
                self.cancelled = Some(error);
                io::Error::other("cancelled")
            })?;
        }
        Ok(())
    }
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let over = || io::Error::new(io::ErrorKind::InvalidInput, "more bytes than announced");
        let len = u64::try_from(bytes.len()).map_err(|_| over())?;
        if len > self.len.saturating_sub(self.at) {
            return Err(over());
        }
        if self.reserve {
            self.reserve = false;
            self.file.reserve(self.len)?;
        }
        let piece = usize::try_from(PIECE).ok().and_then(|piece| bytes.get(..piece));
        let written = self.file.write(piece.unwrap_or(bytes))?;
        self.advance(u64::try_from(written).map_err(|_| over())?)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cannot_write(error: io::Error) -> Error {
    Error::msg(ErrorKind::Io, "cannot write").with_source(error)
}
