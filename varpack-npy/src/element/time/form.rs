//! Times under serde: a NumPy scalar in a pickle, the number of ticks in any other self-describing format.

use super::{Datetime64, Element, Resolution, Timedelta64};
use crate::serde::{ElementValue, Raw, SCALAR, refused};
use crate::{Dtype, Error, ErrorKind, NpyArray, Result};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTupleStruct as _, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

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
                let bytes = Time::ticks(self).to_ne_bytes();
                let content = TimeContent { dtype: &Self::dtype(), bytes: &bytes };
                serializer.serialize_newtype_struct(SCALAR, &content)
            }
        }

        /// From what is written: a scalar of another unit is refused, and so is a number in a pickle.
        impl<'de, R: Resolution> Deserialize<'de> for $time<R> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_newtype_struct(SCALAR, TimeVisitor(PhantomData))
            }
        }
    )*};
}

times!(Datetime64 Timedelta64);

/// A number to a human-readable format; to any other its dtype and its bytes.
struct TimeContent<'a> {
    dtype: &'a Dtype,
    bytes: &'a [u8],
}

impl Serialize for TimeContent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { dtype, bytes } = *self;
        if serializer.is_human_readable() {
            return ElementValue { dtype, bytes }.serialize(serializer);
        }
        let mut parts = serializer.serialize_tuple_struct(SCALAR, 2)?;
        parts.serialize_field(&dtype.descr())?;
        parts.serialize_field(&Raw(bytes))?;
        parts.end()
    }
}

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
        inner.deserialize_tuple_struct(SCALAR, 2, self)
    }

    /// The dtype and the bytes of a scalar.
    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<T, A::Error> {
        let missing = |count| de::Error::invalid_length(count, &"the two parts of a scalar");
        let descr: Cow<'_, str> = parts.next_element()?.ok_or_else(|| missing(0))?;
        let dtype = crate::serde::dtype(&descr).map_err(de::Error::custom)?;
        T::check_dtype(&dtype, None).map_err(refused)?; // before its bytes, which may be more
        let bytes: [u8; 8] = parts.next_element_seed(Ticks)?.ok_or_else(|| missing(1))?;
        time(&dtype, &bytes).map_err(refused)
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
        match array.shape() {
            [] => time(array.dtype(), array.as_bytes()).map_err(refused),
            _ => Err(de::Error::invalid_type(de::Unexpected::Other("numpy.ndarray"), &self)),
        }
    }
}

/// The bytes of a time.
struct Ticks;

impl<'de> de::DeserializeSeed<'de> for Ticks {
    type Value = [u8; 8];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<[u8; 8], D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Ticks {
    type Value = [u8; 8];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("8 bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<[u8; 8], E> {
        bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
    }
}

/// The time that an element of a dtype is.
fn time<T: Time>(dtype: &Dtype, bytes: &[u8]) -> Result<T> {
    T::check_dtype(dtype, None)?;
    let ticks =
        bytes.try_into().map(i64::from_ne_bytes).map_err(|_| Error::new(ErrorKind::Shape))?;
    Ok(T::new(if dtype.is_native() { ticks } else { ticks.swap_bytes() }))
}
