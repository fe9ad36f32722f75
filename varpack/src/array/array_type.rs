//! What an array's Rust type asks of a file, for any thread to check.

use super::layout::Layout;
use crate::npy::internal::{has_shape_of, is_mappable, is_scattered};
use crate::npy::{Cast, Dtype, Element, Header};
use crate::{Error, ErrorKind, Result};
use ndarray::Dimension;

/// What opening a file has to know of the type of its array, as plain functions: any thread may ask
/// them, whether or not a value of the type may go there.
#[derive(Clone, Copy, Debug)]
pub struct ArrayType {
    check: fn(&Header, Option<&str>) -> Result<()>,
    is_mappable: fn(&Dtype) -> bool,
    /// Whether each element is scattered in the file: an array in Fortran order.
    is_scattered: fn(&Header) -> bool,
    /// Whether elements in a foreign byte order are turned to this machine's.
    is_native: bool,
    /// Whether a file is of the type, if one that is not is taken as it is.
    fits: Option<fn(&Header, Option<&str>) -> bool>,
    /// The type's own dtype, if a file is of another that may be cast to it.
    cast: fn(&Header, Option<&str>, Cast) -> Option<Dtype>,
    /// Whether it is of a field, which may say `cast`.
    is_of_field: bool,
    /// What it says.
    said: Option<Cast>,
}

/// The dtype of `T`, if an array is of another that may be cast to it.
pub(crate) fn cast_to<T: Element>(
    header: &Header,
    logical: Option<&str>,
    cast: Cast,
) -> Option<Dtype> {
    let is_other = T::logical_name().is_none() && !T::accepts(&header.dtype, logical);
    let dtype = T::dtype();
    (is_other && header.dtype.can_cast(&dtype, cast)).then_some(dtype)
}

impl ArrayType {
    /// Of elements `T` and dimension `D`.
    pub(crate) fn of<T: Element, D: Dimension>() -> Self {
        fn check<T: Element, D: Dimension>(header: &Header, logical: Option<&str>) -> Result<()> {
            refuse_objects(header)?;
            T::check_dtype(&header.dtype, logical)?;
            Layout::check::<T, D>(header)
        }
        Self {
            check: check::<T, D>,
            is_mappable: |_| is_mappable::<T>(),
            is_scattered: is_scattered::<T>,
            is_native: true,
            fits: None,
            cast: cast_to::<T>,
            is_of_field: false,
            said: None,
        }
    }

    /// The same for a field, which says of arrays of other dtypes what is to be done.
    pub(crate) fn of_field(self, cast: Option<Cast>) -> Self {
        Self { is_of_field: true, said: cast, ..self }
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
            is_scattered: |_| false,
            is_native: false,
            fits: None,
            cast: |_, _, _| None,
            is_of_field: false,
            said: None,
        }
    }

    /// Any, or the pickle of Python objects behind a header.
    pub(crate) fn any_or_objects() -> Self {
        Self { check: |_, _| Ok(()), ..Self::any() }
    }

    /// Refuses a file by its header, and gives what it is opened as, and the dtype that it is cast to, if it is. `logical`:
    /// what our metadata calls the dtype.
    pub(super) fn checked(
        self,
        header: &Header,
        logical: Option<&str>,
    ) -> Result<(Self, Option<Dtype>)> {
        let cast = self.said.and_then(|cast| (self.cast)(header, logical, cast));
        if let Some(dtype) = cast {
            let header = Header { dtype: dtype.clone(), ..header.clone() };
            // Of a field that takes any other as it is, one of another shape is such.
            if self.fits.is_none_or(|fits| fits(&header, None)) {
                (self.check)(&header, None)?;
                return Ok((self, Some(dtype)));
            }
        }
        if self.fits.is_some_and(|fits| !fits(header, logical)) {
            return Ok((Self::any_or_objects(), None));
        }
        match (self.check)(header, logical) {
            Ok(()) => Ok((self, None)),
            Err(error) => Err(self.with_hint(error, header, logical)),
        }
    }

    /// Says of a dtype that is none of a field's what the field could say.
    pub(crate) fn with_hint(self, error: Error, header: &Header, logical: Option<&str>) -> Error {
        let can = |cast| (self.cast)(header, logical, cast).is_some();
        if error.kind() != ErrorKind::Dtype {
            return error;
        }
        match self.said {
            None if self.is_of_field && can(Cast::Lossless) => error.with_message(
                "`cast` in the field's attribute, `mmap(cast)` or `npy(cast)`, casts it on load",
            ),
            Some(Cast::Lossless) if can(Cast::Lossy) => error
                .with_message("the cast may lose something: `cast = \"lossy\"` says that it may"),
            _ => error,
        }
    }

    /// Why an array is not of the type.
    pub(crate) fn refusal(self, header: &Header, logical: Option<&str>) -> Option<Error> {
        (self.check)(header, logical).err()
    }

    /// Whether every byte pattern is an element.
    pub(super) fn is_mappable(self, dtype: &Dtype) -> bool {
        (self.is_mappable)(dtype) && !dtype.has_objects()
    }

    /// Whether each element has to be gathered from all over the file.
    pub(super) fn is_scattered(self, header: &Header) -> bool {
        (self.is_scattered)(header)
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
        && has_shape_of::<T>(header, D::NDIM)
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
