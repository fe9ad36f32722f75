//! What a typed read hands to a visitor: each kind of node as the value of serde's data model that it
//! stands for, within the limits on depth and expansion.

use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeData, ObjectData};
use crate::arena::pool::Run;
use crate::bigint::BigInt;
use crate::budget::Meter;
use crate::de::access::{BytesAsSeq, Entries, Sequence};
use crate::de::deserializer::Deserializer;
use crate::de::elements::Strided;
use crate::de::object_elements::ObjectElements;
use crate::de::pairs::Pairs;
use crate::de::reserved;
use crate::document::parsed::Document;
use crate::limits::MAX_DEPTH;
use crate::npy::Header;
use crate::python::kind::{Description, Kind};
use crate::python::numpy;
use crate::python::objects::Ask;
use crate::python::objects::{PlainObject, plain};
use crate::python::strided;
use crate::value::handed::{Marked, is_buffer};
use crate::{Error, ErrorKind, Result};
use serde::de::{self, Visitor};
use std::borrow::Cow;
use std::fmt::Display;

/// Bytes that the allocator takes for a container at least.
const CONTAINER: usize = 32;

/// Bytes of a text beside its own.
const TEXT: usize = 16;

/// Bytes of a name that are no more than what an entry takes in any case.
const SHORT_NAME: usize = 24;

/// One typed read of one document.
pub(crate) struct TypedRead<'d> {
    document: &'d Document<'d>,
    /// Counts what is made: shared parts are made wherever they are referred to.
    meter: Meter,
}

impl<'d> TypedRead<'d> {
    pub(crate) fn new(document: &'d Document<'d>) -> Self {
        Self { document, meter: document.expansion() }
    }
}

/// How deep in a read something stands.
#[derive(Clone, Copy)]
pub(crate) struct Level<'r, 'd> {
    read: &'r TypedRead<'d>,
    depth: usize,
}

impl<'r, 'd> Level<'r, 'd> {
    pub(crate) fn root(read: &'r TypedRead<'d>) -> Self {
        Self { read, depth: 0 }
    }

    #[inline]
    pub(crate) fn document(self) -> &'d Document<'d> {
        self.read.document
    }

    #[inline]
    pub(crate) fn arena(self) -> &'d Arena<'d> {
        &self.read.document.arena
    }

    #[inline]
    pub(crate) fn meter(self) -> &'r Meter {
        &self.read.meter
    }

    /// Counts `bytes` that the visitor is about to make.
    #[inline]
    pub(crate) fn charge(self, bytes: usize) -> Result<()> {
        self.read.meter.charge(bytes)
    }

    /// One level down.
    #[inline]
    pub(crate) fn deeper(self) -> Result<Self> {
        match self.depth {
            MAX_DEPTH.. => Err(nested()),
            depth => Ok(Self { depth: depth + 1, ..self }),
        }
    }

    /// One level down, into a container. What its items take is counted when their type is known.
    #[inline]
    pub(crate) fn container(self) -> Result<Self> {
        self.charge(CONTAINER)?;
        self.deeper()
    }

    /// `item`: what has the items of the run.
    pub(crate) fn sequence<V: Visitor<'d>>(
        self,
        item: Item<'d>,
        run: Run,
        visitor: V,
    ) -> Result<V::Value> {
        let mut sequence = Sequence::new(self.container()?, run);
        match visitor.visit_seq(&mut sequence) {
            Ok(value) => sequence.end().map(|()| value),
            Err(error) if sequence.is_untouched() => Err(self.named(error, item)),
            Err(error) => Err(error),
        }
    }

    /// `item`: what has the entries of the dicts.
    pub(crate) fn entries<V: Visitor<'d>>(
        self,
        item: Item<'d>,
        runs: &[Run],
        ask: Ask,
        visitor: V,
    ) -> Result<V::Value> {
        let mut entries = Entries::new(self.container()?, runs, matches!(ask, Ask::Fields(_)));
        match visitor.visit_map(&mut entries) {
            Ok(value) => entries.end().map(|()| value),
            Err(error) if entries.is_untouched() => Err(self.named(error, item)),
            Err(error) => Err(error),
        }
    }

    /// As [`entries`](Self::entries), of a list of keys and values.
    fn pairs<V: Visitor<'d>>(self, item: Item<'d>, run: Run, visitor: V) -> Result<V::Value> {
        let mut pairs = Pairs::new(self.container()?, run);
        match visitor.visit_map(&mut pairs) {
            Err(error) if pairs.is_untouched() => Err(self.named(error, item)),
            visited => visited,
        }
    }

    /// The error of a visitor that wants something else, which knows what it was shown as: with what it is.
    #[cold]
    pub(super) fn named(self, error: Error, item: Item<'d>) -> Error {
        error.with_type(|| self.name_of(item))
    }

    /// What an item is, for an error.
    pub(super) fn name_of(self, item: Item<'d>) -> Description<'d> {
        match self.arena().kind(item) {
            Kind::Object(object) => self.arena().describe(object),
            _ => Description::Type(self.arena().type_name(item)),
        }
    }

    #[inline]
    pub(crate) fn text<V: Visitor<'d>>(self, text: &'d str, visitor: V) -> Result<V::Value> {
        self.charge(text.len() + TEXT)?;
        visitor.visit_borrowed_str(text)
    }

    /// The name of a field or variant, which hardly any visitor keeps. One that does keeps a long one at the
    /// cost of its bytes.
    #[inline]
    pub(crate) fn name<V: Visitor<'d>>(self, text: &'d str, visitor: V) -> Result<V::Value> {
        if text.len() > SHORT_NAME {
            self.charge(text.len())?;
        }
        visitor.visit_borrowed_str(text)
    }

    pub(crate) fn node<V: Visitor<'d>>(self, id: NodeId, ask: Ask, visitor: V) -> Result<V::Value> {
        let item = Item::Node(id);
        match self.arena().node(id) {
            NodeData::List(run) | NodeData::Tuple(run) => self.sequence(item, *run, visitor),
            NodeData::Dict(run) => self.entries(item, &[*run], ask, visitor),
            _ => self.kind(item, ask, visitor),
        }
    }

    /// As [`node`](Self::node), of anything.
    pub(crate) fn kind<V: Visitor<'d>>(
        self,
        item: Item<'d>,
        ask: Ask,
        visitor: V,
    ) -> Result<V::Value> {
        let arena = self.arena();
        match arena.kind(item) {
            Kind::None => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(value),
            Kind::Int(value) => visit_int(value, visitor),
            Kind::BigInt(bytes) => big(bytes, visitor),
            Kind::Float(value) => visitor.visit_f64(value),
            // The form of `num_complex` under serde.
            Kind::Complex(re, im) => visitor
                .visit_seq(de::value::SeqDeserializer::new([re, im].into_iter()))
                .map_err(|error| self.named(error, item)),
            Kind::Str(text) => self.text(text, visitor),
            Kind::Surrogates(_) => mismatch(&visitor, "str with lone surrogates, which is no text"),
            // A `Vec<u8>` does not ask for bytes.
            Kind::Bytes(bytes) | Kind::ByteArray(bytes) if ask.is_sequence() => {
                visitor.visit_seq(BytesAsSeq::new(self.container()?, bytes))
            }
            Kind::Bytes(bytes) | Kind::ByteArray(bytes) => {
                self.charge(bytes.len() + TEXT)?;
                visitor.visit_borrowed_bytes(bytes)
            }
            Kind::List(run) | Kind::Tuple(run) | Kind::Set(run) | Kind::FrozenSet(run) => {
                self.sequence(item, run, visitor)
            }
            Kind::Dict(run) => self.entries(item, &[run], ask, visitor),
            Kind::Array(object) => self.array(item, object, ask, visitor),
            Kind::Scalar(object) => self.scalar(object, ask, visitor),
            Kind::Placeholder(filename) => {
                mismatch(&visitor, format_args!("an array in a file of its own, {filename}"))
            }
            Kind::Global(global) => {
                mismatch(&visitor, format_args!("the class or function {global}"))
            }
            Kind::Dtype => mismatch(&visitor, "a NumPy dtype"),
            Kind::Object(object) => match plain(arena, object, ask) {
                Some(PlainObject::Sequence(run)) => self.sequence(item, run, visitor),
                Some(PlainObject::Entries(runs)) => self.entries(item, &runs, ask, visitor),
                Some(PlainObject::Pairs(run)) => self.pairs(item, run, visitor),
                Some(PlainObject::Base(base)) => Deserializer { level: self.deeper()?, item: base }
                    .visit(ask, visitor)
                    .map_err(|error| self.named(error, item)),
                Some(PlainObject::Array(array)) => self.array(item, array, ask, visitor),
                None => mismatch(&visitor, arena.describe(object)),
            },
        }
    }

    /// An array: its elements where a sequence is asked for, or whatever is there; the one that it has without axes where
    /// anything is. Serde's buffer gets what it can be made from again.
    fn array<V: Visitor<'d>>(
        self,
        item: Item<'d>,
        object: &'d ObjectData<'d>,
        ask: Ask,
        visitor: V,
    ) -> Result<V::Value> {
        let meter = self.meter();
        let (array, kind) = numpy::elements(self.arena(), meter, object)?;
        let (header, data) = match array {
            numpy::Array::Plain { header, data } => (header, data),
            numpy::Array::Objects { shape, items, .. } => {
                let objects = ObjectElements { shape, items, kind };
                return objects.visit(self, item, ask, visitor);
            }
        };
        if ask == Ask::Any && is_buffer::<V>() {
            self.charge(numpy::whole_array_size(&header, data.len()))?;
            return reserved::visit_array(Marked::Array, &header, data, visitor)
                .map_err(|error| self.named(error, item));
        }
        if !(ask.is_sequence() || ask == Ask::Any || header.shape.is_empty()) {
            return mismatch(&visitor, self.name_of(item));
        }
        let (header, data) = numpy::widened(header, data, kind, meter)?;
        let axes = strided::axes(&header);
        Strided::array(&header.dtype, &axes, &data, meter).visit(ask, visitor)
    }

    fn scalar<V: Visitor<'d>>(
        self,
        object: &'d ObjectData<'d>,
        ask: Ask,
        visitor: V,
    ) -> Result<V::Value> {
        let meter = self.meter();
        let (scalar, kind) = numpy::scalar_element(self.arena(), meter, object)?;
        let dtype = scalar.dtype.clone();
        let header = Header { dtype, fortran_order: false, shape: Vec::new() };
        let (header, data) = numpy::widened(header, Cow::Borrowed(&scalar.bytes), kind, meter)?;
        let element = Strided::scalar(&header.dtype, &data, meter);
        let name = || format!("a NumPy scalar of {}", numpy::short_name(&scalar.dtype));
        element.visit(ask, visitor).map_err(|error| error.with_type(name))
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
pub(crate) fn mismatch<T>(expected: &dyn de::Expected, found: impl Display) -> Result<T> {
    Err(Error::new(ErrorKind::Value).with_expected(expected.to_string()).with_found_shown(&found))
}

#[cold]
fn nested() -> Error {
    Error::new(ErrorKind::Limit)
        .with_expected(format!("at most {MAX_DEPTH} levels of nesting"))
        .with_found("more")
}
