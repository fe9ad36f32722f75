//! The elements of an array out of any format: as bytes, or one number after the other.

use super::{check_len, is_listed, turn_little};
use crate::cast::{to_half, to_single};
use crate::{ByteOrder, Dtype, Header};
use serde::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// The elements of the array of this header: bytes, or one after the other.
pub struct Values<'h> {
    /// What the array is.
    pub header: &'h Header,
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = Vec<u8>;

    fn deserialize<S: Deserializer<'de>>(self, deserializer: S) -> Result<Vec<u8>, S::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            deserializer.deserialize_byte_buf(self)
        }
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the elements of an array of {}", self.header.dtype.name())
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        check_len(self.header, bytes.len()).map_err(de::Error::custom)?;
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        check_len(self.header, bytes.len()).map_err(de::Error::custom)?;
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<u8>, A::Error> {
        let expected = self.header.data_len().map_err(de::Error::custom)?;
        let listed = is_listed(&self.header.dtype);
        let byte = Dtype::Uint { size: 1, order: ByteOrder::Little };
        let dtype = if listed { &self.header.dtype } else { &byte };
        // Not allocated ahead: the shape may promise anything.
        let mut data = Vec::new();
        while elements.next_element_seed(NumberSink { dtype, out: &mut data })?.is_some() {
            if data.len() > expected {
                break;
            }
        }
        check_len(self.header, data.len()).map_err(de::Error::custom)?;
        Ok(data)
    }
}

/// Puts one element behind those before it.
struct NumberSink<'n> {
    dtype: &'n Dtype,
    out: &'n mut Vec<u8>,
}

impl NumberSink<'_> {
    fn put<const N: usize>(self, little_endian: [u8; N]) {
        let start = self.out.len();
        self.out.extend_from_slice(&little_endian);
        turn_little(self.dtype, &mut self.out[start..]);
    }

    fn int<E: de::Error>(self, value: i128) -> Result<(), E> {
        let error = || de::Error::custom(format!("{value} is no {}", self.dtype.name()));
        match self.dtype {
            Dtype::Int { size: 1, .. } => {
                self.put(i8::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Int { size: 2, .. } => {
                self.put(i16::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Int { size: 4, .. } => {
                self.put(i32::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Int { .. } | Dtype::Datetime { .. } | Dtype::Timedelta { .. } => {
                self.put(i64::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Uint { size: 1, .. } => {
                self.put(u8::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Uint { size: 2, .. } => {
                self.put(u16::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Uint { size: 4, .. } => {
                self.put(u32::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            Dtype::Uint { .. } => {
                self.put(u64::try_from(value).map_err(|_| error())?.to_le_bytes());
            }
            #[expect(clippy::cast_precision_loss, reason = "rounded, as a number in JSON is")]
            _ => return self.float(value as f64),
        }
        Ok(())
    }

    fn float<E: de::Error>(self, value: f64) -> Result<(), E> {
        let too_large = || de::Error::invalid_value(de::Unexpected::Float(value), &self);
        match self.dtype {
            Dtype::Float { size: 2, .. } => {
                let half = to_half(value).ok_or_else(too_large)?;
                self.put(half.to_le_bytes());
            }
            Dtype::Float { size: 4, .. } => {
                let single = to_single(value).ok_or_else(too_large)?;
                self.put(single.to_le_bytes());
            }
            Dtype::Float { size: 8, .. } => self.put(value.to_le_bytes()),
            _ => return Err(de::Error::invalid_type(de::Unexpected::Float(value), &self)),
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for NumberSink<'_> {
    type Value = ();

    fn deserialize<S: Deserializer<'de>>(self, deserializer: S) -> Result<(), S::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NumberSink<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.dtype.name())
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        match self.dtype {
            Dtype::Bool => {
                self.put([u8::from(value)]);
                Ok(())
            }
            _ => Err(de::Error::invalid_type(de::Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.int(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.int(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.float(value)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        match text {
            "nan" => self.float(f64::NAN),
            "inf" => self.float(f64::INFINITY),
            "-inf" => self.float(f64::NEG_INFINITY),
            _ => Err(de::Error::invalid_type(de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        let size = match self.dtype {
            Dtype::Complex { size, .. } => size / 2,
            _ => return Err(de::Error::invalid_type(de::Unexpected::Seq, &self)),
        };
        let order = match self.dtype {
            Dtype::Complex { order, .. } => *order,
            _ => ByteOrder::NATIVE,
        };
        let dtype = Dtype::Float { size, order };
        for count in 0..2 {
            let part = parts.next_element_seed(NumberSink { dtype: &dtype, out: self.out })?;
            part.ok_or_else(|| de::Error::invalid_length(count, &"two parts"))?;
        }
        Ok(())
    }
}
