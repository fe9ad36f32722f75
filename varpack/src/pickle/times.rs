//! Times under serde: a NumPy scalar in a pickle, the number of ticks in any other self-describing format.

use super::bridge::VALUE;
use super::value::{Scalar, Value};
use super::value_serde::PickleVisitor;
use crate::npy::Resolution;
use crate::npy::{Datetime64, Element, NpyArray, Timedelta64};
use crate::{Error, ErrorKind, Result};
use serde::de::{
    self, Deserialize, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer,
};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A time of one resolution.
trait Time: Element {
    fn new(ticks: i64) -> Self;
    fn ticks(&self) -> i64;
}

macro_rules! times {
    ($($time:ident)*) => {$(
        impl<R: Resolution> Time for $time<R> {
            fn new(ticks: i64) -> Self {
                Self::new(ticks)
            }

            fn ticks(&self) -> i64 {
                (*self).ticks()
            }
        }

        /// In a pickle a NumPy scalar of its unit; elsewhere the number of ticks.
        impl<R: Resolution> Serialize for $time<R> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let bytes = Time::ticks(self).to_ne_bytes().as_slice().into();
                let scalar = Scalar { dtype: Self::dtype(), bytes };
                Value::Scalar(Arc::new(scalar)).serialize(serializer)
            }
        }

        /// From what is written: a scalar of another unit is refused, and so is a number in a pickle.
        impl<'de, R: Resolution> Deserialize<'de> for $time<R> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_newtype_struct(VALUE, TimeVisitor(PhantomData))
            }
        }
    )*};
}

times!(Datetime64 Timedelta64);

struct TimeVisitor<T>(PhantomData<T>);

impl<'de, T: Time> Visitor<'de> for TimeVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&T::dtype().name())
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<T, D::Error> {
        if inner.is_human_readable() {
            return inner.deserialize_any(self);
        }
        let value = inner.deserialize_tuple_struct(VALUE, 1, PickleVisitor)?;
        time(&value).map_err(crate::npy::serde::refused)
    }

    fn visit_i64<E: de::Error>(self, ticks: i64) -> Result<T, E> {
        Ok(T::new(ticks))
    }

    fn visit_u64<E: de::Error>(self, ticks: u64) -> Result<T, E> {
        let signed = i64::try_from(ticks);
        signed.map(T::new).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(ticks), &self))
    }

    /// What serde has had in its buffer.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let array = NpyArray::deserialize(MapAccessDeserializer::new(map))?;
        time(&Value::Array(Arc::new(array))).map_err(crate::npy::serde::refused)
    }
}

/// The time that a scalar or an array without axes holds.
fn time<T: Time>(value: &Value) -> Result<T> {
    let (dtype, bytes) = match value {
        Value::Scalar(scalar) => (&scalar.dtype, &*scalar.bytes),
        Value::Array(array) if array.shape().is_empty() => (array.dtype(), array.as_bytes()),
        other => {
            return Err(Error::new(ErrorKind::Value)
                .with_expected(T::dtype().name())
                .with_found(other.kind_name()));
        }
    };
    T::check_dtype(dtype, None)?;
    let ticks =
        bytes.try_into().map(i64::from_ne_bytes).map_err(|_| Error::new(ErrorKind::Shape))?;
    Ok(T::new(if dtype.is_native() { ticks } else { ticks.swap_bytes() }))
}
