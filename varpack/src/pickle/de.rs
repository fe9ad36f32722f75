//! Typed reads: serde's `Deserializer` over a [`Node`].
//!
//! It is self-describing and human readable, as `serde_json`'s is, so that dates, addresses and
//! the like take the same form under both.

use super::access::{Entries, Sequence, Variant};
use super::arena::{Arena, Item, Run};
use super::bigint::BigInt;
use super::document::{Document, Node};
use super::limits::{EXPANSION_BASE, EXPANSION_FACTOR, ITEM_COST, MAX_DEPTH};
use super::objects::{Plain, plain};
use super::python::Kind;
use super::strided::Strided;
use super::{bridge, numpy, strided};
use crate::{Error, ErrorKind, Result};
use serde::de::{self, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;
use std::cell::Cell;

/// Reads a node that is known not to hold itself.
pub(super) fn deserialize<'d, S: DeserializeSeed<'d>>(node: Node<'d>, seed: S) -> Result<S::Value> {
    let input = node.document.len as u64;
    let budget = EXPANSION_BASE.saturating_add(input.saturating_mul(EXPANSION_FACTOR));
    let read = Read { document: node.document, budget: Cell::new(budget) };
    seed.deserialize(Deserializer { read: &read, item: node.item, depth: 0 })
}

/// One typed read of one node.
pub(super) struct Read<'d> {
    pub(super) document: &'d Document<'d>,
    /// Bytes that may still be visited.
    budget: Cell<u64>,
}

/// What is read, and how deep it is.
#[derive(Clone, Copy)]
pub(super) struct Deserializer<'r, 'd> {
    pub(super) read: &'r Read<'d>,
    pub(super) item: &'d Item<'d>,
    pub(super) depth: usize,
}

impl<'r, 'd> Deserializer<'r, 'd> {
    #[inline]
    pub(super) fn arena(self) -> &'d Arena<'d> {
        &self.read.document.arena
    }

    pub(super) fn type_name(self) -> Cow<'d, str> {
        self.arena().type_name(*self.item)
    }

    /// Takes from the budget what visiting `bytes` of a string or an array costs.
    #[inline]
    pub(super) fn charge(self, bytes: usize) -> Result<()> {
        match self.read.budget.get().checked_sub(bytes as u64) {
            Some(left) => {
                self.read.budget.set(left);
                Ok(())
            }
            None => Err(Error::msg(
                ErrorKind::Limit,
                "the shared parts of the pickle expand beyond all proportion to its size",
            )),
        }
    }

    /// One level down.
    #[inline]
    pub(super) fn deeper(self) -> Result<Self> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("at most {MAX_DEPTH} levels of nesting"))
                .with_found("more"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    #[inline]
    pub(super) fn at(self, item: &'d Item<'d>) -> Self {
        Self { item, ..self }
    }

    /// One level down, into a container of this many items.
    #[inline]
    fn container(self, items: usize) -> Result<Self> {
        self.charge((items + 1).saturating_mul(usize::try_from(ITEM_COST).unwrap_or(usize::MAX)))?;
        self.deeper()
    }

    /// An error that this is not what a visitor wants.
    fn mismatch<T>(self, expected: &dyn de::Expected, found: impl Into<String>) -> Result<T> {
        Err(Error::new(ErrorKind::Value).with_expected(expected.to_string()).with_found(found))
    }

    pub(super) fn sequence<V: Visitor<'d>>(self, run: Run, visitor: V) -> Result<V::Value> {
        let mut sequence = Sequence::new(self.container(run.len())?, run);
        let value = visitor.visit_seq(&mut sequence)?;
        sequence.end()?;
        Ok(value)
    }

    pub(super) fn entries<V: Visitor<'d>>(
        self,
        runs: &[Run],
        fields: bool,
        visitor: V,
    ) -> Result<V::Value> {
        let len = runs.iter().map(|run| run.len()).sum();
        let mut entries = Entries::new(self.container(len)?, runs, fields);
        let value = visitor.visit_map(&mut entries)?;
        entries.end()?;
        Ok(value)
    }

    fn big<V: Visitor<'d>>(self, bytes: &[u8], visitor: V) -> Result<V::Value> {
        let big = BigInt::from_le_bytes(bytes);
        if let Some(value) = big.to_u128() {
            return match u64::try_from(value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_u128(value),
            };
        }
        match big.to_i128() {
            Some(value) => visitor.visit_i128(value),
            None => self.mismatch(&visitor, "int of over 128 bits"),
        }
    }

    /// What is not a scalar in the arena. `fields`: whether the keys are those of a struct.
    fn node<V: Visitor<'d>>(self, fields: bool, visitor: V) -> Result<V::Value> {
        match self.arena().kind(*self.item) {
            Kind::None => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::Int(value) => visit_int(value, visitor),
            Kind::BigInt(bytes) => self.big(bytes, visitor),
            Kind::Float(value) => visitor.visit_f64(value),
            // The form of `num_complex` under serde.
            Kind::Complex(re, im) => {
                visitor.visit_seq(de::value::SeqDeserializer::new([re, im].into_iter()))
            }
            Kind::Str(text) => {
                self.charge(text.len())?;
                visitor.visit_borrowed_str(text)
            }
            Kind::Surrogates(_) => {
                self.mismatch(&visitor, "str with lone surrogates, which is no text")
            }
            Kind::Bytes(bytes) | Kind::ByteArray(bytes) => {
                self.charge(bytes.len())?;
                match bytes {
                    Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
                    Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
                }
            }
            Kind::List(run) | Kind::Tuple(run) | Kind::Set(run) | Kind::FrozenSet(run) => {
                self.sequence(run, visitor)
            }
            Kind::Dict(run) => self.entries(&[run], fields, visitor),
            Kind::Array(object) => {
                let (header, data) = numpy::plain(self.arena(), object)?;
                self.charge(data.len())?;
                bridge::visit_array(&header, data, visitor)
            }
            Kind::Scalar(object) => {
                let scalar = numpy::scalar(self.arena(), object)?;
                Strided::scalar(&scalar.dtype, &scalar.bytes).visit(visitor)
            }
            Kind::Placeholder(filename) => {
                self.mismatch(&visitor, format!("an array in a file of its own, {filename}"))
            }
            Kind::Global(global) => {
                self.mismatch(&visitor, format!("the class or function {}", global.path()))
            }
            Kind::Dtype => self.mismatch(&visitor, "a NumPy dtype"),
            Kind::Object(object) => match plain(self.arena(), object) {
                Some(Plain::Sequence(run)) => self.sequence(run, visitor),
                Some(Plain::Entries(runs)) => self.entries(&runs, fields, visitor),
                None => self.mismatch(&visitor, format!("an object of class {}", self.type_name())),
            },
        }
    }
}

/// Natural numbers are unsigned to a visitor and the others signed, as from `serde_json`.
pub(super) fn visit_int<'d, V: Visitor<'d>>(value: i64, visitor: V) -> Result<V::Value> {
    match u64::try_from(value) {
        Ok(value) => visitor.visit_u64(value),
        Err(_) => visitor.visit_i64(value),
    }
}

impl<'d> de::Deserializer<'d> for Deserializer<'_, 'd> {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        match self.item {
            Item::Float(value) => visitor.visit_f64(*value),
            Item::Int(value) => visit_int(*value, visitor),
            _ => self.node(false, visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'d>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.arena().kind(*self.item) {
            // `ndarray::Array`, if the caller has turned its serde feature on.
            Kind::Array(object) if name == "Array" && fields == ["v", "dim", "data"] => {
                let (header, data) = numpy::plain(self.arena(), object)?;
                self.charge(strided::cost(&strided::axes(&header)))?;
                bridge::visit_ndarray(&header, &data, visitor)
            }
            _ => self.node(true, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        match self.item {
            Item::None => visitor.visit_none(),
            _ => visitor.visit_some(self.deeper()?),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            bridge::ARRAY => bridge::array(self, visitor),
            bridge::VALUE => bridge::value(self, visitor),
            _ => visitor.visit_newtype_struct(self.deeper()?),
        }
    }

    fn deserialize_enum<V: Visitor<'d>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        if self.arena().text(*self.item).is_some() {
            return visitor.visit_enum(Variant { tag: self, content: None });
        }
        if let Kind::Dict(run) = self.arena().kind(*self.item) {
            let mut items = self.arena().items(run);
            if let (2, Some(tag), content) = (run.len(), items.next(), items.next()) {
                let inner = self.container(2)?;
                let content = content.map(|content| inner.at(content));
                return visitor.visit_enum(Variant { tag: inner.at(tag), content });
            }
        }
        Err(Error::new(ErrorKind::Value)
            .with_expected(format!(
                "{} (a str, or a dict of one entry)",
                &visitor as &dyn de::Expected
            ))
            .with_found(self.type_name()))
    }

    fn deserialize_seq<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        match self.arena().kind(*self.item) {
            Kind::Array(object) => {
                let (header, data) = numpy::plain(self.arena(), object)?;
                let axes = strided::axes(&header);
                self.charge(strided::cost(&axes))?;
                Strided::array(&header.dtype, &axes, &data).visit(visitor)
            }
            // A `Vec<u8>` does not ask for bytes.
            Kind::Bytes(bytes) | Kind::ByteArray(bytes) => {
                self.charge(bytes.len())?;
                visitor.visit_seq(de::value::SeqDeserializer::new(bytes.iter().copied()))
            }
            _ => self.node(false, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'d>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'d>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct map identifier
    }
}
