//! How many axes an array may have: one rule for what is read and what is written, in files and in pickles.

use crate::{Error, ErrorKind, Result};
use std::fmt;

/// The most axes of an array, and of a sub-array: those of NumPy 2.
pub const MAX_NDIM: usize = 64;

/// The most axes that NumPy 1 reads.
const NUMPY_1_MAX_NDIM: usize = 32;

/// Refuses an array of more axes than [`MAX_NDIM`].
///
/// # Errors
/// [`Shape`](ErrorKind::Shape).
pub fn check_ndim(ndim: usize) -> Result<()> {
    if ndim <= MAX_NDIM {
        return Ok(());
    }
    Err(Error::msg(ErrorKind::Shape, "too many axes")
        .with_expected(format!("at most {MAX_NDIM}"))
        .with_found(ndim.to_string()))
}

/// Tells in the log that NumPy 1 will not read `array`, which is about to be saved, if it has so many axes.
pub fn tell_of_ndim(array: impl fmt::Display, ndim: usize) {
    if ndim > NUMPY_1_MAX_NDIM {
        log::warn!(
            "{array} has {ndim} axes: NumPy 2 reads it, NumPy 1 reads at most {NUMPY_1_MAX_NDIM}"
        );
    }
}
