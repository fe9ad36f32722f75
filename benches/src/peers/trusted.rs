//! Maps and loads that their libraries call `unsafe`: the only file of this package with such calls.
//!
//! All of them ask for the same: that the file holds what was written and that nobody changes it while
//! it is mapped. Here it does: this process wrote the file into a folder of its own with a random name,
//! and removes it only after the map is gone.
#![allow(unsafe_code)]

use crate::Result;
use crate::data::{Named, sum_of_last};
use epserde::deser::{Deserialize as _, Flags, MemCase};
use epserde::ser::Serialize as _;
use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::path::Path;

/// The whole of a file that this process wrote, mapped for reading.
pub(crate) fn map(path: &Path) -> Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: see the head of this file; the map is never written through.
    Ok(unsafe { MmapOptions::new().map(&file) }?)
}

/// What epserde makes of arrays.
pub(crate) type Boxed = Vec<Box<[f32]>>;

/// Writes arrays with epserde.
pub(crate) fn epserde_store(path: &Path, arrays: &[Named<'_>]) -> Result<()> {
    let arrays: Vec<&[f32]> = arrays.iter().map(|(_, elements)| *elements).collect();
    // SAFETY: the call is unsafe because it writes a value's memory as bytes, padding too; `f32` has none.
    unsafe { arrays.store(path) }?;
    Ok(())
}

/// Maps what [`epserde_store`] wrote.
pub(crate) fn epserde_map(path: &Path) -> Result<(f64, MemCase<Boxed>)> {
    // SAFETY: see the head of this file: the file holds arrays that epserde wrote.
    let arrays = unsafe { Boxed::mmap(path, Flags::empty()) }?;
    let sum = sum_of_last(arrays.uncase().iter().map(|array| &array[..]));
    Ok((sum, arrays))
}

/// Reads what [`epserde_store`] wrote.
pub(crate) fn epserde_read(path: &Path) -> Result<(f64, Boxed)> {
    // SAFETY: see the head of this file: the file holds arrays that epserde wrote.
    let arrays = unsafe { Boxed::load_full(path) }?;
    Ok((sum_of_last(arrays.iter().map(|array| &array[..])), arrays))
}
