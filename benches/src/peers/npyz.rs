//! `npyz`: one `.npy` file an array, element by element.

use crate::Result;
use crate::data::{Named, sum_of_last};
use ::npyz::{NpyFile, WriteOptions, WriterBuilder};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

pub(crate) fn save(folder: &Path, arrays: &[Named<'_>]) -> Result<()> {
    for (name, elements) in arrays {
        let file = BufWriter::new(File::create(folder.join(format!("{name}.npy")))?);
        let shape = [u64::try_from(elements.len())?];
        let mut writer =
            WriteOptions::new().default_dtype().shape(&shape).writer(file).begin_nd()?;
        writer.extend(elements.iter().copied())?;
        writer.finish()?;
    }
    Ok(())
}

pub(crate) fn load_read(folder: &Path, names: &[&str]) -> Result<(f64, Vec<Vec<f32>>)> {
    let mut arrays = Vec::with_capacity(names.len());
    for name in names {
        let file = BufReader::new(File::open(folder.join(format!("{name}.npy")))?);
        arrays.push(NpyFile::new(file)?.into_vec::<f32>()?);
    }
    Ok((sum_of_last(arrays.iter().map(Vec::as_slice)), arrays))
}
