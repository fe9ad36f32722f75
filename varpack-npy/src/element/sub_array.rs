//! Elements that are arrays: the last axes of their array's file, for NumPy has no dtype of such by itself. What a shape
//! is on either side of that, in one place each way.

use super::{Element, FieldType};
use crate::dtype::shape_repr;
use crate::{Dtype, Error, ErrorKind, Header, Result};
use std::any::type_name;

/// As the last axes of the array in its file: `N` arrays `[f32; 3]` are of shape `(N, 3)` and dtype `float32`.
#[diagnostic::do_not_recommend]
impl<T: FieldType, const N: usize> Element for [T; N] {
    fn dtype() -> Dtype {
        T::dtype()
    }

    fn sub_array_shape() -> Vec<usize> {
        let mut shape = vec![N];
        shape.extend(T::sub_array_shape());
        shape
    }

    fn logical_name() -> Option<&'static str> {
        T::logical_name()
    }

    fn accepts(dtype: &Dtype, logical: Option<&str>) -> bool {
        T::accepts(dtype, logical)
    }

    fn check_dtype(dtype: &Dtype, logical: Option<&str>) -> Result<()> {
        T::check_dtype(dtype, logical)
    }
}

/// Whether a `T` is an array.
pub fn is_array<T: Element>() -> bool {
    !T::sub_array_shape().is_empty()
}

/// How many elements an array has to NumPy for each `T`.
pub fn sub_array_len<T: Element>() -> usize {
    T::sub_array_shape().into_iter().fold(1, usize::saturating_mul)
}

/// The header of an array of `T`s, so many along each axis, as everything that writes elements has to ask for it: an
/// implementation may say anything. Whether a file can hold such elements is looked at where it is written, once for
/// many arrays: [`Header::check`].
///
/// An array of arrays is always in C order: in Fortran order each of them would be scattered.
///
/// # Errors
/// [`Dtype`](ErrorKind::Dtype) if `T` is of another size than its dtype and shape say, or of none; or not in this
/// machine's byte order, or not of plain bytes.
pub fn header_of<T: Element>(shape: &[usize], fortran_order: bool) -> Result<Header> {
    let (dtype, inner) = (T::dtype(), T::sub_array_shape());
    check_size::<T>(&dtype, &inner)?;
    if !dtype.is_native() || dtype.has_objects() {
        return Err(wrong_dtype::<T>()
            .with_expected("plain bytes in this machine's byte order")
            .with_found(dtype.name()));
    }
    let fortran_order = fortran_order && inner.is_empty();
    Ok(Header { dtype, fortran_order, shape: [shape, &inner].concat() })
}

/// How many `T`s there are along each axis of an array with this header. `ndim`: how many axes there are to be of them,
/// where they are arrays; if that is known.
///
/// # Errors
/// - [`Dtype`](ErrorKind::Dtype) if the dtype is not of the size of `T`.
/// - [`Shape`](ErrorKind::Shape) if the last axes are not those of the arrays, or the others too many or too few.
pub fn shape_of<T: Element>(header: &Header, ndim: Option<usize>) -> Result<&[usize]> {
    let inner = T::sub_array_shape();
    check_size::<T>(&header.dtype, &inner)?;
    outer_shape(&header.shape, &inner, ndim).ok_or_else(|| {
        Error::new(ErrorKind::Shape)
            .with_expected(describe(&inner, ndim))
            .with_found(shape_repr(&header.shape))
    })
}

/// Whether [`shape_of`] gives a shape of `ndim` axes, if that is known: without the text of an error.
pub fn has_shape_of<T: Element>(header: &Header, ndim: Option<usize>) -> bool {
    let inner = T::sub_array_shape();
    outer_shape(&header.shape, &inner, ndim)
        .is_some_and(|outer| ndim.is_none_or(|ndim| ndim == outer.len()))
        && is_size_of::<T>(&header.dtype, &inner)
}

/// The axes before those of the elements.
fn outer_shape<'s>(
    shape: &'s [usize],
    inner: &[usize],
    ndim: Option<usize>,
) -> Option<&'s [usize]> {
    let outer = shape.strip_suffix(inner)?;
    (inner.is_empty() || ndim.is_none_or(|ndim| ndim == outer.len())).then_some(outer)
}

/// What an array of `T`s is to NumPy, for errors; `ndim`: how many axes there are of them.
pub fn describe_shape<T: Element>(ndim: Option<usize>) -> Option<String> {
    let inner = T::sub_array_shape();
    (!inner.is_empty()).then(|| describe(&inner, ndim))
}

/// `shape (_, 3)`, or `shape (.., 3)` of any number of axes.
fn describe(inner: &[usize], ndim: Option<usize>) -> String {
    let outer = ndim.map_or(vec![".."], |ndim| vec!["_"; ndim]).into_iter().map(str::to_owned);
    let lens: Vec<String> = outer.chain(inner.iter().map(usize::to_string)).collect();
    match lens.as_slice() {
        [only] => format!("shape ({only},)"),
        lens => format!("shape ({})", lens.join(", ")),
    }
}

/// That each `T` lies in one piece in an array with this header.
///
/// # Errors
/// [`Shape`](ErrorKind::Shape) if it is scattered.
pub fn check_order<T: Element>(header: &Header) -> Result<()> {
    if !is_scattered::<T>(header) {
        return Ok(());
    }
    Err(Error::msg(
        ErrorKind::Shape,
        "its elements are scattered; downcast the array, which copies them",
    )
    .with_expected(format!("C order, for elements `{}`", type_name::<T>()))
    .with_found("Fortran order"))
}

/// Whether each `T` is scattered over an array with this header: one that is an array, in Fortran order.
pub fn is_scattered<T: Element>(header: &Header) -> bool {
    header.fortran_order && is_array::<T>()
}

/// That a `T` is as large as so many elements of this dtype: what has to hold wherever the one is seen as the other.
fn check_size<T: Element>(dtype: &Dtype, inner: &[usize]) -> Result<()> {
    if inner.contains(&0) {
        return Err(wrong_dtype::<T>()
            .with_expected("arrays of at least one element")
            .with_found(format!("sub-arrays of shape {}", shape_repr(inner))));
    }
    if is_size_of::<T>(dtype, inner) {
        return Ok(());
    }
    let times =
        if inner.is_empty() { String::new() } else { format!(", {} times", shape_repr(inner)) };
    Err(wrong_dtype::<T>()
        .with_expected(format!("one of {} bytes", size_of::<T>()))
        .with_found(format!("{} of {} bytes{times}", dtype.name(), dtype.itemsize())))
}

fn is_size_of<T: Element>(dtype: &Dtype, inner: &[usize]) -> bool {
    const {
        assert!(
            align_of::<T>() <= crate::MAX_ALIGNMENT,
            "an element of a NumPy array is aligned to at most 16 bytes"
        );
    }
    let len = inner.iter().try_fold(dtype.itemsize(), |len, &axis| len.checked_mul(axis));
    !inner.contains(&0) && len == Some(size_of::<T>())
}

fn wrong_dtype<T>() -> Error {
    Error::msg(ErrorKind::Dtype, format!("`{}` has a wrong dtype", type_name::<T>()))
}
