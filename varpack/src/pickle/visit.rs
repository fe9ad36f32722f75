//! What a typed read hands to a visitor: each kind of node as the value of serde's data model that it
//! stands for, within the limits on depth and expansion.

use super::access::{Entries, Sequence};
use super::arena::{Arena, Item, NodeData, NodeId};
use super::bigint::BigInt;
use super::document::Document;
use super::limits::MAX_DEPTH;
use super::objects::{Plain, plain};
use super::pool::Run;
use super::python::Kind;
use super::strided::Strided;
use super::{bridge, numpy};
use crate::budget::Meter;
use crate::{Error, ErrorKind, Result};
use serde::de::{self, Visitor};
use std::fmt::Display;

/// Bytes that the allocator takes for a container at least.
const CONTAINER: usize = 32;

/// Bytes of a text beside its own.
const TEXT: usize = 16;

/// Bytes of a name that are no more than what an entry takes in any case.
const SHORT_NAME: usize = 24;

/// One typed read of one document.
pub(super) struct Read<'d> {
    document: &'d Document<'d>,
    /// Counts what is made: shared parts are made wherever they are referred to.
    meter: Meter,
}

impl<'d> Read<'d> {
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        Self { document, meter: document.expansion() }
    }
}

/// How deep in a read something stands.
#[derive(Clone, Copy)]
pub(super) struct Level<'r, 'd> {
    read: &'r Read<'d>,
    depth: usize,
}

impl<'r, 'd> Level<'r, 'd> {
    pub(super) fn root(read: &'r Read<'d>) -> Self {
        Self { read, depth: 0 }
    }

    #[inline]
    pub(super) fn document(self) -> &'d Document<'d> {
        self.read.document
    }

    #[inline]
    pub(super) fn arena(self) -> &'d Arena<'d> {
        &self.read.document.arena
    }

    #[inline]
    pub(super) fn meter(self) -> &'r Meter {
        &self.read.meter
    }

    /// Counts `bytes` that the visitor is about to make.
    #[inline]
    pub(super) fn charge(self, bytes: usize) -> Result<()> {
        self.read.meter.charge(bytes)
    }

    /// One level down.
    #[inline]
    pub(super) fn deeper(self) -> Result<Self> {
        match self.depth {
            MAX_DEPTH.. => Err(nested()),
            depth => Ok(Self { depth: depth + 1, ..self }),
        }
    }

    /// One level down, into a container. What its items take is counted when their type is known.
    #[inline]
    pub(super) fn container(self) -> Result<Self> {
        self.charge(CONTAINER)?;
        self.deeper()
    }

    pub(super) fn sequence<V: Visitor<'d>>(self, run: Run, visitor: V) -> Result<V::Value> {
        let mut sequence = Sequence::new(self.container()?, run);
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
        let mut entries = Entries::new(self.container()?, runs, fields);
        let value = visitor.visit_map(&mut entries)?;
        entries.end()?;
        Ok(value)
    }

    #[inline]
    pub(super) fn text<V: Visitor<'d>>(self, text: &'d str, visitor: V) -> Result<V::Value> {
        self.charge(text.len() + TEXT)?;
        visitor.visit_borrowed_str(text)
    }

    /// The name of a field or variant, which hardly any visitor keeps. One that does keeps a long one at the
    /// cost of its bytes.
    #[inline]
    pub(super) fn name<V: Visitor<'d>>(self, text: &'d str, visitor: V) -> Result<V::Value> {
        if text.len() > SHORT_NAME {
            self.charge(text.len())?;
        }
        visitor.visit_borrowed_str(text)
    }

    /// `fields`: whether the keys of a dict are the fields of a struct.
    pub(super) fn node<V: Visitor<'d>>(
        self,
        id: NodeId,
        fields: bool,
        visitor: V,
    ) -> Result<V::Value> {
        match self.arena().node(id) {
            NodeData::List(run) | NodeData::Tuple(run) => self.sequence(*run, visitor),
            NodeData::Dict(run) => self.entries(&[*run], fields, visitor),
            _ => self.kind(self.arena().kind(Item::Node(id)), fields, visitor),
        }
    }

    /// As [`node`](Self::node), of anything.
    pub(super) fn kind<V: Visitor<'d>>(
        self,
        kind: Kind<'d>,
        fields: bool,
        visitor: V,
    ) -> Result<V::Value> {
        let arena = self.arena();
        match kind {
            Kind::None => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::Int(value) => visit_int(value, visitor),
            Kind::BigInt(bytes) => big(bytes, visitor),
            Kind::Float(value) => visitor.visit_f64(value),
            // The form of `num_complex` under serde.
            Kind::Complex(re, im) => {
                visitor.visit_seq(de::value::SeqDeserializer::new([re, im].into_iter()))
            }
            Kind::Str(text) => self.text(text, visitor),
            Kind::Surrogates(_) => mismatch(&visitor, "str with lone surrogates, which is no text"),
            Kind::Bytes(bytes) | Kind::ByteArray(bytes) => {
                self.charge(bytes.len() + TEXT)?;
                visitor.visit_borrowed_bytes(bytes)
            }
            Kind::List(run) | Kind::Tuple(run) | Kind::Set(run) | Kind::FrozenSet(run) => {
                self.sequence(run, visitor)
            }
            Kind::Dict(run) => self.entries(&[run], fields, visitor),
            Kind::Array(object) => {
                let (header, data) = numpy::plain(arena, self.meter(), object)?;
                self.charge(numpy::whole_array_size(&header, data.len()))?;
                bridge::visit_array(&header, data, visitor)
            }
            Kind::Scalar(object) => {
                let scalar = numpy::scalar(arena, self.meter(), object)?;
                Strided::scalar(&scalar.dtype, &scalar.bytes, self.meter()).visit(visitor)
            }
            Kind::Placeholder(filename) => {
                mismatch(&visitor, format_args!("an array in a file of its own, {filename}"))
            }
            Kind::Global(global) => {
                mismatch(&visitor, format_args!("the class or function {global}"))
            }
            Kind::Dtype => mismatch(&visitor, "a NumPy dtype"),
            Kind::Object(object) => match plain(arena, object) {
                Some(Plain::Sequence(run)) => self.sequence(run, visitor),
                Some(Plain::Entries(runs)) => self.entries(&runs, fields, visitor),
                None => {
                    let class = arena.class_name(object);
                    mismatch(&visitor, format_args!("an object of class {class}"))
                }
            },
        }
    }
}

/// `bytes`: as few as tell the number.
fn big<'d, V: Visitor<'d>>(bytes: &[u8], visitor: V) -> Result<V::Value> {
    if bytes.len() > size_of::<u128>() + 1 {
        return mismatch(&visitor, "int of over 128 bits");
    }
    let big = BigInt::from_le_bytes(bytes);
    if let Some(value) = big.to_u128() {
        return match u64::try_from(value) {
            Ok(value) => visitor.visit_u64(value),
            Err(_) => visitor.visit_u128(value),
        };
    }
    match big.to_i128() {
        Some(value) => visitor.visit_i128(value),
        None => mismatch(&visitor, "int of over 128 bits"),
    }
}

/// Natural numbers are unsigned to a visitor and the others signed, as from `serde_json`.
pub(super) fn visit_int<'d, V: Visitor<'d>>(value: i64, visitor: V) -> Result<V::Value> {
    match u64::try_from(value) {
        Ok(value) => visitor.visit_u64(value),
        Err(_) => visitor.visit_i64(value),
    }
}

/// An error that this is not what a visitor wants.
#[cold]
fn mismatch<T>(expected: &dyn de::Expected, found: impl Display) -> Result<T> {
    Err(Error::new(ErrorKind::Value).with_expected(expected.to_string()).with_found_shown(&found))
}

#[cold]
fn nested() -> Error {
    Error::new(ErrorKind::Limit)
        .with_expected(format!("at most {MAX_DEPTH} levels of nesting"))
        .with_found("more")
}
