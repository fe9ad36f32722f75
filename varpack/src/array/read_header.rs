//! Headers of files: read, parsed, and held against the size of the file.

use super::mapping::Memory;
use super::read::{FileInput, SMALL_FILE};
use crate::budget::{Budget, to_u64};
use crate::npy::Header;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use std::sync::Mutex;

/// Read of a larger file to see its header: all but the strangest headers are shorter.
const FIRST_READ: usize = 1024;

/// Headers up to this size, in bytes, are not worth counting what they are parsed into.
const SMALL_HEADER: usize = 1024;

/// Bytes that a header is parsed into for each of its own, at most: a field takes a dozen bytes of text, and in
/// memory its names, its dtype and its place in the literal that it is read from.
const PARSED: usize = 32;

/// The start of a file.
pub(super) struct Start {
    /// At least the bytes of the header; all of a small file.
    pub(super) memory: Memory,
    pub(super) header: Header,
    /// Where the elements start in the file, in bytes.
    pub(super) data_start: usize,
}

/// Reads the headers of one load.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// The header read last, with its bytes: the arrays of a map mostly have one and the same.
    last: Mutex<Option<(Box<[u8]>, Header)>>,
}

impl Headers {
    /// Reads the start of a file of `len` bytes.
    ///
    /// # Errors
    /// If it has no header, or not as many bytes of data as that says.
    pub(super) fn read(&self, input: &FileInput<'_>, len: usize, budget: &Budget) -> Result<Start> {
        let (memory, data_start) = read_start(input, len)?;
        let header = self.parse(memory.bytes().get(..data_start).unwrap_or_default(), budget)?;
        check_len(&header, len - data_start)?;
        Ok(Start { memory, header, data_start })
    }

    fn parse(&self, bytes: &[u8], budget: &Budget) -> Result<Header> {
        if let Some((last, header)) = &*lock(&self.last)
            && **last == *bytes
        {
            return Ok(header.clone());
        }
        let header = if bytes.len() > SMALL_HEADER {
            let most = to_u64(bytes.len().saturating_mul(PARSED));
            budget.take(most)?;
            let header = Header::parse(bytes)?;
            budget.give_back(most.saturating_sub(to_u64(header.size())));
            header
        } else {
            Header::parse(bytes)?
        };
        *lock(&self.last) = Some((bytes.into(), header.clone()));
        Ok(header)
    }
}

/// The start of a file of `len` bytes, at least its header, and how many bytes the header takes.
fn read_start(input: &FileInput<'_>, len: usize) -> Result<(Memory, usize)> {
    let start = input.read_start(if len <= SMALL_FILE { len } else { FIRST_READ })?;
    let header_len = Header::encoded_len(start.bytes())?;
    if len < header_len {
        return Err(Error::new(ErrorKind::Npy)
            .with_expected(format!("a header of {header_len} bytes"))
            .with_found(format!("a file of {len} bytes")));
    }
    let is_whole = start.bytes().len() >= header_len;
    Ok((if is_whole { start } else { input.read_start(header_len)? }, header_len))
}

/// Whether there are as many bytes of data as the header says. A pickle of objects may have any length.
fn check_len(header: &Header, found: usize) -> Result<()> {
    let expected = header.data_len()?;
    if header.dtype.has_objects() || expected == found {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Npy)
        .with_expected(format!(
            "{expected} bytes of data (dtype {}, shape {:?})",
            header.dtype.name(),
            header.shape
        ))
        .with_found(format!("{found}")))
}
