//! Takes arrays and [`Value`](crate::Value)s back out of the newtype structs that serde sees.

use crate::document::parsed::Document;
use crate::limits::MAX_DEPTH;
use crate::npy::internal::serde::SCALAR;
use crate::npy::internal::serde::{self as parts, Values};
use crate::npy::{Dtype, Header};
use crate::ser::serializer::Serializer;
use crate::value::handed::{self, VALUE};
use crate::write::emit;
use crate::write::emit_numpy;
use crate::write::writer::Writer;
use crate::{Error, Result};
use crate::{from_slice, to_vec};
use serde::ser::{self, Impossible, Serialize};
use std::fmt;

/// Writes the content of an array's newtype struct as a NumPy array.
pub(crate) fn array<T: Serialize + ?Sized>(writer: &mut Writer, content: &T) -> Result<()> {
    match content.serialize(Capture { writer, wanted: Awaited::Array }) {
        Ok(()) => Ok(()),
        Err(Rejection::Failed(error)) => Err(error),
        Err(Rejection::Unwanted) => Err(ser::Error::custom("this is not an array")),
    }
}

/// Writes the content of a scalar's newtype struct as a NumPy scalar.
pub(crate) fn scalar<T: Serialize + ?Sized>(
    writer: &mut Writer,
    depth: usize,
    content: &T,
) -> Result<()> {
    content_as(Awaited::Scalar, writer, depth, content)
}

/// Writes the content of a [`Value`](crate::Value)'s newtype struct as the object that it is.
pub(crate) fn value<T: Serialize + ?Sized>(
    writer: &mut Writer,
    depth: usize,
    content: &T,
) -> Result<()> {
    content_as(Awaited::Value, writer, depth, content)
}

fn content_as<T: Serialize + ?Sized>(
    wanted: Awaited<'_>,
    writer: &mut Writer,
    depth: usize,
    content: &T,
) -> Result<()> {
    match content.serialize(Capture { writer, wanted }) {
        Ok(()) => Ok(()),
        Err(Rejection::Failed(error)) => Err(error),
        // Out of a buffer of serde's it comes as plain data.
        Err(Rejection::Unwanted) => {
            content.serialize(Serializer::value(writer, depth.min(MAX_DEPTH)))
        }
    }
}

/// Whether a serializer is the one of this module, which takes a value as it is. The names of types are not
/// promised to stay: where they do not tell, the value is pickled.
pub(super) fn takes_values<S>() -> bool {
    std::any::type_name::<S>() == std::any::type_name::<Capture<'static>>()
}

/// Takes the one thing it waits for; anything else it rejects before a byte is written.
struct Capture<'c> {
    writer: &'c mut Writer,
    wanted: Awaited<'c>,
}

#[derive(Clone, Copy)]
enum Awaited<'c> {
    /// The parts of an array.
    Array,
    /// The elements of the array of this header.
    Elements(&'c Header),
    /// A pickle, wrapped in a tuple struct that tells it from other bytes.
    Value,
    Pickle,
    /// The dtype and the bytes of a scalar.
    Scalar,
    /// The bytes of a scalar of this dtype.
    Element(&'c Dtype),
}

#[derive(Debug)]
enum Rejection {
    Unwanted,
    Failed(Error),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unwanted => f.write_str("unwanted"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Rejection {}

impl ser::Error for Rejection {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Failed(ser::Error::custom(message))
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

type Captured<T = ()> = std::result::Result<T, Rejection>;

/// How far the parts of one object have come: its elements, or its bytes, are the last, and are written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Before,
    /// A part is being written, or was not written whole.
    Within,
    Written,
}

impl Stage {
    fn start(&mut self) -> Captured {
        match std::mem::replace(self, Self::Within) {
            Self::Before => Ok(()),
            _ => Err(ser::Error::custom("a part of an array, scalar or value is out of turn")),
        }
    }

    fn end(self) -> Captured {
        match self {
            Self::Written => Ok(()),
            _ => Err(ser::Error::custom("an array, scalar or value was not written whole")),
        }
    }
}

/// The parts of an array up to its elements, which come last.
struct ArrayParts<'c> {
    writer: &'c mut Writer,
    stage: Stage,
    dtype: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl ser::SerializeStruct for ArrayParts<'_> {
    type Ok = ();
    type Error = Rejection;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Captured {
        self.stage.start()?;
        match name {
            "dtype" => self.dtype = from_slice(&to_vec(value)?)?,
            "fortran_order" => self.fortran_order = from_slice(&to_vec(value)?)?,
            "shape" => self.shape = from_slice(&to_vec(value)?)?,
            _ => {
                let header = parts::header(&self.dtype, self.fortran_order, &self.shape)?;
                let wanted = Awaited::Elements(&header);
                match value.serialize(Capture { writer: self.writer, wanted }) {
                    // Out of a buffer of serde's they come one by one.
                    Err(Rejection::Unwanted) => {
                        let elements = to_vec(value)?;
                        let document = Document::parse(&elements)?;
                        let values = Values { header: &header };
                        let elements = document.root().deserialize_seed(values)?;
                        emit_numpy::array(self.writer, &header, &elements)?;
                    }
                    outcome => outcome?,
                }
                self.stage = Stage::Written;
                return Ok(());
            }
        }
        self.stage = Stage::Before;
        Ok(())
    }

    fn end(self) -> Captured {
        self.stage.end()
    }
}

/// The parts of a value or of a scalar.
struct ValueParts<'c> {
    writer: &'c mut Writer,
    stage: Stage,
    kind: PartsOf,
}

enum PartsOf {
    /// Its pickle alone.
    Value,
    /// The dtype, once it is known, and the bytes.
    Scalar(Option<Dtype>),
}

impl ser::SerializeTupleStruct for ValueParts<'_> {
    type Ok = ();
    type Error = Rejection;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Captured {
        self.stage.start()?;
        let wanted = match &mut self.kind {
            PartsOf::Value => Awaited::Pickle,
            PartsOf::Scalar(Some(dtype)) => Awaited::Element(dtype),
            PartsOf::Scalar(dtype) => {
                *dtype = Some(parts::dtype(&from_slice::<String>(&to_vec(value)?)?)?);
                self.stage = Stage::Before;
                return Ok(());
            }
        };
        value.serialize(Capture { writer: self.writer, wanted })?;
        self.stage = Stage::Written;
        Ok(())
    }

    fn end(self) -> Captured {
        self.stage.end()
    }
}

macro_rules! reject {
    ($($method:ident($($argument:ty),*) -> $result:ty,)*) => {
        $(fn $method(self, $(_: $argument),*) -> Captured<$result> {
            Err(Rejection::Unwanted)
        })*
    };
}

impl<'c> ser::Serializer for Capture<'c> {
    type Ok = ();
    type Error = Rejection;
    type SerializeSeq = Impossible<(), Rejection>;
    type SerializeTuple = Impossible<(), Rejection>;
    type SerializeTupleStruct = ValueParts<'c>;
    type SerializeTupleVariant = Impossible<(), Rejection>;
    type SerializeMap = Impossible<(), Rejection>;
    type SerializeStruct = ArrayParts<'c>;
    type SerializeStructVariant = Impossible<(), Rejection>;

    /// What tells the content of these newtype structs that it is here, and not in another format.
    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Captured {
        match self.wanted {
            Awaited::Elements(header) => {
                parts::check_len(header, bytes.len())?;
                emit_numpy::array(self.writer, header, bytes)?;
            }
            Awaited::Pickle => match handed::take_handed(bytes) {
                Some(value) => emit::handed(self.writer, &value)?,
                None => {
                    let document = Document::parse(bytes)?;
                    emit::value(self.writer, &document.root().to_value()?)?;
                }
            },
            Awaited::Element(dtype) => {
                let (dtype, shape) = (dtype.clone(), Vec::new());
                let header = Header { dtype, fortran_order: false, shape };
                parts::check_len(&header, bytes.len())?;
                emit_numpy::scalar(self.writer, &header.dtype, bytes)?;
            }
            Awaited::Array | Awaited::Value | Awaited::Scalar => return Err(Rejection::Unwanted),
        }
        Ok(())
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Captured<ArrayParts<'c>> {
        match self.wanted {
            Awaited::Array => Ok(ArrayParts {
                writer: self.writer,
                stage: Stage::Before,
                dtype: String::new(),
                fortran_order: false,
                shape: Vec::new(),
            }),
            _ => Err(Rejection::Unwanted),
        }
    }

    fn serialize_tuple_struct(self, name: &'static str, _len: usize) -> Captured<ValueParts<'c>> {
        let kind = match self.wanted {
            Awaited::Value if name == VALUE => PartsOf::Value,
            Awaited::Scalar if name == SCALAR => PartsOf::Scalar(None),
            _ => return Err(Rejection::Unwanted),
        };
        Ok(ValueParts { writer: self.writer, stage: Stage::Before, kind })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Captured {
        Err(Rejection::Unwanted)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _value: &T,
    ) -> Captured {
        Err(Rejection::Unwanted)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Captured {
        Err(Rejection::Unwanted)
    }

    reject! {
        serialize_bool(bool) -> (),
        serialize_i8(i8) -> (),
        serialize_i16(i16) -> (),
        serialize_i32(i32) -> (),
        serialize_i64(i64) -> (),
        serialize_i128(i128) -> (),
        serialize_u8(u8) -> (),
        serialize_u16(u16) -> (),
        serialize_u32(u32) -> (),
        serialize_u64(u64) -> (),
        serialize_u128(u128) -> (),
        serialize_f32(f32) -> (),
        serialize_f64(f64) -> (),
        serialize_char(char) -> (),
        serialize_str(&str) -> (),
        serialize_none() -> (),
        serialize_unit() -> (),
        serialize_unit_struct(&'static str) -> (),
        serialize_unit_variant(&'static str, u32, &'static str) -> (),
        serialize_seq(Option<usize>) -> Self::SerializeSeq,
        serialize_tuple(usize) -> Self::SerializeTuple,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant,
        serialize_map(Option<usize>) -> Self::SerializeMap,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant,
    }
}
