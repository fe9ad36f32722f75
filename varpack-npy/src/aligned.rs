//! Memory for elements of any type.

use super::MAX_ALIGNMENT;
use crate::{Error, ErrorKind, Result};
use bytemuck::{Pod, Zeroable};

/// Bytes on the heap, aligned to [`MAX_ALIGNMENT`].
#[derive(Clone)]
pub struct Aligned {
    words: Vec<Word>,
    len: usize,
}

/// A `u128` is aligned to 8 bytes on some machines.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(16))]
struct Word([u8; MAX_ALIGNMENT]);

const _: () = assert!(align_of::<Word>() == MAX_ALIGNMENT);

impl Aligned {
    /// So many zeros.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if there is not so much memory.
    pub fn zeroed(len: usize) -> Result<Self> {
        let words = len.div_ceil(size_of::<Word>());
        let words = bytemuck::allocation::try_zeroed_vec(words).map_err(|()| {
            Error::msg(ErrorKind::Io, format!("cannot allocate {len} bytes of memory"))
        })?;
        Ok(Self { words, len })
    }

    /// A copy.
    ///
    /// # Errors
    /// As of [`zeroed`](Self::zeroed).
    pub fn copy_of(bytes: &[u8]) -> Result<Self> {
        let mut copy = Self::zeroed(bytes.len())?;
        copy.bytes_mut().copy_from_slice(bytes);
        Ok(copy)
    }

    /// All of them.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.words).get(..self.len).unwrap_or_default()
    }

    /// All of them, for writing.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.words).get_mut(..self.len).unwrap_or_default()
    }
}
