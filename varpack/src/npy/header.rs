//! The header of a `.npy` file: versions 1, 2 and 3, to and from bytes.

use super::Dtype;
use crate::Result;

/// What the header of a `.npy` file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type of an element.
    pub dtype: Dtype,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// The number of elements along each axis.
    pub shape: Vec<usize>,
}

impl Header {
    /// The bytes that [`Header::encoded_len`] needs to see: magic, version and header length.
    pub const PREFIX: usize = 12;

    /// Bytes before the data, from the first [`Header::PREFIX`] bytes of the file (fewer only if the
    /// file is shorter): what to read before [`Header::parse`]. Capped.
    pub fn encoded_len(_prefix: &[u8]) -> Result<usize> {
        todo!()
    }

    /// Parses the bytes before the data, all `encoded_len` of them.
    pub fn parse(_bytes: &[u8]) -> Result<Self> {
        todo!()
    }

    /// The bytes to write before the data: padded to 64, with room for the first axis to grow.
    pub fn encode(&self) -> Vec<u8> {
        todo!()
    }

    /// The number of elements; an error if that or the bytes go over `isize::MAX`.
    pub fn element_count(&self) -> Result<usize> {
        todo!()
    }

    /// Bytes of data after the header.
    pub fn data_len(&self) -> Result<usize> {
        todo!()
    }
}
