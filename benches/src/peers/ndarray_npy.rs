//! `ndarray-npy`: one `.npy` file an array, called one by one.

use super::trusted::map;
use crate::Result;
use crate::data::{Named, sum_of_last};
use memmap2::Mmap;
use ndarray::{Array1, ArrayView1};
use ndarray_npy::{ViewNpyExt, read_npy, write_npy};
use std::path::Path;

pub(crate) fn save(folder: &Path, arrays: &[Named<'_>]) -> Result<()> {
    for (name, elements) in arrays {
        write_npy(folder.join(format!("{name}.npy")), &ArrayView1::from(*elements))?;
    }
    Ok(())
}

/// Views over maps.
pub(crate) fn load_mapped(folder: &Path, names: &[&str]) -> Result<(f64, Vec<Mmap>)> {
    let mut sum = 0.0;
    let mut maps = Vec::with_capacity(names.len());
    for name in names {
        let map = map(&folder.join(format!("{name}.npy")))?;
        sum += ArrayView1::<f32>::view_npy(&map)?.last().copied().map_or(0.0, f64::from);
        maps.push(map);
    }
    Ok((sum, maps))
}

pub(crate) fn load_read(folder: &Path, names: &[&str]) -> Result<(f64, Vec<Array1<f32>>)> {
    let mut arrays = Vec::with_capacity(names.len());
    for name in names {
        arrays.push(read_npy::<_, Array1<f32>>(folder.join(format!("{name}.npy")))?);
    }
    Ok((sum_of_last(arrays.iter().filter_map(|array| array.as_slice())), arrays))
}
