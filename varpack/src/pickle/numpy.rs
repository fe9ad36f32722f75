//! NumPy's arrays and scalars inside a pickle, from the calls that make them.

use super::arena::{Arena, Item, ObjectData};
use super::pool::Run;
use super::python::Kind;
use super::strided;
use super::value::Scalar;
use crate::array::AnyArray;
use crate::budget::Meter;
use crate::npy::{Dtype, Header, check_ndim};
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt::Display;

/// An array as its pickle has it.
pub(super) enum Array<'d> {
    /// Elements of plain data.
    Plain { header: Header, data: Cow<'d, [u8]> },
    /// Elements that are Python objects.
    Objects { shape: Vec<usize>, fortran_order: bool, items: Run },
}

pub(super) fn unexpected<T: Display + ?Sized>(expected: &'static str, found: &T) -> Error {
    Error::new(ErrorKind::Pickle).with_expected(expected).with_found_shown(found)
}

/// The array that a call makes: `_reconstruct` and a state (protocols 0 to 4), or `_frombuffer`.
pub(super) fn array<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<Array<'d>> {
    if let Some(state) = object.state {
        // (version, shape, dtype, is_fortran, data): `array_reduce` in numpy's methods.c. The
        // version is missing from the oldest.
        let parts = match arena.tuple(state) {
            Some([_, parts @ ..]) if parts.len() == 4 => parts,
            Some(parts) if parts.len() == 4 => parts,
            _ => return Err(unexpected("the state of a NumPy array", &arena.type_name(state))),
        };
        let [shape, dtype, order, data] = parts else {
            return Err(unexpected("the state of a NumPy array", "another tuple"));
        };
        let fortran_order = match arena.kind(*order) {
            Kind::Bool(order) => order,
            Kind::Int(order) => order != 0,
            _ => return Err(unexpected("the order of a NumPy array", &arena.type_name(*order))),
        };
        return build(arena, meter, *shape, *dtype, fortran_order, *data);
    }
    let (data, dtype, shape, order, axes) = match arena.args(object) {
        [data, dtype, shape, order] => (data, dtype, shape, order, None),
        [data, dtype, shape, order, axes] => (data, dtype, shape, order, Some(*axes)),
        _ => return Err(unexpected("buffer, dtype, shape and order", "other arguments")),
    };
    match (arena.text(*order), axes) {
        (Some("C"), _) => build(arena, meter, *shape, *dtype, false, *data),
        (Some("F"), _) => build(arena, meter, *shape, *dtype, true, *data),
        (Some("K"), Some(axes)) => {
            let array = build(arena, meter, *shape, *dtype, false, *data)?;
            transposed(array, meter, &self::shape(arena, axes)?)
        }
        _ => Err(unexpected("order C, F or K", &arena.type_name(*order))),
    }
}

/// An array whose axes are in neither order (NumPy 2): it is kept in the order of its memory, with
/// where each of its axes stands in that. Here it is put in C order.
fn transposed<'d>(array: Array<'d>, meter: &Meter, order: &[usize]) -> Result<Array<'d>> {
    let Array::Plain { header, data } = array else {
        return Err(unexpected("elements of plain data", "Python objects"));
    };
    let mut seen = order.to_vec();
    seen.sort_unstable();
    if !seen.into_iter().eq(0..header.shape.len()) {
        return Err(unexpected("each axis of the array once", "another order of axes"));
    }
    let itemsize = header.dtype.itemsize();
    let memory = strided::axes(&header);
    let axes: Vec<_> = order.iter().filter_map(|&axis| memory.get(axis).copied()).collect();
    meter.charge(data.len())?;
    let data = strided::c_order(&axes, itemsize, &data);
    let shape = axes.into_iter().map(|(len, _)| len).collect();
    Ok(Array::Plain { header: Header { shape, ..header }, data: data.into() })
}

fn build<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    shape: Item<'d>,
    dtype: Item<'d>,
    fortran_order: bool,
    data: Item<'d>,
) -> Result<Array<'d>> {
    let shape = self::shape(arena, shape)?;
    let dtype = super::dtype::dtype(arena, meter, dtype)?;
    let header = Header { dtype, fortran_order, shape };
    if header.dtype != Dtype::Object && arena.facts.has_objects(&header.dtype) {
        return Err(Error::new(ErrorKind::Dtype)
            .with_expected("records of plain data")
            .with_found("records that hold Python objects"));
    }
    if header.dtype == Dtype::Object {
        let (Kind::List(items), expected) = (arena.kind(data), header.element_count()?) else {
            return Err(unexpected("a list of elements", &arena.type_name(data)));
        };
        if items.len() != expected {
            return Err(Error::new(ErrorKind::Shape)
                .with_expected(format!("{expected} elements"))
                .with_found(items.len().to_string()));
        }
        return Ok(Array::Objects { shape: header.shape, fortran_order, items });
    }
    let data = match (arena.bytes(data), arena.ascii(data)) {
        (Some(bytes), _) => bytes,
        // Written by Python 2, where bytes are a `str`.
        (None, Some(text)) => text.as_bytes(),
        _ => return Err(unexpected("the bytes of a NumPy array", &arena.type_name(data))),
    };
    let expected = header.data_len()?;
    if data.len() != expected {
        return Err(Error::new(ErrorKind::Shape)
            .with_expected(format!("{expected} bytes of elements"))
            .with_found(data.len().to_string()));
    }
    Ok(Array::Plain { header, data: data.into() })
}

/// As [`array`], of plain data.
pub(super) fn plain<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<(Header, Cow<'d, [u8]>)> {
    match array(arena, meter, object)? {
        Array::Plain { header, data } => Ok((header, data)),
        Array::Objects { .. } => Err(Error::new(ErrorKind::Dtype)
            .with_expected("elements of plain data")
            .with_found("Python objects (dtype object)")),
    }
}

pub(super) fn to_any_array<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<AnyArray> {
    let (header, data) = plain(arena, meter, object)?;
    meter.charge(array_size(&header, data.len()))?;
    AnyArray::from_parsed(header, &data)
}

/// What an array takes in memory.
pub(super) fn array_size(header: &Header, data: usize) -> usize {
    let axes = header.shape.len().saturating_mul(size_of::<usize>());
    data.saturating_add(axes).saturating_add(ARRAY)
}

/// The same where its dtype is made anew.
pub(super) fn whole_array_size(header: &Header, data: usize) -> usize {
    array_size(header, data).saturating_add(header.size())
}

/// Bytes of an array beside its elements and the lengths of its axes.
const ARRAY: usize = 512;

/// The scalar that a call of `numpy.core.multiarray.scalar` makes.
pub(super) fn scalar<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<Scalar> {
    let [dtype, data] = arena.args(object) else {
        return Err(unexpected("a dtype and bytes", "other arguments"));
    };
    let dtype = super::dtype::dtype(arena, meter, *dtype)?;
    let bytes = match (arena.bytes(*data), arena.ascii(*data)) {
        (Some(bytes), _) => bytes,
        (None, Some(text)) => text.as_bytes(),
        _ => return Err(unexpected("the bytes of a NumPy scalar", &arena.type_name(*data))),
    };
    if bytes.len() != dtype.itemsize() || arena.facts.has_objects(&dtype) {
        // Many scalars may have one record, whose name is as long as its fields.
        let name = match &dtype {
            Dtype::Record(record) => format!("a record of {} fields", record.fields.len()),
            dtype => dtype.name(),
        };
        return Err(Error::new(ErrorKind::Dtype)
            .with_expected(format!("{} bytes of {name}", dtype.itemsize()))
            .with_found(bytes.len().to_string()));
    }
    meter.charge(bytes.len().saturating_add(size_of::<Scalar>()))?;
    Ok(Scalar { dtype, bytes: bytes.into() })
}

pub(super) fn shape<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Result<Vec<usize>> {
    let axes = arena.tuple(item).ok_or_else(|| unexpected("a shape", &arena.type_name(item)))?;
    check_ndim(axes.len())?;
    let axes: Option<Vec<usize>> = axes
        .iter()
        .map(|axis| match axis {
            Item::Int(axis) => usize::try_from(*axis).ok(),
            _ => None,
        })
        .collect();
    axes.ok_or_else(|| unexpected("a shape of natural numbers", "something else in the tuple"))
}
