//! The elements of an array that come before its dtype and shape, kept until those are known.

use super::Values;
use serde::de::value::SeqDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;
use std::marker::PhantomData;

/// What can be an element, or elements.
pub(super) enum Early {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    /// Such as `nan`.
    Text(String),
    Bytes(Vec<u8>),
    /// Elements, or the two parts of a complex number.
    List(Vec<Self>),
}

impl Early {
    pub(super) fn read<E: de::Error>(self, values: Values<'_>) -> Result<Vec<u8>, E> {
        values.deserialize(Replay::new(self))
    }
}

impl<'de> Deserialize<'de> for Early {
    fn deserialize<S: Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        deserializer.deserialize_any(EarlyVisitor)
    }
}

struct EarlyVisitor;

impl<'de> Visitor<'de> for EarlyVisitor {
    type Value = Early;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the elements of an array")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Early, E> {
        Ok(Early::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Early, E> {
        Ok(Early::Signed(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Early, E> {
        Ok(Early::Unsigned(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Early, E> {
        Ok(Early::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Early, E> {
        Ok(Early::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Early, E> {
        Ok(Early::Bytes(bytes.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Early, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Early::List(list))
    }
}

/// Gives them as the format would.
struct Replay<E> {
    early: Early,
    error: PhantomData<E>,
}

impl<E> Replay<E> {
    fn new(early: Early) -> Self {
        Self { early, error: PhantomData }
    }
}

impl<'de, E: de::Error> Deserializer<'de> for Replay<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.early {
            Early::Bool(value) => visitor.visit_bool(value),
            Early::Signed(value) => visitor.visit_i64(value),
            Early::Unsigned(value) => visitor.visit_u64(value),
            Early::Float(value) => visitor.visit_f64(value),
            Early::Text(text) => visitor.visit_string(text),
            Early::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Early::List(elements) => {
                let mut elements = SeqDeserializer::new(elements.into_iter().map(Self::new));
                let value = visitor.visit_seq(&mut elements)?;
                elements.end()?;
                Ok(value)
            }
        }
    }

    forward_to_deserialize_any! {
        <V: Visitor<'de>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, E: de::Error> IntoDeserializer<'de, E> for Replay<E> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
