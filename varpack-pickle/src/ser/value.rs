//! [`Value`]s written by serde: whole under this crate's own format, as plain data under any other.

use crate::npy::internal::serde::{ElementValue, Raw};
use crate::ser::capture;
use crate::value::expansion;
use crate::value::handed::{self, VALUE, is_ours};
use crate::value::kinds::Value;
use crate::write::emit;
use serde::ser::{self, Serialize, SerializeTuple as _, SerializeTupleStruct as _, Serializer};
use std::any::type_name;

/// Under [`to_vec`](crate::to_vec) the object as it is. Under a human-readable format such as JSON
/// plain data: containers are sequences, an array is a map of its dtype, shape and values, an
/// object of any other class is an error, and so is a value that nests over
/// [`MAX_DEPTH`](crate::MAX_DEPTH) levels or whose shared parts expand beyond 64 MiB and 64 times its own size.
/// Under a binary format a pickle in bytes.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(VALUE, &ValueContent(self))
    }
}

struct ValueContent<'v>(&'v Value);

impl Serialize for ValueContent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A buffer of serde's, over our own serializer: the pickle passes it, and is told from other bytes by the name.
        let is_buffered = is_ours::<S::Error>() && type_name::<S>().contains("ContentSerializer<");
        if serializer.is_human_readable() && !is_buffered {
            expansion::check(self.0).map_err(ser::Error::custom)?;
            return PlainValue(self.0).serialize(serializer);
        }
        let wrap = |bytes: &[u8]| {
            let mut wrapped = serializer.serialize_tuple_struct(VALUE, 1)?;
            wrapped.serialize_field(&Raw(bytes))?;
            wrapped.end()
        };
        if capture::takes_values::<S>() {
            return handed::hand_over(self.0.clone(), || wrap(&[]));
        }
        wrap(&emit::to_vec(self.0).map_err(ser::Error::custom)?)
    }
}

/// A value as plain data, which it was [checked](expansion::check) to have in bounds.
#[derive(Clone, Copy)]
struct PlainValue<'v>(&'v Value);

impl PlainValue<'_> {
    fn sequence<S: Serializer>(items: &[Value], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(items.iter().map(PlainValue))
    }
}

impl Serialize for PlainValue<'_> {
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
            // Spread out by serde among the fields of a struct of ours, which takes its values as they are.
            Value::Dict(entries) if is_ours::<S::Error>() => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
            Value::Dict(entries) => serializer.collect_map(
                entries.iter().map(|(key, value)| (PlainValue(key), PlainValue(value))),
            ),
            Value::Array(array) => array.serialize(serializer),
            Value::Scalar(scalar) => {
                ElementValue { dtype: &scalar.dtype, bytes: &scalar.bytes }.serialize(serializer)
            }
            Value::SurrogateStr(_) => no_data("a str with lone surrogates, which is no text"),
            Value::ObjectArray(_) => no_data("an array of Python objects"),
            Value::Dtype(_) => no_data("a NumPy dtype"),
            Value::Placeholder(_) => no_data("an array in a file of its own"),
            Value::Global(_) => no_data("a class or function"),
            Value::Object(_) => no_data("a Python object"),
        }
    }
}

/// The error of another format for what only a pickle has a form for.
fn no_data<T, E: ser::Error>(found: &str) -> Result<T, E> {
    Err(E::custom(format_args!("expected plain data, found {found}")))
}
