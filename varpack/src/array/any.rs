//! An array whose dtype is known only at run time.

use super::MmapArray;
use crate::npy::{Dtype, Element, Header};
use crate::{Error, ErrorKind, Result};
use ndarray::Dimension;
use std::sync::Arc;

/// An array of any dtype, owned or mapped.
#[derive(Clone, Debug)]
pub struct AnyArray {
    header: Header,
    bytes: Arc<Vec<u8>>,
}

impl AnyArray {
    /// An array in memory from its header and the bytes that would follow it in a `.npy` file.
    ///
    /// # Errors
    /// If there are more or fewer bytes than the header says.
    pub fn from_bytes(header: Header, bytes: Vec<u8>) -> Result<Self> {
        let expected = header.data_len()?;
        if bytes.len() != expected {
            return Err(Error::new(ErrorKind::Npy)
                .with_expected(format!("{expected} bytes of data"))
                .with_found(bytes.len().to_string()));
        }
        Ok(Self { header, bytes: Arc::new(bytes) })
    }

    /// Dtype, order and shape.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The type of an element.
    pub fn dtype(&self) -> &Dtype {
        &self.header.dtype
    }

    /// The number of elements along each axis.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// The elements as in the file, in the order of the header.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The array as one of a known type.
    ///
    /// # Errors
    /// If dtype or number of axes differ.
    pub fn downcast<T: Element, D: Dimension>(self) -> Result<MmapArray<T, D>> {
        todo!()
    }
}
