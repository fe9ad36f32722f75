//! NumPy's arrays and scalars inside a pickle, from the calls that make them.

use crate::arena::item::Item;
use crate::arena::nodes::{Arena, ObjectData};
use crate::arena::pool::Run;
use crate::budget::Meter;
use crate::npy::{ByteOrder, Dtype, Header, NpyArray};
use crate::python::dtype::ElementKind;
use crate::python::kind::Kind;
use crate::python::shape::{self, unexpected};
use crate::python::strided;
use crate::value::kinds::Scalar;
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;

/// An array as its pickle has it.
pub(crate) enum Array<'d> {
    /// Elements of plain data.
    Plain { header: Header, data: Cow<'d, [u8]> },
    /// Elements that are Python objects.
    Objects { shape: Vec<usize>, fortran_order: bool, items: Run },
}

/// The parts of the call that makes an array: `_reconstruct` and a state (protocols 0 to 4), or `_frombuffer`.
struct ArrayCall<'d> {
    shape: Item<'d>,
    dtype: Item<'d>,
    fortran_order: bool,
    data: Item<'d>,
    /// Where each axis stands in memory, if that is in neither order.
    axes: Option<Item<'d>>,
}

impl<'d> ArrayCall<'d> {
    fn of(arena: &'d Arena<'d>, object: &'d ObjectData<'d>) -> Result<Self> {
        let Some(state) = object.state else { return Self::of_buffer(arena, object) };
        let Some([shape, dtype, order, data]) = state_of_array(arena, state) else {
            return Err(unexpected("the state of a NumPy array", &arena.type_name(state)));
        };
        let fortran_order = match arena.kind(*order) {
            Kind::Bool(order) => order,
            Kind::Int(order) => order != 0,
            _ => return Err(unexpected("the order of a NumPy array", &arena.type_name(*order))),
        };
        Ok(Self { shape: *shape, dtype: *dtype, fortran_order, data: *data, axes: None })
    }

    fn of_buffer(arena: &'d Arena<'d>, object: &'d ObjectData<'d>) -> Result<Self> {
        let (data, dtype, shape, order, axes) = match *arena.args(object) {
            [data, dtype, shape, order] => (data, dtype, shape, order, None),
            [data, dtype, shape, order, axes] => (data, dtype, shape, order, Some(axes)),
            _ => return Err(unexpected("buffer, dtype, shape and order", "other arguments")),
        };
        let (fortran_order, axes) = match (arena.text(order), axes) {
            (Some("C"), _) => (false, None),
            (Some("F"), _) => (true, None),
            (Some("K"), Some(axes)) => (false, Some(axes)),
            _ => return Err(unexpected("order C, F or K", &arena.type_name(order))),
        };
        Ok(Self { shape, dtype, fortran_order, data, axes })
    }

    /// The array, whose dtype is known by now.
    fn build(self, arena: &'d Arena<'d>, meter: &Meter, dtype: Dtype) -> Result<Array<'d>> {
        let shape = shape::shape(arena, self.shape)?;
        let array =
            build(arena, Header { dtype, fortran_order: self.fortran_order, shape }, self.data)?;
        match self.axes {
            Some(axes) => transposed(array, meter, &shape::shape(arena, axes)?),
            None => Ok(array),
        }
    }
}

/// Shape, dtype, order and data, from `(version, shape, dtype, is_fortran, data)`: `array_reduce` in numpy's
/// methods.c. The version is missing from the oldest.
fn state_of_array<'d>(arena: &'d Arena<'d>, state: Item<'d>) -> Option<&'d [Item<'d>; 4]> {
    match arena.tuple(state)? {
        [_, parts @ ..] if parts.len() == 4 => parts.try_into().ok(),
        parts => parts.try_into().ok(),
    }
}

/// Whether a state is that of an array, with nothing that a subclass has put to it.
pub(super) fn is_array_state<'d>(arena: &'d Arena<'d>, state: Item<'d>) -> bool {
    state_of_array(arena, state).is_some()
}

/// The array that a call makes.
pub(crate) fn array<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<Array<'d>> {
    let parts = ArrayCall::of(arena, object)?;
    let dtype = crate::python::dtype::dtype(arena, meter, parts.dtype)?;
    parts.build(arena, meter, dtype)
}

/// As [`array`], for elements of a type of the caller's, who has no place for what else a dtype may say. It takes
/// a StringDType for objects, and numbers of `ml_dtypes.bfloat16` for what holds them.
pub(crate) fn elements<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<(Array<'d>, ElementKind)> {
    let parts = ArrayCall::of(arena, object)?;
    let (dtype, kind) = crate::python::dtype::element(arena, meter, parts.dtype)?;
    Ok((parts.build(arena, meter, dtype)?, kind))
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

fn build<'d>(arena: &'d Arena<'d>, header: Header, data: Item<'d>) -> Result<Array<'d>> {
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
        let Header { shape, fortran_order, .. } = header;
        return Ok(Array::Objects { shape, fortran_order, items });
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
pub(crate) fn plain<'d>(array: Array<'d>) -> Result<(Header, Cow<'d, [u8]>)> {
    match array {
        Array::Plain { header, data } => Ok((header, data)),
        Array::Objects { .. } => Err(Error::new(ErrorKind::Dtype)
            .with_expected("elements of plain data")
            .with_found("Python objects (dtype object)")),
    }
}

pub(crate) fn to_any_array(array: Array<'_>, meter: &Meter) -> Result<NpyArray> {
    let (header, data) = plain(array)?;
    meter.charge(array_size(&header, data.len()))?;
    NpyArray::from_parsed(header, &data)
}

/// What an array takes in memory.
pub(crate) fn array_size(header: &Header, data: usize) -> usize {
    let axes = header.shape.len().saturating_mul(size_of::<usize>());
    data.saturating_add(axes).saturating_add(ARRAY)
}

/// The same where its dtype is made anew.
pub(crate) fn whole_array_size(header: &Header, data: usize) -> usize {
    array_size(header, data).saturating_add(header.size())
}

/// Bytes of an array beside its elements and the lengths of its axes.
const ARRAY: usize = 512;

/// The scalar that a call of `numpy.core.multiarray.scalar` makes.
pub(crate) fn scalar<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<Scalar> {
    let [dtype, data] = scalar_args(arena, object)?;
    scalar_of(arena, meter, crate::python::dtype::dtype(arena, meter, dtype)?, data)
}

/// As [`scalar`], for a type of the caller's: see [`elements`].
pub(crate) fn scalar_element<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<(Scalar, ElementKind)> {
    let [dtype, data] = scalar_args(arena, object)?;
    let (dtype, kind) = crate::python::dtype::element(arena, meter, dtype)?;
    Ok((scalar_of(arena, meter, dtype, data)?, kind))
}

/// Whether a scalar is "not a time".
pub(crate) fn is_nat<'d>(arena: &'d Arena<'d>, meter: &Meter, object: &'d ObjectData<'d>) -> bool {
    // Few scalars have such bytes, of which the dtype is looked at.
    let [_, data] = arena.args(object) else { return false };
    let bytes = arena.bytes(*data).unwrap_or_default();
    (bytes == i64::MIN.to_le_bytes() || bytes == i64::MIN.to_be_bytes())
        && scalar(arena, meter, object)
            .is_ok_and(|scalar| strided::is_nat(&scalar.dtype, &scalar.bytes))
}

fn scalar_args<'d>(arena: &'d Arena<'d>, object: &'d ObjectData<'d>) -> Result<[Item<'d>; 2]> {
    let args = arena.args(object).try_into();
    args.map_err(|_| unexpected("a dtype and bytes", "other arguments"))
}

/// Many scalars may have one record, whose name is as long as its fields.
pub(crate) fn short_name(dtype: &Dtype) -> String {
    match dtype {
        Dtype::Record(record) => format!("a record of {} fields", record.fields.len()),
        dtype => dtype.name(),
    }
}

/// The dtype and the bytes of the scalar that a call makes.
pub(crate) fn scalar_parts<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<(Dtype, &'d [u8])> {
    let [dtype, data] = scalar_args(arena, object)?;
    let dtype = crate::python::dtype::dtype(arena, meter, dtype)?;
    let bytes = scalar_bytes(arena, &dtype, data)?;
    Ok((dtype, bytes))
}

fn scalar_of<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    dtype: Dtype,
    data: Item<'d>,
) -> Result<Scalar> {
    let bytes = scalar_bytes(arena, &dtype, data)?;
    meter.charge(bytes.len().saturating_add(size_of::<Scalar>()))?;
    Ok(Scalar { dtype, bytes: bytes.into() })
}

fn scalar_bytes<'d>(arena: &'d Arena<'d>, dtype: &Dtype, data: Item<'d>) -> Result<&'d [u8]> {
    let bytes = match (arena.bytes(data), arena.ascii(data)) {
        (Some(bytes), _) => bytes,
        (None, Some(text)) => text.as_bytes(),
        _ => return Err(unexpected("the bytes of a NumPy scalar", &arena.type_name(data))),
    };
    if bytes.len() != dtype.itemsize() || arena.facts.has_objects(dtype) {
        let name = short_name(dtype);
        return Err(Error::new(ErrorKind::Dtype)
            .with_expected(format!("{} bytes of {name}", dtype.itemsize()))
            .with_found(bytes.len().to_string()));
    }
    Ok(bytes)
}

/// The elements of an array as its call has them.
pub(crate) fn data_of_array<'d>(
    arena: &'d Arena<'d>,
    object: &'d ObjectData<'d>,
) -> Result<Item<'d>> {
    Ok(ArrayCall::of(arena, object)?.data)
}

/// Whether an array has one element and no axes.
pub(crate) fn has_no_axes<'d>(arena: &'d Arena<'d>, object: &'d ObjectData<'d>) -> bool {
    ArrayCall::of(arena, object)
        .is_ok_and(|parts| arena.tuple(parts.shape).is_some_and(<[_]>::is_empty))
}

/// Whether an array is one of plain data, as its dtype says.
pub(crate) fn is_plain<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> bool {
    let dtype = ArrayCall::of(arena, object)
        .and_then(|parts| crate::python::dtype::element(arena, meter, parts.dtype));
    dtype.is_ok_and(|(dtype, _)| !dtype.has_objects())
}

/// Dtype, order and shape of what [`elements`] gives.
pub(crate) fn header<'d>(
    arena: &'d Arena<'d>,
    meter: &Meter,
    object: &'d ObjectData<'d>,
) -> Result<Header> {
    let parts = ArrayCall::of(arena, object)?;
    let (dtype, _) = crate::python::dtype::element(arena, meter, parts.dtype)?;
    let shape = shape::shape(arena, parts.shape)?;
    Ok(Header { dtype, fortran_order: parts.fortran_order, shape })
}

/// Numbers of bfloat16 in a wider type that serde knows, without a change of value.
pub(crate) fn widened<'d>(
    header: Header,
    data: Cow<'d, [u8]>,
    kind: ElementKind,
    meter: &Meter,
) -> Result<(Header, Cow<'d, [u8]>)> {
    if kind != ElementKind::Bfloat16 {
        return Ok((header, data));
    }
    meter.charge(data.len().saturating_mul(2))?;
    // A bfloat16 is the upper half of a float32.
    let wide = data.chunks_exact(2).flat_map(|half| [0, 0].into_iter().chain(half.iter().copied()));
    let dtype = Dtype::Float { size: 4, order: ByteOrder::Little };
    Ok((Header { dtype, ..header }, wide.collect::<Vec<u8>>().into()))
}
