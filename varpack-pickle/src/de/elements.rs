//! NumPy elements to serde's visitors: an array as nested sequences, a record as a map, a scalar
//! as a number, a string or bytes.

use crate::budget::Meter;
use crate::de::newtype;
use crate::de::reserved;
use crate::de::value::PLAIN;
use crate::de::visit::mismatch;
use crate::npy::internal::serde::SCALAR;
use crate::npy::{ByteOrder, Dtype, Field, Header};
use crate::python::numpy;
use crate::python::objects::Ask;
use crate::python::strided::{Axis, is_nat, strides, widened};
use crate::value::handed::{Marked, VALUE, is_buffer};
use crate::value::kinds::{Scalar, Value};
use crate::{Error, ErrorKind, Result};
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::sync::Arc;

/// A part of an array, down to one element.
#[derive(Clone, Copy)]
pub(crate) struct Strided<'e> {
    dtype: &'e Dtype,
    axes: &'e [Axis],
    /// From the first element on.
    data: &'e [u8],
    /// Counts what visitors make of it. An axis of no elements does not make those before it any shorter.
    meter: &'e Meter,
}

impl<'e> Strided<'e> {
    pub(crate) fn array(
        dtype: &'e Dtype,
        axes: &'e [Axis],
        data: &'e [u8],
        meter: &'e Meter,
    ) -> Self {
        Self { dtype, axes, data, meter }
    }

    pub(crate) fn scalar(dtype: &'e Dtype, data: &'e [u8], meter: &'e Meter) -> Self {
        Self { dtype, axes: &[], data, meter }
    }

    pub(super) fn visit<'de, V: Visitor<'de>>(self, ask: Ask, visitor: V) -> Result<V::Value> {
        let Some((&(len, stride), inner)) = self.axes.split_first() else {
            return self.element(ask, visitor);
        };
        let part = Strided { axes: inner, ..self };
        let mut along = StridedAxis { part, stride, index: 0, len };
        let value = match visitor.visit_seq(&mut along) {
            Err(error) if along.index == 0 => Err(error.with_type(|| "numpy.ndarray")),
            visited => visited,
        }?;
        if along.index < len {
            return Err(Error::new(ErrorKind::Shape)
                .with_expected(format!("{} elements", along.index))
                .with_found(len.to_string()));
        }
        Ok(value)
    }

    /// Those of one element.
    fn bytes(&self) -> &'e [u8] {
        self.data.get(..self.dtype.itemsize()).unwrap_or_default()
    }

    fn element<'de, V: Visitor<'de>>(self, ask: Ask, visitor: V) -> Result<V::Value> {
        let bytes = self.bytes();
        match self.dtype {
            Dtype::Bool => visitor.visit_bool(bytes != [0]),
            Dtype::Int { size, order } => {
                let wide = widened(bytes, *order);
                let unused = 64 - 8 * u32::try_from(*size).unwrap_or(8);
                // An arithmetic shift brings the sign down.
                crate::de::visit::visit_int(wide.cast_signed() << unused >> unused, visitor)
            }
            Dtype::Uint { order, .. } => visitor.visit_u64(widened(bytes, *order)),
            // A number would be one of a unit that nobody is told. Where serde reads without types, it is what
            // an array of it can be made from again.
            Dtype::Datetime { .. } | Dtype::Timedelta { .. }
                if ask == Ask::Any && is_buffer::<V>() =>
            {
                let (dtype, shape) = (self.dtype.clone(), Vec::new());
                let header = Header { dtype, fortran_order: false, shape };
                self.meter.charge(numpy::array_size(&header, bytes.len()))?;
                reserved::visit_array(Marked::Scalar, &header, bytes.to_vec().into(), visitor)
            }
            Dtype::Datetime { .. } | Dtype::Timedelta { .. } => {
                let dtype = self.dtype.to_native().name();
                let not_a_time = if is_nat(self.dtype, bytes) { "NaT of " } else { "" };
                mismatch(&visitor, format!("{not_a_time}{dtype}"))
            }
            Dtype::Float { size, order } => visitor.visit_f64(float(bytes, *size, *order)?),
            Dtype::Complex { size, order } => {
                let (re, im) = bytes.split_at(size / 2);
                let parts = [float(re, size / 2, *order)?, float(im, size / 2, *order)?];
                visitor
                    .visit_seq(de::value::SeqDeserializer::new(parts.into_iter()))
                    .map_err(|error: Error| error.with_type(|| "complex"))
            }
            Dtype::Bytes { .. } => {
                self.meter.charge(bytes.len())?;
                let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                visitor.visit_bytes(&bytes[..end])
            }
            Dtype::Text { order, .. } => {
                self.meter.charge(bytes.len())?;
                visitor.visit_string(text(bytes, *order)?)
            }
            Dtype::Record(record) => {
                let (fields, meter) = (record.fields.iter(), self.meter);
                visitor
                    .visit_map(Fields { fields, value: None, data: bytes, meter })
                    .map_err(|error| error.with_type(|| "a NumPy record"))
            }
            _ => {
                self.meter.charge(bytes.len())?;
                visitor.visit_bytes(bytes)
            }
        }
    }
}

fn float(bytes: &[u8], size: usize, order: ByteOrder) -> Result<f64> {
    let [a, b, c, d, ..] = widened(bytes, order).to_le_bytes();
    match size {
        2 => Ok(half::f16::from_le_bytes([a, b]).into()),
        4 => Ok(f32::from_le_bytes([a, b, c, d]).into()),
        8 => Ok(f64::from_bits(widened(bytes, order))),
        _ => Err(Error::new(ErrorKind::Dtype)
            .with_expected("a floating-point number of at most 64 bits")
            .with_found(format!("one of {} bits (long double)", 8 * size))),
    }
}

fn text(bytes: &[u8], order: ByteOrder) -> Result<String> {
    let codes = bytes.chunks_exact(4).map(|code| widened(code, order));
    let mut text = String::new();
    let mut nuls = 0;
    for code in codes {
        let character = u32::try_from(code).ok().and_then(char::from_u32).ok_or_else(|| {
            Error::new(ErrorKind::Value).with_expected("text").with_found(format!("code {code:#x}"))
        })?;
        // Padding is what no other character follows.
        if character == '\0' {
            nuls += 1;
        } else {
            text.extend(std::iter::repeat_n('\0', nuls));
            text.push(character);
            nuls = 0;
        }
    }
    Ok(text)
}

/// The parts along the first axis.
struct StridedAxis<'e> {
    /// The next one.
    part: Strided<'e>,
    stride: usize,
    index: usize,
    len: usize,
}

impl<'de> de::SeqAccess<'de> for &mut StridedAxis<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.index == self.len {
            return Ok(None);
        }
        let (index, part) = (self.index, self.part);
        if index == 0 {
            part.meter.charge_each(self.len, size_of::<T::Value>().max(1))?;
        }
        self.index += 1;
        self.part.data = part.data.get(self.stride..).unwrap_or_default();
        match seed.deserialize(part) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(error.inside(&format!("[{index}]"))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.index)
    }
}

/// Bytes of a field's name and value, where they do not become a struct's.
const FIELD: usize = 48;

/// The fields of a record.
struct Fields<'e> {
    fields: std::slice::Iter<'e, Field>,
    value: Option<&'e Field>,
    data: &'e [u8],
    meter: &'e Meter,
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.value = self.fields.next();
        let Some(field) = self.value else { return Ok(None) };
        self.meter.charge(field.name.len().saturating_add(FIELD))?;
        seed.deserialize(field.name.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        let Some(field) = self.value else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        let axes = strides(&field.shape, field.dtype.itemsize(), false);
        let data = self.data.get(field.offset..).unwrap_or_default();
        seed.deserialize(Strided::array(&field.dtype, &axes, data, self.meter))
            .map_err(|error| error.inside(&format!(".{}", field.name)))
    }
}

macro_rules! scalars {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.visit(Ask::Scalar, visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Strided<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.visit(Ask::Any, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.axes.is_empty() && is_nat(self.dtype, self.bytes()) {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        let is_time = matches!(self.dtype, Dtype::Datetime { .. } | Dtype::Timedelta { .. });
        match name {
            SCALAR if is_time && self.axes.is_empty() => {
                reserved::give_scalar(self.dtype, self.bytes(), visitor)
            }
            VALUE if is_time && self.axes.is_empty() => {
                let (dtype, bytes) = (self.dtype.clone(), self.bytes().into());
                reserved::give(Value::Scalar(Arc::new(Scalar { dtype, bytes })), visitor)
            }
            SCALAR => reserved::give_plain(&self.visit(Ask::Any, PLAIN)?, visitor),
            // Made here: a time that gets the element itself would take a number for one of another format.
            VALUE => reserved::give(self.visit(Ask::Any, PLAIN)?, visitor),
            _ => newtype::visit(name, self, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.visit(Ask::Fields(fields.len()), visitor)
    }

    scalars! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8
        deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_identifier
    }

    forward_to_deserialize_any! {
        unit unit_struct seq tuple tuple_struct map enum
    }
}
