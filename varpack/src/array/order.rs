//! In which order the elements of an array lie, and go into a file.

use crate::npy::internal::dtype_of;
use crate::npy::{Element, Header};
use crate::{Error, ErrorKind, Result};
use ndarray::{ArrayRef, Dimension};
use std::io::Write;

/// What the header of the array's file says. Fortran order where the elements lie so, else C order.
///
/// # Errors
/// `Dtype` if the type of the elements has a wrong one.
pub(super) fn header<T: Element, D: Dimension>(array: &ArrayRef<T, D>) -> Result<Header> {
    let (dtype, fortran_order) = (dtype_of::<T>()?, is_fortran(array));
    Ok(Header { dtype, fortran_order, shape: array.shape().to_vec() })
}

/// Whether the elements lie in Fortran order, and not in C order too.
pub(super) fn is_fortran<T, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
    !array.is_standard_layout() && array.t().is_standard_layout()
}

/// Elements of a strided array that are gathered for one write.
const GATHERED: usize = 8192;

/// Writes the elements: in memory order where they lie in C or Fortran order (as [`header`] says),
/// else in C order.
pub(crate) fn write_elements<T: Element, D: Dimension>(
    array: &ArrayRef<T, D>,
    out: &mut dyn Write,
) -> Result<()> {
    let transposed = array.t();
    if let Some(elements) = array.as_slice().or_else(|| transposed.as_slice()) {
        return out.write_all(bytemuck::cast_slice(elements)).map_err(write_failed);
    }
    let mut gathered = Vec::with_capacity(GATHERED.min(array.len()));
    for element in array {
        gathered.push(*element);
        if gathered.len() == GATHERED {
            out.write_all(bytemuck::cast_slice(&gathered)).map_err(write_failed)?;
            gathered.clear();
        }
    }
    out.write_all(bytemuck::cast_slice(&gathered)).map_err(write_failed)
}

pub(super) fn write_failed(error: std::io::Error) -> Error {
    Error::msg(ErrorKind::Io, "cannot write the elements").with_source(error)
}
