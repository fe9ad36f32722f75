//! What an array's Rust type asks of a file, for any thread to check.

use super::mapping::stride_shape;
use crate::npy::internal::{check_itemsize, is_mappable};
use crate::npy::{Dtype, Element, Header};
use crate::{Error, ErrorKind, Result};
use ndarray::Dimension;

/// What opening a file has to know of the type of its array, as plain functions: any thread may ask
/// them, whether or not a value of the type may go there.
#[derive(Clone, Copy, Debug)]
pub struct ArrayType {
    check: fn(&Header, Option<&str>) -> Result<()>,
    is_mappable: fn(&Dtype) -> bool,
    /// Whether elements in a foreign byte order are turned to this machine's.
    is_native: bool,
    /// Whether a file is of the type, if one that is not is taken as it is.
    fits: Option<fn(&Header, Option<&str>) -> bool>,
}

impl ArrayType {
    /// Of elements `T` and dimension `D`.
    pub(crate) fn of<T: Element, D: Dimension>() -> Self {
        fn check<T: Element, D: Dimension>(header: &Header, logical: Option<&str>) -> Result<()> {
            refuse_objects(header)?;
            T::check_dtype(&header.dtype, logical)?;
            check_itemsize::<T>(&header.dtype)?;
            stride_shape::<D>(header).map(drop)
        }
        Self {
            check: check::<T, D>,
            is_mappable: |_| is_mappable::<T>(),
            is_native: true,
            fits: None,
        }
    }

    /// Of elements `T` and dimension `D`, or any other, as it is.
    pub(crate) fn of_or_any<T: Element, D: Dimension>() -> Self {
        Self { fits: Some(fits::<T, D>), ..Self::of::<T, D>() }
    }

    /// Any that is made of plain bytes.
    pub(crate) fn any() -> Self {
        Self {
            check: |header, _| refuse_objects(header),
            is_mappable: |dtype| *dtype != Dtype::Bool,
            is_native: false,
            fits: None,
        }
    }

    /// Any, or the pickle of Python objects behind a header.
    pub(crate) fn any_or_objects() -> Self {
        Self { check: |_, _| Ok(()), ..Self::any() }
    }

    /// Refuses a file by its header, and gives what it is opened as. `logical`: what our metadata calls the dtype.
    pub(super) fn checked(self, header: &Header, logical: Option<&str>) -> Result<Self> {
        if self.fits.is_some_and(|fits| !fits(header, logical)) {
            return Ok(Self::any_or_objects());
        }
        (self.check)(header, logical).map(|()| self)
    }

    /// Why an array is not of the type.
    pub(crate) fn refusal(self, header: &Header, logical: Option<&str>) -> Option<Error> {
        (self.check)(header, logical).err()
    }

    /// Whether every byte pattern is an element.
    pub(super) fn is_mappable(self, dtype: &Dtype) -> bool {
        (self.is_mappable)(dtype) && !dtype.has_objects()
    }

    /// Whether the elements of a file have to be turned to this machine's byte order.
    pub(super) fn is_turned(self, dtype: &Dtype) -> bool {
        self.is_native && !dtype.is_native() && !dtype.has_objects()
    }
}

/// Whether an array is of elements `T` and dimension `D`: without the text of an error, for a structured dtype of
/// many fields has a long one.
pub(crate) fn fits<T: Element, D: Dimension>(header: &Header, logical: Option<&str>) -> bool {
    T::accepts(&header.dtype, logical)
        && !header.dtype.has_objects()
        && header.dtype.itemsize() == size_of::<T>()
        && D::NDIM.is_none_or(|ndim| ndim == header.shape.len())
}

/// Refuses elements that are no plain bytes.
pub(super) fn refuse_objects(header: &Header) -> Result<()> {
    if !header.dtype.has_objects() {
        return Ok(());
    }
    Err(Error::msg(
        ErrorKind::Dtype,
        "Python objects are pickled inside the file: read it as a `varpack::pickle::Value` (in a map as \
         `ArrayOr<_, Value>`), or with `Pack`",
    )
    .with_expected("a dtype of plain bytes")
    .with_found(format!("dtype {}", header.dtype.name())))
}
