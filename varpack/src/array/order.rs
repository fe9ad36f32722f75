//! In which order the elements of an array lie, and go into a file.

use crate::npy::internal::{header_of, is_array};
use crate::npy::{Element, Header};
use crate::{Error, ErrorKind, Result};
use ndarray::{ArrayRef, Dimension};
use std::io::Write;

/// What the header of the array's file says. Fortran order where the elements lie so and are no arrays, else C order.
///
/// # Errors
/// `Dtype` if the type of the elements has a wrong one.
pub(super) fn header<T: Element, D: Dimension>(array: &ArrayRef<T, D>) -> Result<Header> {
    header_of::<T>(array.shape(), is_fortran(array))
}

/// Whether the elements lie in Fortran order, and not in C order too.
pub(super) fn is_fortran<T, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
    !array.is_standard_layout() && array.t().is_standard_layout()
}

/// Elements of a strided array that are gathered for one write.
const GATHERED: usize = 8192;

/// The elements in the order that [`header`] says, if they lie so.
pub(super) fn elements_in_order<T: Element, D: Dimension>(array: &ArrayRef<T, D>) -> Option<&[T]> {
    array
        .as_slice()
        .or_else(|| array.as_slice_memory_order().filter(|_| is_fortran(array) && !is_array::<T>()))
}

/// Writes the elements in the order that [`header`] says.
pub(crate) fn write_elements<T: Element, D: Dimension>(
    array: &ArrayRef<T, D>,
    out: &mut dyn Write,
) -> Result<()> {
    if let Some(elements) = elements_in_order(array) {
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
