//! Arrays, scalars and [`Value`](crate::Value)s to the visitors that ask for one: see [`handed`](crate::value::handed).

use crate::budget::Meter;
use crate::de::deserializer::Deserializer;
use crate::de::elements::Strided;
use crate::de::visit::mismatch;
use crate::npy::internal::serde::FIELDS;
use crate::npy::{Dtype, Header};
use crate::python::kind::Kind;
use crate::python::numpy;
use crate::python::objects;
use crate::python::strided;
use crate::value::handed::{Marked, hand_over};
use crate::value::kinds::Value;
use crate::{Error, Result};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

/// Answers a visitor that asked for an array.
pub(crate) fn array<'d, V: Visitor<'d>>(
    from: Deserializer<'_, 'd>,
    visitor: V,
) -> Result<V::Value> {
    let (arena, meter) = (from.level.arena(), from.level.meter());
    if let Some(object) = objects::array(arena, from.item) {
        let (header, data) = numpy::plain(numpy::elements(arena, meter, object)?.0)?;
        from.level.charge(numpy::whole_array_size(&header, data.len()))?;
        return visitor.visit_newtype_struct(ArrayDeserializer { header: &header, data });
    }
    match arena.kind(from.item) {
        // A scalar is an array without axes.
        Kind::Scalar(object) => {
            let scalar = numpy::scalar_element(arena, meter, object)?.0;
            let header = Header { dtype: scalar.dtype, fortran_order: false, shape: Vec::new() };
            from.level.charge(numpy::whole_array_size(&header, scalar.bytes.len()))?;
            visitor.visit_newtype_struct(ArrayDeserializer {
                header: &header,
                data: Cow::Owned(scalar.bytes.into()),
            })
        }
        // An array that serde has had in its buffer is a dict.
        Kind::Dict(run) => match arena.items(run).next().and_then(|key| arena.text(key)) {
            Some(key) if FIELDS.contains(&key) => visitor.visit_newtype_struct(from.deeper()?),
            _ => mismatch(&visitor, "dict"),
        },
        Kind::Placeholder(filename) => {
            let found = format_args!("an array in a file of its own, {filename}: write `mmap`");
            mismatch(&visitor, found)
        }
        _ => mismatch(&visitor, from.level.name_of(from.item)),
    }
}

/// Answers a visitor that asked for a [`Value`].
pub(crate) fn value<'d, V: Visitor<'d>>(
    from: Deserializer<'_, 'd>,
    visitor: V,
) -> Result<V::Value> {
    let node = crate::Node { document: from.level.document(), item: from.item };
    let value = crate::convert::to_value::to_value(node, false)?;
    give(value, visitor)
}

/// Answers a visitor that asked for a NumPy scalar.
pub(crate) fn scalar<'d, V: Visitor<'d>>(
    from: Deserializer<'_, 'd>,
    visitor: V,
) -> Result<V::Value> {
    // A scalar that serde has had in its buffer is the dict of an array.
    if let Kind::Dict(run) = from.level.arena().kind(from.item)
        && let Some(key) = from.level.arena().items(run).next()
        && from.level.arena().text(key).is_some_and(|key| FIELDS.contains(&key))
    {
        return visitor.visit_newtype_struct(from.deeper()?);
    }
    let node = crate::Node { document: from.level.document(), item: from.item };
    give_plain(&crate::convert::to_value::to_value(node, false)?, visitor)
}

/// Gives a scalar, or an array without axes, to a visitor that asked for a scalar.
pub(super) fn give_plain<'d, V: Visitor<'d>>(value: &Value, visitor: V) -> Result<V::Value> {
    match value {
        Value::Scalar(scalar) => give_scalar(&scalar.dtype, &scalar.bytes, visitor),
        Value::Array(array) if array.shape().is_empty() => {
            give_scalar(array.dtype(), array.as_bytes(), visitor)
        }
        other => mismatch(&visitor, other.kind_name()),
    }
}

/// Gives a scalar to a visitor that asked for one.
pub(super) fn give_scalar<'d, V: Visitor<'d>>(
    dtype: &Dtype,
    bytes: &[u8],
    visitor: V,
) -> Result<V::Value> {
    visitor.visit_newtype_struct(ScalarParts { descr: Some(dtype.descr()), bytes })
}

/// The dtype and the bytes of a scalar, to a visitor that asks for a tuple of both.
struct ScalarParts<'b> {
    descr: Option<String>,
    bytes: &'b [u8],
}

impl<'d> de::Deserializer<'d> for ScalarParts<'_> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct option seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl<'d> de::SeqAccess<'d> for ScalarParts<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        match self.descr.take() {
            Some(descr) => seed.deserialize(descr.into_deserializer()),
            None => seed.deserialize(ByteBuf(self.bytes.to_vec())),
        }
        .map(Some)
    }
}

/// Gives a value to a visitor that asked for one.
pub(crate) fn give<'d, V: Visitor<'d>>(value: Value, visitor: V) -> Result<V::Value> {
    hand_over(value, || visitor.visit_newtype_struct(Handed))
}

/// An array, or a scalar, to serde's buffer.
pub(super) fn visit_array<'d, V: Visitor<'d>>(
    marked: Marked,
    header: &Header,
    data: Cow<'d, [u8]>,
    visitor: V,
) -> Result<V::Value> {
    let fields =
        ArrayFields { array: ArrayDeserializer { header, data }, marked: Some(marked), field: 0 };
    visitor.visit_newtype_struct(de::value::MapAccessDeserializer::new(fields))
}

/// An array to `ndarray`'s own visitor: a format version, the shape, the elements in C order.
pub(super) fn visit_ndarray<'d, V: Visitor<'d>>(
    header: &Header,
    data: &[u8],
    meter: &Meter,
    visitor: V,
) -> Result<V::Value> {
    let itemsize = header.dtype.itemsize();
    if header.fortran_order {
        meter.charge(data.len())?;
    }
    let ordered = match header.fortran_order {
        true => Cow::Owned(strided::c_order(&strided::axes(header), itemsize, data)),
        false => Cow::Borrowed(data),
    };
    let axes = [(header.element_count()?, itemsize)];
    let elements = Strided::array(&header.dtype, &axes, &ordered, meter);
    visitor.visit_map(NdArray { shape: &header.shape, elements, field: 0 })
}

struct ArrayDeserializer<'h, 'd> {
    header: &'h Header,
    data: Cow<'d, [u8]>,
}

impl<'d> de::Deserializer<'d> for ArrayDeserializer<'_, 'd> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_map(ArrayFields { array: self, marked: None, field: 0 })
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct option seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct ArrayFields<'h, 'd> {
    array: ArrayDeserializer<'h, 'd>,
    /// As what, if it is for serde's buffer.
    marked: Option<Marked>,
    field: usize,
}

impl<'d> de::MapAccess<'d> for ArrayFields<'_, 'd> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'d>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(&field) = FIELDS.get(self.field) else { return Ok(None) };
        let marked = self.marked.filter(|_| self.field == 0);
        self.field += 1;
        match marked {
            Some(marked) => seed.deserialize(MarkedKey { marked, is_inner: false }),
            None => seed.deserialize(de::value::BorrowedStrDeserializer::new(field)),
        }
        .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'d>>(&mut self, seed: V) -> Result<V::Value> {
        let header = self.array.header;
        match self.field {
            1 => seed.deserialize(header.dtype.descr().into_deserializer()),
            2 => seed.deserialize(header.fortran_order.into_deserializer()),
            3 => seed.deserialize(de::value::SeqDeserializer::new(header.shape.iter().copied())),
            _ => match std::mem::take(&mut self.array.data) {
                Cow::Borrowed(bytes) => {
                    seed.deserialize(de::value::BorrowedBytesDeserializer::new(bytes))
                }
                Cow::Owned(bytes) => seed.deserialize(ByteBuf(bytes)),
            },
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(FIELDS.len() - self.field)
    }
}

/// The first key of a map in serde's buffer that stands for an array or a scalar: an option of a newtype struct, which keys
/// of no other type are.
struct MarkedKey {
    marked: Marked,
    is_inner: bool,
}

impl<'d> de::Deserializer<'d> for MarkedKey {
    type Error = Error;

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        if !self.is_inner {
            return visitor.visit_some(Self { is_inner: true, ..self });
        }
        visitor.visit_newtype_struct(de::value::BorrowedStrDeserializer::new(self.marked.key()))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct option seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct NdArray<'e> {
    shape: &'e [usize],
    elements: Strided<'e>,
    field: usize,
}

impl<'d> de::MapAccess<'d> for NdArray<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'d>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(&field) = ["v", "dim", "data"].get(self.field) else { return Ok(None) };
        self.field += 1;
        seed.deserialize(field.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'d>>(&mut self, seed: V) -> Result<V::Value> {
        match self.field {
            1 => seed.deserialize(1_u8.into_deserializer()),
            2 => seed.deserialize(de::value::SeqDeserializer::new(self.shape.iter().copied())),
            _ => seed.deserialize(self.elements),
        }
    }
}

/// Bytes of its own.
struct ByteBuf(Vec<u8>);

impl<'d> de::Deserializer<'d> for ByteBuf {
    type Error = Error;

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_byte_buf(self.0)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct option seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// No bytes, which no pickle has: the value is [handed over](hand_over).
struct Handed;

impl<'d> de::Deserializer<'d> for Handed {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(de::value::SeqDeserializer::new(std::iter::once(ByteBuf(Vec::new()))))
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct option seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

impl IntoDeserializer<'_, Error> for ByteBuf {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
