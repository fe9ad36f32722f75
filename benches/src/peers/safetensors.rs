//! `safetensors`: all arrays in one file.

use super::trusted::map;
use crate::Result;
use crate::data::Named;
use ::safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize_to_file};
use memmap2::Mmap;
use std::path::Path;

const FILE: &str = "arrays.safetensors";

pub(crate) fn save(folder: &Path, arrays: &[Named<'_>]) -> Result<()> {
    let views = arrays.iter().map(|(name, elements)| {
        let bytes = bytemuck::cast_slice(elements);
        Ok((*name, TensorView::new(Dtype::F32, vec![elements.len()], bytes)?))
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    Ok(serialize_to_file(views, None, &folder.join(FILE))?)
}

/// Views over one map.
pub(crate) fn load_mapped(folder: &Path, names: &[&str]) -> Result<(f64, Mmap)> {
    let map = map(&folder.join(FILE))?;
    let tensors = SafeTensors::deserialize(&map)?;
    let mut sum = 0.0;
    for name in names {
        let tensor = tensors.tensor(name)?;
        if let Some(last) = tensor.data().last_chunk() {
            sum += f64::from(f32::from_le_bytes(*last));
        }
    }
    Ok((sum, map))
}
