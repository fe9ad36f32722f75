//! An array's file that a load has opened, of no type yet.

use super::binding::Binding;
use super::mapping::Memory;
use super::read_reason::Placed;
use super::{AnyArray, MmapArray};
use crate::Result;
use crate::npy::{Dtype, Element, Header};
use crate::os::dir::Identity;
use ndarray::Dimension;
use std::borrow::Cow;

/// An array's file, checked and mapped or read: of whatever type, for any thread, and without a descriptor.
#[derive(Debug)]
pub(crate) struct ArrayFile {
    pub(super) identity: Identity,
    /// The link that led to the file.
    pub(super) link: Option<Identity>,
    /// What the file says of its array; its dtype is the one that it was cast to, if it was.
    pub(super) header: Header,
    /// The dtype in the file of one that was cast.
    pub(super) stored: Option<Dtype>,
    /// Where the elements start in the file, in bytes.
    pub(super) data_start: usize,
    pub(super) memory: Memory,
    /// Where the elements start in the memory, in bytes.
    pub(super) offset: usize,
    pub(super) placed: Placed,
}

impl ArrayFile {
    /// Of the file.
    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// What the file says of its array.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The elements.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.bytes().get(self.offset..).unwrap_or_default()
    }

    /// Bytes of the file that are in memory, and were counted.
    pub(crate) fn read_len(&self) -> u64 {
        if self.placed == Placed::Mapped { 0 } else { self.identity.size }
    }

    /// The pickle inside a file whose elements are Python objects; `None` for any other file.
    pub(crate) fn objects(&self) -> Option<&[u8]> {
        self.header.dtype.has_objects().then(|| self.bytes())
    }
}

/// An opened file and what ties it to its array.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(super) header: Header,
    pub(super) stored: Option<Dtype>,
    pub(super) memory: Memory,
    pub(super) offset: usize,
    pub(super) binding: Box<Binding>,
    pub(super) placed: Placed,
}

impl Bound {
    /// What the file says of its array.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The same, of the dtype that the elements have in the file, where they were cast.
    pub(crate) fn stored_header(&self) -> Cow<'_, Header> {
        match &self.stored {
            None => Cow::Borrowed(&self.header),
            Some(dtype) => Cow::Owned(Header { dtype: dtype.clone(), ..self.header.clone() }),
        }
    }

    /// Lets go of the folder that the file lies in.
    pub(super) fn without_folder(mut self) -> Self {
        self.binding.close_folder();
        self
    }

    /// Where the array is.
    pub(crate) fn placed(&self) -> &Placed {
        &self.placed
    }

    /// As an array of a known type, the one it was opened for.
    pub(crate) fn typed<T: Element, D: Dimension>(self) -> Result<MmapArray<T, D>> {
        MmapArray::from_memory(&self.header, self.memory, self.offset, self.binding)
    }

    /// As an array of whatever type it is. `logical`: what our metadata calls the dtype.
    pub(crate) fn any(self, logical: Option<&str>) -> AnyArray {
        AnyArray::from_memory(self.header, self.memory, self.offset, self.binding, logical)
    }
}
