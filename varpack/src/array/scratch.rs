//! The file of an array that was not saved yet: it has no name, so that nothing is left of it however the
//! process ends.

use super::data_lock::EditLock;
use super::mapping::Memory;
use super::order::is_fortran;
use crate::npy::internal::header_of;
use crate::npy::{Element, Header};
use crate::os::System;
use crate::os::dir::{Dir, Identity};
use crate::{Error, ErrorKind, Result};
use ndarray::{Array, Dimension, ShapeBuilder};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// A whole `.npy` file that no folder has a name for, until a save gives it its one name.
///
/// The descriptor is kept open: nothing else leads to the file. It is locked before it has a name, so that
/// whoever finds it under one finds it locked.
#[derive(Debug)]
pub(crate) struct Scratch {
    lock: Arc<EditLock>,
    identity: Identity,
    /// A save has given it its name. If that save was not made, the name is gone again.
    was_named: bool,
    /// A save, on another thread it may be, is about to give it its name.
    is_being_named: bool,
}

impl Scratch {
    /// A file of the array that `header` describes, all its elements zero, on the file system of `folder`;
    /// where there is no such folder, of the nearest one above it that there is. Gives the map of it, and
    /// where in that the elements start.
    ///
    /// # Errors
    /// `Limit` if the array is larger than a file can be here, `Io` if the file cannot be made, is too large
    /// for the disk, or cannot be mapped.
    pub(super) fn zeros(
        system: &System,
        folder: &Path,
        header: &Header,
    ) -> Result<(Self, Memory, usize)> {
        let start = header.encode()?;
        let data_len = header.data_len()?;
        let len = start.len().checked_add(data_len).filter(|&len| isize::try_from(len).is_ok());
        let too_large = || {
            Error::msg(ErrorKind::Limit, "the array is larger than the address space")
                .with_found(format!("{data_len} bytes"))
        };
        let len = len.ok_or_else(too_large)?;
        let size = u64::try_from(len).map_err(|_| too_large())?;
        let failed =
            |error| Error::io(&format!("cannot make an array of {data_len} bytes"), folder, error);
        let dir = nearest(system, folder)?;
        let file = dir.make_unnamed(0o666)?;
        file.set_len(size).map_err(failed)?;
        // On a full disk a write into a hole of the file would be a SIGBUS.
        file.reserve(size).map_err(failed)?;
        (&file).write_all(&start).map_err(failed)?;
        let identity = file.stat().map_err(failed)?.identity;
        let lock = Arc::new(EditLock::unnamed(file).map_err(failed)?);
        let memory = Memory::map_in_place(&lock, len).map_err(failed)?;
        Ok((Self { lock, identity, was_named: false, is_being_named: false }, memory, start.len()))
    }

    /// The lock on the file.
    pub(super) fn lock(&self) -> &EditLock {
        &self.lock
    }

    /// Whether this is the file of that identity, whatever was written since.
    pub(super) fn is(&self, identity: &Identity) -> bool {
        self.identity.is_same_file(identity)
    }

    /// Whether the file stands in a folder: that of a save which was made but not finished, or whose staging
    /// folder could not be removed.
    pub(super) fn has_name(&self) -> io::Result<bool> {
        // Before that nobody can have given it one.
        Ok(self.was_named && self.lock.file().stat()?.links > 0)
    }

    /// The last `len` bytes of the file, its elements, in memory.
    pub(super) fn read(&self, len: usize) -> Result<Memory> {
        let failed = |error| {
            Error::msg(ErrorKind::Io, "cannot read the array's own file").with_source(error)
        };
        let file = self.lock.file();
        let mut memory = Memory::zeroed(len)?;
        let start =
            file.stat().map_err(failed)?.identity.size.saturating_sub(memory.bytes().len() as u64);
        if let Some(bytes) = memory.bytes_mut() {
            file.read_exact_at(bytes, start).map_err(failed)?;
        }
        Ok(memory)
    }

    /// Gets ready for a name, if the file has none (a second one would let writes to one file show in
    /// another) and starts with this header: the array may be known by another, equal dtype since. Gives the
    /// file to be named; `None` if it stays without, as one that cannot be locked does.
    pub(super) fn prepare_name(&mut self, header: &[u8]) -> Result<Option<Arc<EditLock>>> {
        if !self.lock.is_locked() || self.is_being_named {
            return Ok(None);
        }
        let mut start = vec![0; header.len()];
        let read = self.lock.file().read_exact_at(&mut start, 0).and_then(|()| self.has_name());
        let has_name = read.map_err(|error| {
            Error::msg(ErrorKind::Io, "cannot examine the array's own file").with_source(error)
        })?;
        if has_name || start != header {
            return Ok(None);
        }
        (self.was_named, self.is_being_named) = (true, true);
        // Others may load it as soon as it is in its place.
        self.lock.share().inspect_err(|_| self.is_being_named = false)?;
        Ok(Some(Arc::clone(&self.lock)))
    }

    /// Whoever was to give it its name has done so, or has not: the number of its names tells.
    pub(super) fn end_naming(&mut self) {
        self.is_being_named = false;
    }
}

/// The header of an array of that shape and order.
pub(super) fn header_of_shape<T: Element, D: Dimension>(
    shape: impl ShapeBuilder<Dim = D>,
) -> Result<Header> {
    let shape = shape.into_shape_with_order();
    let axes = shape.raw_dim().slice().to_vec();
    header_of::<T>(&axes, false)?.data_len()?; // before `ndarray` computes it, which would panic
    // Only an array tells the order of its shape. This one has elements of no bytes.
    let array = Array::<(), D>::uninit(shape);
    header_of::<T>(&axes, is_fortran(&array))
}

/// The folder, or the nearest one above it that there is.
fn nearest(system: &System, folder: &Path) -> Result<Dir> {
    let path = std::path::absolute(folder)
        .map_err(|error| Error::io("cannot tell the absolute path of", folder, error))?;
    let is_there = |dir: &Result<Dir>| {
        dir.as_ref().err().is_none_or(|error| error.kind() != ErrorKind::NotFound)
    };
    let open = |path| Dir::open(system, path);
    path.ancestors().map(open).find(is_there).unwrap_or_else(|| open(&path))
}
