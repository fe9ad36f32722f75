//! [`Value`]s read by serde: whole from this crate's own format, as plain data from any other.

use crate::bigint::BigInt;
use crate::npy::NpyArray;
use crate::npy::internal::serde::{FIELDS, Values, header};
use crate::value::handed::{self, Marked, VALUE};
use crate::value::kinds::{self, Value};
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// From a pickle the object as it is; from another self-describing format plain data.
///
/// Where serde reads a pickle into its own buffer first (`flatten`, untagged and tagged enums), arrays and NumPy's
/// times are as they were. That buffer has no others of Python's types: tuples and sets are lists there, a `bytearray`
/// is bytes, other NumPy scalars are numbers and texts, complex numbers lists of two, arrays of objects lists; objects,
/// classes, dtypes and integers of over 64 bits are refused.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(VALUE, ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        if inner.is_human_readable() {
            return inner.deserialize_any(PLAIN);
        }
        inner.deserialize_tuple_struct(VALUE, 1, PickleVisitor)
    }
}

pub(crate) struct PickleVisitor;

impl<'de> Visitor<'de> for PickleVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pickle in bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let field = fields.next_element_seed(PickleBytes)?;
        field.ok_or_else(|| de::Error::invalid_length(0, &self))
    }
}

struct PickleBytes;

impl<'de> DeserializeSeed<'de> for PickleBytes {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for PickleBytes {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a pickle in bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Value, E> {
        match handed::take_handed(bytes) {
            Some(value) => Ok(value),
            None => Value::from_slice(bytes).map_err(de::Error::custom),
        }
    }
}

/// Plain data of any format.
pub(crate) struct PlainVisitor<'k> {
    /// Of a key: what it marks its map as.
    marked: Option<&'k Cell<Option<Marked>>>,
}

pub(crate) const PLAIN: PlainVisitor<'static> = PlainVisitor { marked: None };

impl<'de> DeserializeSeed<'de> for PlainVisitor<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PlainVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(BigInt::from(value).into())
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(BigInt::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value, E> {
        if let Some(marked) = self.marked {
            marked.set(Marked::of(text));
        }
        Ok(text.into())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(PLAIN)? {
            list.push(item);
        }
        Ok(Value::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        let marked = Cell::new(None);
        while let Some(key) = map.next_key_seed(PlainVisitor { marked: Some(&marked) })? {
            if let Some(marked) = marked.take() {
                return read_marked(marked, map);
            }
            entries.push((key, map.next_value_seed(PLAIN)?));
        }
        Ok(Value::dict(entries))
    }
}

/// What serde's buffer has as a map, of which the first key was read: the parts of an array in their order.
fn read_marked<'de, A: MapAccess<'de>>(marked: Marked, mut map: A) -> Result<Value, A::Error> {
    fn part<'de, A: MapAccess<'de>, S: DeserializeSeed<'de>>(
        map: &mut A,
        name: &'static str,
        seed: S,
    ) -> Result<S::Value, A::Error> {
        let entry = map.next_entry_seed(PhantomData::<IgnoredAny>, seed)?;
        entry.map(|(_, part)| part).ok_or_else(|| de::Error::missing_field(name))
    }

    let [_, fortran_order, shape, values] = FIELDS;
    let descr: String = map.next_value()?;
    let fortran_order = part(&mut map, fortran_order, PhantomData::<bool>)?;
    let shape = part(&mut map, shape, PhantomData::<Vec<usize>>)?;
    let header = header(&descr, fortran_order, &shape).map_err(de::Error::custom)?;
    let data = part(&mut map, values, Values { header: &header })?;
    match marked {
        Marked::Scalar => {
            Ok(Value::Scalar(Arc::new(kinds::Scalar { dtype: header.dtype, bytes: data.into() })))
        }
        Marked::Array => {
            let array = NpyArray::from_parsed(header, &data).map_err(de::Error::custom)?;
            Ok(Value::Array(Arc::new(array)))
        }
    }
}
