//! NumPy's objects inside a pickle: dtypes, arrays and scalars from the calls that make them.

use super::arena::{Arena, Item, NodeData, ObjectData, Run};
use super::limits::{MAX_DTYPE_DEPTH, MAX_DTYPE_FIELDS};
use super::python::{Kind, Known};
use super::value::Scalar;
use crate::array::AnyArray;
use crate::npy::{Dtype, Field, Header, Record, TimeUnit};
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;

/// An array as its pickle has it.
pub(super) enum Array<'d> {
    /// Elements of plain data.
    Plain { header: Header, data: Cow<'d, [u8]> },
    /// Elements that are Python objects.
    Objects { shape: Vec<usize>, fortran_order: bool, items: Run },
}

fn unexpected(expected: &'static str, found: &str) -> Error {
    Error::new(ErrorKind::Pickle).with_expected(expected).with_found(found)
}

/// The array that a call makes: `_reconstruct` and a state (protocols 0 to 4), or `_frombuffer`.
pub(super) fn array<'d>(arena: &'d Arena<'d>, object: &'d ObjectData<'d>) -> Result<Array<'d>> {
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
        return build(arena, *shape, *dtype, fortran_order, *data);
    }
    match arena.args(object) {
        [data, dtype, shape, order] => {
            let fortran_order = match arena.text(*order) {
                Some("C") => false,
                Some("F") => true,
                _ => return Err(unexpected("order C or F", &arena.type_name(*order))),
            };
            build(arena, *shape, *dtype, fortran_order, *data)
        }
        _ => Err(unexpected("buffer, dtype, shape and order", "other arguments")),
    }
}

fn build<'d>(
    arena: &'d Arena<'d>,
    shape: Item<'d>,
    dtype: Item<'d>,
    fortran_order: bool,
    data: Item<'d>,
) -> Result<Array<'d>> {
    let shape = self::shape(arena, shape)?;
    let dtype = self::dtype(arena, dtype)?;
    let header = Header { dtype, fortran_order, shape };
    if header.dtype.has_objects() && header.dtype != Dtype::Object {
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
    let data = match (arena.bytes(data), arena.text(data)) {
        (Some(bytes), _) => bytes,
        // Written by Python 2, where bytes are a `str`.
        (None, Some(text)) if text.is_ascii() => text.as_bytes().into(),
        _ => return Err(unexpected("the bytes of a NumPy array", &arena.type_name(data))),
    };
    let expected = header.data_len()?;
    if data.len() != expected {
        return Err(Error::new(ErrorKind::Shape)
            .with_expected(format!("{expected} bytes of elements"))
            .with_found(data.len().to_string()));
    }
    Ok(Array::Plain { header, data })
}

/// As [`array`], of plain data.
pub(super) fn plain<'d>(
    arena: &'d Arena<'d>,
    object: &'d ObjectData<'d>,
) -> Result<(Header, Cow<'d, [u8]>)> {
    match array(arena, object)? {
        Array::Plain { header, data } => Ok((header, data)),
        Array::Objects { .. } => Err(Error::new(ErrorKind::Dtype)
            .with_expected("elements of plain data")
            .with_found("Python objects (dtype object)")),
    }
}

pub(super) fn to_any_array<'d>(
    arena: &'d Arena<'d>,
    object: &'d ObjectData<'d>,
) -> Result<AnyArray> {
    let (header, data) = plain(arena, object)?;
    AnyArray::from_bytes(header, data.into_owned())
}

/// The scalar that a call of `numpy.core.multiarray.scalar` makes.
pub(super) fn scalar<'d>(arena: &'d Arena<'d>, object: &'d ObjectData<'d>) -> Result<Scalar> {
    let [dtype, data] = arena.args(object) else {
        return Err(unexpected("a dtype and bytes", "other arguments"));
    };
    let dtype = self::dtype(arena, *dtype)?;
    let bytes = match (arena.bytes(*data), arena.text(*data)) {
        (Some(bytes), _) => bytes,
        (None, Some(text)) if text.is_ascii() => text.as_bytes().into(),
        _ => return Err(unexpected("the bytes of a NumPy scalar", &arena.type_name(*data))),
    };
    if dtype.has_objects() || bytes.len() != dtype.itemsize() {
        return Err(Error::new(ErrorKind::Dtype)
            .with_expected(format!("{} bytes of {}", dtype.itemsize(), dtype.name()))
            .with_found(bytes.len().to_string()));
    }
    Ok(Scalar { dtype, bytes: bytes.into() })
}

fn shape<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Result<Vec<usize>> {
    let axes = arena.tuple(item).ok_or_else(|| unexpected("a shape", &arena.type_name(item)))?;
    let axes: Option<Vec<usize>> = axes
        .iter()
        .map(|axis| match axis {
            Item::Int(axis) => usize::try_from(*axis).ok(),
            _ => None,
        })
        .collect();
    axes.ok_or_else(|| unexpected("a shape of natural numbers", "something else in the tuple"))
}

/// The dtype that a call of `numpy.dtype` makes.
pub(super) fn dtype<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Result<Dtype> {
    DtypeReader { arena, fields: 0 }.dtype(item, 0)
}

struct DtypeReader<'d> {
    arena: &'d Arena<'d>,
    fields: usize,
}

impl<'d> DtypeReader<'d> {
    fn dtype(&mut self, item: Item<'d>, depth: usize) -> Result<Dtype> {
        match self.dtype_or_subarray(item, depth)? {
            (dtype, shape) if shape.is_empty() => Ok(dtype),
            _ => Err(unexpected("a dtype", "a sub-array outside of a record")),
        }
    }

    /// A dtype, and the shape of the sub-array if it is one.
    fn dtype_or_subarray(&mut self, item: Item<'d>, depth: usize) -> Result<(Dtype, Vec<usize>)> {
        if depth > MAX_DTYPE_DEPTH {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("a dtype of at most {MAX_DTYPE_DEPTH} levels")));
        }
        let arena = self.arena;
        let object = match item {
            Item::Node(id) => match arena.node(id) {
                NodeData::Object(object) => arena.object(*object),
                _ => return Err(unexpected("a NumPy dtype", &arena.type_name(item))),
            },
            _ => return Err(unexpected("a NumPy dtype", &arena.type_name(item))),
        };
        if arena.callable(object).is_none_or(|global| global.known != Known::Dtype) {
            return Err(unexpected("a NumPy dtype", &arena.type_name(item)));
        }
        let Some(first) = arena.args(object).first() else {
            return Err(unexpected("the name of a dtype", "no arguments"));
        };
        let Some(name) = arena.text(*first) else {
            return Err(unexpected("the name of a dtype", &arena.type_name(*first)));
        };
        match object.state {
            None => Ok((Dtype::parse(name)?, Vec::new())),
            Some(state) => self.with_state(name, state, depth),
        }
    }

    /// The state is `(version, byte order, sub-array, names, fields, itemsize, alignment, flags)`
    /// and, for datetime64, metadata: `arraydescr_reduce` in numpy's descriptor.c.
    fn with_state(
        &mut self,
        name: &str,
        state: Item<'d>,
        depth: usize,
    ) -> Result<(Dtype, Vec<usize>)> {
        let arena = self.arena;
        let Some([_, order, subarray, names, fields, itemsize, rest @ ..]) = arena.tuple(state)
        else {
            return Err(unexpected("the state of a NumPy dtype", &arena.type_name(state)));
        };
        if let Some([base, shape]) = arena.tuple(*subarray) {
            let base = self.dtype(*base, depth + 1)?;
            let shape = match shape {
                Item::Int(_) => vec![int(*shape)?],
                _ => self::shape(arena, *shape)?,
            };
            return Ok((base, shape));
        }
        if let Some(names) = arena.tuple(*names) {
            // NumPy 1 takes the flags for a `char` with a sign.
            let aligned =
                matches!(rest.get(1), Some(Item::Int(flags)) if flags & ALIGNED_STRUCT != 0);
            let record = self.record(names, *fields, int(*itemsize)?, aligned, depth)?;
            return Ok((record, Vec::new()));
        }
        let order = arena.text(*order).filter(|order| matches!(*order, "<" | ">" | "|" | "="));
        let order = order.ok_or_else(|| unexpected("a byte order", "something else"))?;
        let dtype = Dtype::parse(&format!("{order}{name}"))?;
        match rest.get(2).and_then(|metadata| arena.tuple(*metadata)) {
            Some([_, unit]) => Ok((dtype.with_time_unit(self.unit(*unit)?), Vec::new())),
            _ => Ok((dtype, Vec::new())),
        }
    }

    /// `(b"ns", 25, 1, 1)` is `[25ns]`.
    fn unit(&self, item: Item<'d>) -> Result<TimeUnit> {
        let arena = self.arena;
        let Some([base, Item::Int(count), ..]) = arena.tuple(item) else {
            return Err(unexpected("a unit of time", &arena.type_name(item)));
        };
        let bytes = arena.bytes(*base).or_else(|| Some(arena.text(*base)?.as_bytes().into()));
        match bytes.as_deref().map(std::str::from_utf8) {
            Some(Ok(base)) => TimeUnit::new(base, *count),
            _ => Err(unexpected("a unit of time", &arena.type_name(*base))),
        }
    }

    fn count_field(&mut self) -> Result<()> {
        self.fields += 1;
        if self.fields > MAX_DTYPE_FIELDS {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("a dtype of at most {MAX_DTYPE_FIELDS} fields")));
        }
        Ok(())
    }

    fn record(
        &mut self,
        names: &[Item<'d>],
        fields: Item<'d>,
        itemsize: usize,
        aligned: bool,
        depth: usize,
    ) -> Result<Dtype> {
        let arena = self.arena;
        let described = self.entries(fields)?;
        let mut record = Vec::with_capacity(names.len());
        for name in names {
            self.count_field()?;
            let name =
                arena.text(*name).ok_or_else(|| unexpected("a field's name", "no string"))?;
            let field = described.get(name).and_then(|field| arena.tuple(*field));
            let (Some([dtype, offset]) | Some([dtype, offset, _])) = field else {
                return Err(unexpected("the dtype and offset of a field", "something else"));
            };
            let title = field.and_then(|field| arena.text(*field.get(2)?)).map(str::to_owned);
            let offset = int(*offset)?;
            let (dtype, shape) = self.dtype_or_subarray(*dtype, depth + 1)?;
            record.push(Field { name: name.to_owned(), title, dtype, shape, offset });
        }
        Ok(Dtype::Record(Record::new(record, itemsize, aligned)?))
    }

    fn entries(&self, item: Item<'d>) -> Result<std::collections::HashMap<&'d str, Item<'d>>> {
        let Kind::Dict(run) = self.arena.kind(item) else {
            return Err(unexpected("a dict of fields", &self.arena.type_name(item)));
        };
        let mut items = self.arena.items(run);
        let mut entries = std::collections::HashMap::new();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.extend(self.arena.text(key).map(|key| (key, value)));
        }
        Ok(entries)
    }
}

/// NumPy's `NPY_ALIGNED_STRUCT`.
const ALIGNED_STRUCT: i64 = 0x80;

fn int(item: Item<'_>) -> Result<usize> {
    match item {
        Item::Int(value) => usize::try_from(value).ok(),
        _ => None,
    }
    .ok_or_else(|| unexpected("a natural number in a NumPy dtype", "something else"))
}
