//! [`Value`] under serde: whole under this module's own format, as plain data under any other.

use super::bigint::BigInt;
use super::bridge::{self, VALUE};
use super::expansion;
use super::value::Value;
use super::{capture, emit};
use crate::npy::serde::Scalar;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeTuple as _, SerializeTupleStruct as _, Serializer};
use std::fmt;

/// Under [`to_vec`](super::to_vec) the object as it is. Under a human-readable format such as JSON
/// plain data: containers are sequences, an array is a map of its dtype, shape and values, an
/// object of any other class is an error, and so is a value that nests over
/// [`MAX_DEPTH`](super::MAX_DEPTH) levels or whose shared parts expand beyond 64 MiB and 64 times its own size.
/// Under a binary format a pickle in bytes.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(VALUE, &Content(self))
    }
}

struct Content<'v>(&'v Value);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            expansion::check(self.0).map_err(ser::Error::custom)?;
            return Plain(self.0).serialize(serializer);
        }
        let wrap = |bytes: &[u8]| {
            let mut wrapped = serializer.serialize_tuple_struct(VALUE, 1)?;
            wrapped.serialize_field(&Bytes(bytes))?;
            wrapped.end()
        };
        if capture::takes_values::<S>() {
            return bridge::hand_over(self.0.clone(), || wrap(&[]));
        }
        wrap(&emit::to_vec(self.0).map_err(ser::Error::custom)?)
    }
}

struct Bytes<'b>(&'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// A value as plain data, which it was [checked](expansion::check) to have in bounds.
#[derive(Clone, Copy)]
struct Plain<'v>(&'v Value);

impl Plain<'_> {
    fn sequence<S: Serializer>(items: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items.iter().map(Plain))
    }
}

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::None => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::BigInt(value) => match (value.to_u128(), value.to_i128()) {
                (Some(value), _) => match u64::try_from(value) {
                    Ok(value) => serializer.serialize_u64(value),
                    Err(_) => serializer.serialize_u128(value),
                },
                (None, Some(value)) => serializer.serialize_i128(value),
                (None, None) => Err(ser::Error::custom("an int of over 128 bits")),
            },
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Complex(value) => {
                let mut parts = serializer.serialize_tuple(2)?;
                parts.serialize_element(&value.re)?;
                parts.serialize_element(&value.im)?;
                parts.end()
            }
            Value::Str(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) | Value::ByteArray(bytes) => serializer.serialize_bytes(bytes),
            Value::List(items)
            | Value::Tuple(items)
            | Value::Set(items)
            | Value::FrozenSet(items) => Self::sequence(items, serializer),
            Value::Dict(entries) => serializer
                .collect_map(entries.iter().map(|(key, value)| (Plain(key), Plain(value)))),
            Value::Array(array) => array.serialize(serializer),
            Value::Scalar(scalar) => {
                Scalar { dtype: &scalar.dtype, bytes: &scalar.bytes }.serialize(serializer)
            }
            Value::SurrogateStr(_)
            | Value::Dtype(_)
            | Value::ObjectArray(_)
            | Value::Placeholder(_)
            | Value::Global(_)
            | Value::Object(_) => {
                Err(ser::Error::custom(format!("a {} is no plain data", self.0.kind_name())))
            }
        }
    }
}

/// From a pickle the object as it is; from another self-describing format plain data.
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
            return inner.deserialize_any(PlainVisitor);
        }
        inner.deserialize_tuple_struct(VALUE, 1, PickleVisitor)
    }
}

pub(super) struct PickleVisitor;

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

impl<'de> de::DeserializeSeed<'de> for PickleBytes {
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
        match bridge::take_handed(bytes) {
            Some(value) => Ok(value),
            None => Value::from_slice(bytes).map_err(de::Error::custom),
        }
    }
}

/// Plain data of any format.
pub(super) struct PlainVisitor;

impl<'de> de::DeserializeSeed<'de> for PlainVisitor {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PlainVisitor {
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

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(PlainVisitor)? {
            list.push(item);
        }
        Ok(Value::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry_seed(PlainVisitor, PlainVisitor)? {
            entries.push(entry);
        }
        Ok(Value::dict(entries))
    }
}
