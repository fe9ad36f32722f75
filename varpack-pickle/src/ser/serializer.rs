//! Typed writes: serde's `Serializer` over a [`Writer`].
//!
//! Structs are dicts, tuples are tuples, enums are what `serde_json` makes of them. It is human
//! readable, so that dates, addresses and the like take the same form as there.

use crate::bigint::BigInt;
use crate::document::parsed::Document;
use crate::format::opcode as op;
use crate::limits::MAX_DEPTH;
use crate::npy::internal::serde::{ARRAY, SCALAR};
use crate::ser::capture;
use crate::ser::compound::{Compound, End};
use crate::ser::keys;
use crate::value::handed::VALUE;
use crate::write::keys::unhashable;
use crate::write::writer::Writer;
use crate::{Error, ErrorKind, Result};
use serde::ser::{self, Serialize, SerializeMap};

impl Writer {
    /// Writes the key of an entry: a string, a number, or a tuple of those.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no key can stand here; [`ErrorKind::Value`] if Python cannot hash it.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// writer.begin_dict()?;
    /// writer.key(&(1, "a"))?;
    /// writer.value(&2)?;
    /// writer.end_dict()?;
    /// let key = Value::tuple([1.into(), "a".into()]);
    /// assert_eq!(Value::from_slice(&writer.finish()?)?, Value::dict([(key, 2.into())]));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<()> {
        self.start_key()?;
        self.guarded(|writer| keys::write(writer, 0, key))
    }

    /// Writes a key by itself.
    pub(super) fn lone_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<()> {
        self.start_value()?;
        self.guarded(|writer| key.serialize(Serializer::key(writer, 0)))?;
        self.end_value();
        Ok(())
    }

    /// Writes a value.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no value can stand here; [`ErrorKind::Limit`] if it nests over
    /// [`MAX_DEPTH`](crate::MAX_DEPTH) levels; any error of its own `Serialize`.
    ///
    /// ```
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// writer.value(&[1, 2])?;
    /// assert_eq!(Value::from_slice(&writer.finish()?)?, Value::tuple([1.into(), 2.into()]));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if self.sorted {
            let pickle = crate::to_vec(value)?;
            return self.node(&Document::parse(&pickle)?.root().to_sorted_value()?);
        }
        self.start_value()?;
        self.guarded(|writer| value.serialize(Serializer::value(writer, 0)))?;
        self.end_value();
        Ok(())
    }
}

/// Writes one value in its place.
pub(crate) struct Serializer<'w> {
    pub(crate) writer: &'w mut Writer,
    pub(crate) depth: usize,
    /// Whether the value is a dict's key, which Python has to be able to hash.
    pub(crate) key: bool,
}

impl<'w> Serializer<'w> {
    pub(crate) fn value(writer: &'w mut Writer, depth: usize) -> Self {
        Self { writer, depth, key: false }
    }

    pub(crate) fn key(writer: &'w mut Writer, depth: usize) -> Self {
        Self { writer, depth, key: true }
    }

    /// In place, as all that leads to a container: what is given back through memory is waited for.
    #[inline(always)]
    fn deeper(self) -> Result<Self> {
        match self.depth {
            MAX_DEPTH.. => Err(nested()),
            depth => Ok(Self { depth: depth + 1, ..self }),
        }
    }

    /// A container that Python cannot hash.
    #[inline(always)]
    fn unhashable(self, what: &str) -> Result<Self> {
        match self.key {
            true => Err(unhashable(what)),
            false => self.deeper(),
        }
    }

    #[inline(always)]
    fn tuple(self, len: usize, wrapped: bool) -> Result<Compound<'w>> {
        let inner = self.deeper()?;
        let end = match len {
            0 => End::Tuple(op::EMPTY_TUPLE),
            1 => End::Tuple(op::TUPLE1),
            2 => End::Tuple(op::TUPLE2),
            3 => End::Tuple(op::TUPLE3),
            _ => {
                inner.writer.out.op(op::MARK);
                End::Tuple(op::TUPLE)
            }
        };
        Ok(Compound::new(inner, end, Some(len), wrapped))
    }

    #[inline(always)]
    fn dict(self, wrapped: bool) -> Result<Compound<'w>> {
        let inner = self.unhashable("a map or a struct")?;
        inner.writer.out.op(op::EMPTY_DICT);
        Ok(Compound::new(inner, End::Dict, None, wrapped))
    }

    /// A variant with content is a dict of one entry.
    fn variant(self, name: &'static str) -> Result<Self> {
        let inner = self.unhashable("an enum's variant with content")?;
        inner.writer.out.op(op::EMPTY_DICT);
        inner.writer.name(name)?;
        Ok(inner)
    }
}

#[cold]
fn nested() -> Error {
    Error::new(ErrorKind::Limit)
        .with_expected(format!("at most {MAX_DEPTH} levels of nesting"))
        .with_found("more")
}

impl<'w> ser::Serializer for Serializer<'w> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'w>;
    type SerializeTuple = Compound<'w>;
    type SerializeTupleStruct = Compound<'w>;
    type SerializeTupleVariant = Compound<'w>;
    type SerializeMap = Compound<'w>;
    type SerializeStruct = Compound<'w>;
    type SerializeStructVariant = Compound<'w>;

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<()> {
        self.writer.out.bool(value);
        Ok(())
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Result<()> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i16(self, value: i16) -> Result<()> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i32(self, value: i32) -> Result<()> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<()> {
        self.writer.out.int(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<()> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            Err(_) => self.writer.out.big_int(&BigInt::from(value)),
        }
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<()> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_u16(self, value: u16) -> Result<()> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_u32(self, value: u32) -> Result<()> {
        self.serialize_i64(value.into())
    }

    #[inline]
    fn serialize_u64(self, value: u64) -> Result<()> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            Err(_) => self.serialize_u128(value.into()),
        }
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            Err(_) => self.writer.out.big_int(&BigInt::from(value)),
        }
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<()> {
        self.serialize_f64(value.into())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<()> {
        self.writer.out.float(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        self.writer.out.str(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        self.writer.out.bytes(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self.deeper()?)
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.writer.out.op(op::NONE);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<()> {
        self.writer.name(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<()> {
        match name {
            ARRAY => capture::array(self.unhashable("an array")?.writer, value),
            SCALAR => capture::scalar(self.writer, self.depth, value),
            VALUE => capture::value(self.writer, self.depth, value),
            _ => value.serialize(self.deeper()?),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        let Serializer { writer, depth, .. } = self.variant(variant)?;
        value.serialize(Serializer::value(writer, depth))?;
        writer.out.op(op::SETITEM);
        Ok(())
    }

    #[inline(always)]
    fn serialize_seq(self, _len: Option<usize>) -> Result<Compound<'w>> {
        // A list cannot be a key; a tuple reads the same.
        if self.key {
            let inner = self.deeper()?;
            inner.writer.out.op(op::MARK);
            return Ok(Compound::new(inner, End::Tuple(op::TUPLE), None, false));
        }
        let inner = self.deeper()?;
        inner.writer.out.op(op::EMPTY_LIST);
        Ok(Compound::new(inner, End::List, None, false))
    }

    #[inline(always)]
    fn serialize_tuple(self, len: usize) -> Result<Compound<'w>> {
        self.tuple(len, false)
    }

    #[inline(always)]
    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Compound<'w>> {
        self.tuple(len, false)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Compound<'w>> {
        self.variant(variant)?.tuple(len, true)
    }

    #[inline(always)]
    fn serialize_map(self, _len: Option<usize>) -> Result<Compound<'w>> {
        self.dict(false)
    }

    /// What the usual maps call.
    fn collect_map<K, V, I>(self, entries: I) -> Result<()>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        let mut map = self.dict(false)?;
        if keys::are_distinct::<K, I>() {
            for (key, value) in entries {
                map.distinct_entry(&key, &value)?;
            }
        } else {
            for (key, value) in entries {
                map.serialize_entry(&key, &value)?;
            }
        }
        SerializeMap::end(map)
    }

    #[inline(always)]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Compound<'w>> {
        self.dict(false)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Compound<'w>> {
        self.variant(variant)?.dict(true)
    }
}
