//! `rkyv`: all arrays, or all values, in one file, checked as it is opened.

use super::trusted::map;
use crate::Result;
use crate::data::Named;
use ::rkyv::api::high::to_bytes_in;
use ::rkyv::rancor::Error;
use ::rkyv::ser::writer::IoWriter;
use ::rkyv::with::{InlineAsBox, Map};
use ::rkyv::{Archive, Serialize, access};
use memmap2::Mmap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const FILE: &str = "arrays.rkyv";

#[derive(Archive, Serialize)]
struct Arrays<'a> {
    #[rkyv(with = Map<InlineAsBox>)]
    arrays: Vec<&'a [f32]>,
}

pub(crate) fn save(folder: &Path, arrays: &[Named<'_>]) -> Result<()> {
    let arrays = Arrays { arrays: arrays.iter().map(|(_, elements)| *elements).collect() };
    let file = BufWriter::new(File::create(folder.join(FILE))?);
    let writer = to_bytes_in::<_, Error>(&arrays, IoWriter::new(file))?;
    Ok(writer.into_inner().flush()?)
}

/// Views over one map.
pub(crate) fn load_mapped(folder: &Path) -> Result<(f64, Mmap)> {
    let map = map(&folder.join(FILE))?;
    let arrays = &access::<ArchivedArrays<'_>, Error>(&map)?.arrays;
    let last = arrays.iter().filter_map(|elements| elements.last());
    let sum = last.map(|element| f64::from(element.to_native())).sum();
    Ok((sum, map))
}
