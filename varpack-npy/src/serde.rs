//! Arrays under serde: `{dtype, fortran_order, shape, values}`, in a newtype struct whose name tells a pickle to make
//! a NumPy array of it.

mod early;
mod values;

use early::Early;
pub use values::Values;

use super::{ByteOrder, Dtype, Header, NpyArray};
use crate::{Error, ErrorKind, Result};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeSeq as _, SerializeStruct as _, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The newtype struct around an array.
pub const ARRAY: &str = "$varpack::array";

/// The newtype struct around a NumPy scalar.
pub const SCALAR: &str = "$varpack::scalar";

/// The fields of an array's struct. In alphabetical order, for that is what remains of the order after
/// a `serde_json::Value`, and the dtype has to come before the values.
pub const FIELDS: [&str; 4] = ["dtype", "fortran_order", "shape", "values"];

/// The header of an array from the parts of one.
pub fn header(descr: &str, fortran_order: bool, shape: &[usize]) -> Result<Header> {
    let axes: String = shape.iter().map(|len| format!("{len},")).collect();
    let order = if fortran_order { "True" } else { "False" };
    let text = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': ({axes})}}\n");
    let len = u32::try_from(text.len()).map_err(|_| {
        Error::new(ErrorKind::Limit).with_expected("a dtype of under 4 GiB of text")
    })?;
    let mut bytes = b"\x93NUMPY\x03\x00".to_vec();
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Header::encoded_len(&bytes)?;
    let header = Header::parse(&bytes)?;
    header.refuse_objects()?;
    Ok(header)
}

/// The dtype of a scalar from its [descr](Dtype::descr).
pub fn dtype(descr: &str) -> Result<Dtype> {
    header(descr, false, &[]).map(|header| header.dtype)
}

/// Checks that the array of a header has so many bytes of elements.
pub fn check_len(header: &Header, found: usize) -> Result<()> {
    let expected = header.data_len()?;
    if expected == found {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Shape)
        .with_expected(format!("{expected} bytes of elements"))
        .with_found(found.to_string()))
}

/// Inside a pickle a NumPy array; in a human-readable format its dtype, shape and values; in a
/// binary format those, its values as bytes.
impl Serialize for NpyArray {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.header(), self.as_bytes(), serializer)
    }
}

/// The array of a header and its elements, in the byte order and the order of axes that the header says.
pub fn write<S: Serializer>(
    header: &Header,
    data: &[u8],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    header.check().map_err(ser::Error::custom)?;
    serializer.serialize_newtype_struct(ARRAY, &ArrayStruct { header, data })
}

struct ArrayStruct<'a> {
    header: &'a Header,
    data: &'a [u8],
}

impl Serialize for ArrayStruct<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { header, data } = *self;
        let one_by_one = serializer.is_human_readable() && is_listed(&header.dtype);
        let [dtype, fortran_order, shape, values] = FIELDS;
        let mut parts = serializer.serialize_struct("Array", FIELDS.len())?;
        parts.serialize_field(dtype, &header.dtype.descr())?;
        parts.serialize_field(fortran_order, &header.fortran_order)?;
        parts.serialize_field(shape, &header.shape)?;
        if one_by_one {
            parts.serialize_field(values, &ElementList { dtype: &header.dtype, data })?;
        } else {
            parts.serialize_field(values, &Raw(data))?;
        }
        parts.end()
    }
}

/// Whether elements are numbers to a human-readable format; those of other dtypes are bytes.
fn is_listed(dtype: &Dtype) -> bool {
    matches!(
        dtype,
        Dtype::Bool
            | Dtype::Int { .. }
            | Dtype::Uint { .. }
            | Dtype::Float { size: 2 | 4 | 8, .. }
            | Dtype::Complex { size: 8 | 16, .. }
            | Dtype::Datetime { .. }
            | Dtype::Timedelta { .. }
    )
}

/// Bytes as bytes.
pub struct Raw<'a>(pub &'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct ElementList<'a> {
    dtype: &'a Dtype,
    data: &'a [u8],
}

impl Serialize for ElementList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let elements = self.data.chunks_exact(self.dtype.itemsize().max(1));
        let mut list = serializer.serialize_seq(Some(elements.len()))?;
        for bytes in elements {
            list.serialize_element(&ElementValue { dtype: self.dtype, bytes })?;
        }
        list.end()
    }
}

/// Turns elements of a dtype that is [listed](is_listed) from its byte order to little-endian, or back.
fn turn_little(dtype: &Dtype, elements: &mut [u8]) {
    if dtype.with_byte_order(ByteOrder::Little) != *dtype {
        // Only what is foreign is swapped.
        dtype.with_byte_order(ByteOrder::FOREIGN).swap_bytes(elements);
    }
}

/// One element as a number, or as bytes.
pub struct ElementValue<'a> {
    /// Its dtype.
    pub dtype: &'a Dtype,
    /// Its bytes, in the dtype's byte order.
    pub bytes: &'a [u8],
}

impl Serialize for ElementValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !is_listed(self.dtype) {
            return serializer.serialize_bytes(self.bytes);
        }
        let mut bytes = self.bytes.to_vec();
        turn_little(self.dtype, &mut bytes);
        let mut wide = [0; 16];
        wide.iter_mut().zip(&bytes).for_each(|(place, byte)| *place = *byte);
        let [a, b, c, d, e, f, g, h, rest @ ..] = wide;
        let (half, single, double) = ([a, b], [a, b, c, d], [a, b, c, d, e, f, g, h]);
        match self.dtype {
            Dtype::Bool => serializer.serialize_bool(a != 0),
            Dtype::Int { size: 1, .. } => serializer.serialize_i8(i8::from_le_bytes([a])),
            Dtype::Int { size: 2, .. } => serializer.serialize_i16(i16::from_le_bytes(half)),
            Dtype::Int { size: 4, .. } => serializer.serialize_i32(i32::from_le_bytes(single)),
            Dtype::Uint { .. } => serializer.serialize_u64(u64::from_le_bytes(double)),
            Dtype::Float { size: 2, .. } => {
                let value = half::f16::from_le_bytes(half).into();
                Float { value, single: true }.serialize(serializer)
            }
            Dtype::Float { size: 4, .. } => {
                let value = f32::from_le_bytes(single).into();
                Float { value, single: true }.serialize(serializer)
            }
            Dtype::Float { size: 8, .. } => {
                let value = f64::from_le_bytes(double);
                Float { value, single: false }.serialize(serializer)
            }
            Dtype::Complex { size: 8, .. } => {
                let parts = [f32::from_le_bytes(single), f32::from_le_bytes([e, f, g, h])];
                parts.map(|part| Float { value: part.into(), single: true }).serialize(serializer)
            }
            Dtype::Complex { .. } => {
                let parts = [f64::from_le_bytes(double), f64::from_le_bytes(rest)];
                parts.map(|value| Float { value, single: false }).serialize(serializer)
            }
            _ => serializer.serialize_i64(i64::from_le_bytes(double)),
        }
    }
}

/// A float, or a part of a complex number. JSON has no others than finite ones: those are words.
struct Float {
    value: f64,
    /// Whether it is exact in 32 bits, where it prints with fewer digits.
    single: bool,
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            value if value.is_nan() => serializer.serialize_str("nan"),
            f64::INFINITY => serializer.serialize_str("inf"),
            f64::NEG_INFINITY => serializer.serialize_str("-inf"),
            #[expect(clippy::cast_possible_truncation, reason = "the value was one of 32 bits")]
            value if self.single => serializer.serialize_f32(value as f32),
            value => serializer.serialize_f64(value),
        }
    }
}

/// An error of ours in a format's own words, so that what was expected and what was found stay apart.
pub fn refused<E: de::Error>(error: Error) -> E {
    match (error.message(), error.expected(), error.found()) {
        (None, Some(expected), Some(found)) => {
            E::invalid_type(de::Unexpected::Other(found), &expected)
        }
        _ => E::custom(error),
    }
}

/// From a NumPy array, or what [`Serialize`](NpyArray#impl-Serialize-for-NpyArray) wrote elsewhere.
impl<'de> Deserialize<'de> for NpyArray {
    fn deserialize<S: Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        read(deserializer, "an array".into())
    }
}

/// An array; `expected`: what errors call it.
pub fn read<'de, S: Deserializer<'de>>(
    deserializer: S,
    expected: Cow<'static, str>,
) -> Result<NpyArray, S::Error> {
    let visitor = ArrayVisitor { expected, is_binary: false };
    deserializer.deserialize_newtype_struct(ARRAY, visitor)
}

struct ArrayVisitor {
    expected: Cow<'static, str>,
    /// Whether the format has the parts of a struct without their names.
    is_binary: bool,
}

impl<'de> Visitor<'de> for ArrayVisitor {
    type Value = NpyArray;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expected)
    }

    fn visit_newtype_struct<S: Deserializer<'de>>(self, inner: S) -> Result<NpyArray, S::Error> {
        if inner.is_human_readable() {
            return inner.deserialize_any(self);
        }
        inner.deserialize_struct("Array", &FIELDS, Self { is_binary: true, ..self })
    }

    /// In any order: an object of JSON has none.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NpyArray, A::Error> {
        let (mut dtype, mut fortran_order, mut shape) =
            (None::<String>, None::<bool>, None::<Vec<usize>>);
        let mut values = None;
        while let Some(PartName(key)) = map.next_key()? {
            match &*key {
                "dtype" => once(&mut dtype, FIELDS[0], map.next_value()?)?,
                "fortran_order" => once(&mut fortran_order, FIELDS[1], map.next_value()?)?,
                "shape" => once(&mut shape, FIELDS[2], map.next_value()?)?,
                "values" => {
                    let found = match (&dtype, &shape) {
                        (Some(dtype), Some(shape)) => {
                            // Whichever the order of axes: it is set in the end.
                            let header = header(dtype, false, shape).map_err(de::Error::custom)?;
                            let data = map.next_value_seed(Values { header: &header })?;
                            FoundValues::Elements(header, data)
                        }
                        _ => FoundValues::Early(map.next_value()?),
                    };
                    once(&mut values, FIELDS[3], found)?;
                }
                _ => return Err(de::Error::unknown_field(&key, &FIELDS)),
            }
        }
        let missing = de::Error::missing_field;
        let (dtype, shape) =
            (dtype.ok_or_else(|| missing(FIELDS[0]))?, shape.ok_or_else(|| missing(FIELDS[2]))?);
        let (mut header, data) = match values.ok_or_else(|| missing(FIELDS[3]))? {
            FoundValues::Elements(header, data) => (header, data),
            FoundValues::Early(early) => {
                let header = header(&dtype, false, &shape).map_err(de::Error::custom)?;
                let data = early.read(Values { header: &header })?;
                (header, data)
            }
        };
        header.fortran_order = fortran_order.unwrap_or(false);
        NpyArray::from_parsed(header, &data).map_err(de::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<NpyArray, A::Error> {
        if !self.is_binary {
            return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
        }
        let missing = |count| de::Error::invalid_length(count, &"the four parts of an array");
        let dtype: String = parts.next_element()?.ok_or_else(|| missing(0))?;
        let fortran_order = parts.next_element()?.ok_or_else(|| missing(1))?;
        let shape: Vec<usize> = parts.next_element()?.ok_or_else(|| missing(2))?;
        let header = header(&dtype, fortran_order, &shape).map_err(de::Error::custom)?;
        let data = parts.next_element_seed(Values { header: &header })?;
        let data = data.ok_or_else(|| missing(3))?;
        NpyArray::from_parsed(header, &data).map_err(de::Error::custom)
    }
}

/// What a part of an array is called. In serde's buffer the first is an option of a newtype struct, which no other type
/// takes.
struct PartName<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for PartName<'de> {
    fn deserialize<S: Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = PartName<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a part of an array")
    }

    fn visit_some<S: Deserializer<'de>>(self, inner: S) -> Result<PartName<'de>, S::Error> {
        inner.deserialize_any(self)
    }

    fn visit_newtype_struct<S: Deserializer<'de>>(
        self,
        inner: S,
    ) -> Result<PartName<'de>, S::Error> {
        inner.deserialize_str(self)
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<PartName<'de>, E> {
        Ok(PartName(name.into()))
    }

    fn visit_str<E>(self, name: &str) -> Result<PartName<'de>, E> {
        Ok(PartName(name.to_owned().into()))
    }
}

/// The values of an array.
enum FoundValues {
    Elements(Header, Vec<u8>),
    /// They came before it was known of what dtype and shape they are.
    Early(Early),
}

fn once<T, E: de::Error>(slot: &mut Option<T>, field: &'static str, found: T) -> Result<(), E> {
    match slot.replace(found) {
        None => Ok(()),
        Some(_) => Err(de::Error::duplicate_field(field)),
    }
}
