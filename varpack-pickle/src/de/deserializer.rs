//! Typed reads: serde's `Deserializer` over a [`Node`].
//!
//! It is self-describing and human readable, as `serde_json`'s is, so that dates, addresses and
//! the like take the same form under both.

use crate::arena::item::Item;
use crate::de::access::Variant;
use crate::de::newtype;
use crate::de::object_elements::ObjectElements;
use crate::de::reserved;
use crate::de::visit::{Level, TypedRead, visit_int};
use crate::document::node::Node;
use crate::npy::internal::serde::{ARRAY, SCALAR};
use crate::python::kind::Kind;
use crate::python::numpy;
use crate::python::objects::{self, Ask, PlainObject, plain};
use crate::python::strided;
use crate::value::handed::VALUE;
use crate::{Error, ErrorKind, Result};
use serde::de::Deserialize;
use serde::de::{self, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;
use std::marker::PhantomData;

impl<'d> Node<'d> {
    /// The object as a type of the caller's. Strings and bytes may be borrowed from the document.
    ///
    /// # Errors
    /// [`ErrorKind::Value`] naming the place inside the object (`[3].loss`), what was expected
    /// and what was found; [`ErrorKind::Limit`] if the object is nested deeper than
    /// [`MAX_DEPTH`](crate::MAX_DEPTH) levels or its shared parts expand beyond all proportion.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&("a", 1))?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().deserialize::<(&str, u8)>()?, ("a", 1)); // `&str` is borrowed
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn deserialize<T: Deserialize<'d>>(self) -> Result<T> {
        self.deserialize_in("")
    }

    /// As [`deserialize`](Self::deserialize); errors name the place inside the variable `name`:
    /// `history[3].loss`.
    ///
    /// # Errors
    /// As of [`deserialize`](Self::deserialize).
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&[("loss", "high")])?;
    /// let document = Document::parse(&bytes)?;
    /// let error = document.root().deserialize_in::<Vec<(String, f64)>>("history").unwrap_err();
    /// assert_eq!(error.to_string(), "variable `history[0][1]`: expected f64, found str");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn deserialize_in<T: Deserialize<'d>>(self, name: &str) -> Result<T> {
        self.deserialize_seed(PhantomData).map_err(|error| error.inside(name))
    }

    pub(crate) fn deserialize_seed<S: DeserializeSeed<'d>>(self, seed: S) -> Result<S::Value> {
        self.check_finite()?;
        deserialize(self, seed)
    }
}

/// Reads a node that is known not to hold itself.
pub(crate) fn deserialize<'d, S: DeserializeSeed<'d>>(node: Node<'d>, seed: S) -> Result<S::Value> {
    let read = TypedRead::new(node.document);
    seed.deserialize(Deserializer { level: Level::root(&read), item: node.item })
}

/// An item, and how deep it is.
#[derive(Clone, Copy)]
pub(crate) struct Deserializer<'r, 'd> {
    pub(crate) level: Level<'r, 'd>,
    pub(crate) item: Item<'d>,
}

impl<'d> Deserializer<'_, 'd> {
    #[inline]
    pub(crate) fn kind(self) -> Kind<'d> {
        self.level.arena().kind(self.item)
    }

    /// Whether this is `None`, a NumPy scalar that is "not a time", or an array without axes of either.
    fn is_missing(self) -> Result<bool> {
        let (arena, meter) = (self.level.arena(), self.level.meter());
        if let Kind::Scalar(object) = self.kind() {
            return Ok(numpy::is_nat(arena, meter, object));
        }
        let array =
            objects::array(arena, self.item).filter(|array| numpy::has_no_axes(arena, array));
        let Some(array) = array else { return Ok(matches!(self.item, Item::None)) };
        match numpy::elements(arena, meter, array) {
            // A `Value` may have it all the same.
            Err(_) => Ok(false),
            Ok((numpy::Array::Plain { header, data }, _)) => {
                Ok(strided::is_nat(&header.dtype, &data))
            }
            Ok((numpy::Array::Objects { shape, items, .. }, kind)) => {
                let only = ObjectElements { shape, items, kind }.only(self.level.deeper()?);
                only.map_or(Ok(false), Self::is_missing)
            }
        }
    }

    /// The same one level down: inside an `Option` or a newtype struct.
    #[inline]
    pub(crate) fn deeper(self) -> Result<Self> {
        Ok(Self { level: self.level.deeper()?, ..self })
    }

    #[inline(never)]
    pub(super) fn visit<V: Visitor<'d>>(self, ask: Ask, visitor: V) -> Result<V::Value> {
        match self.item {
            Item::Node(id) => self.level.node(id, ask, visitor),
            _ => self.level.kind(self.item, ask, visitor),
        }
    }
}

/// What a visitor asks for is most often there: that is met in place, so that a value need not pass
/// through memory on its way into the caller's, and anything else out of line.
macro_rules! expect {
    ($($pattern:pat => |$self:ident, $visitor:ident| $visit:expr, else $ask:ident in $($method:ident)*;)*) => {
        $($(#[inline]
        fn $method<V: Visitor<'d>>($self, $visitor: V) -> Result<V::Value> {
            match $self.item {
                $pattern => $visit,
                _ => $self.visit(Ask::$ask, $visitor),
            }
        })*)*
    };
}

impl<'d> de::Deserializer<'d> for Deserializer<'_, 'd> {
    type Error = Error;

    expect! {
        Item::Float(value) => |self, visitor| visitor.visit_f64(value),
            else Scalar in deserialize_f32 deserialize_f64;
        Item::Float(value) => |self, visitor| visitor.visit_f64(value),
            else Any in deserialize_any;
        Item::Bool(value) => |self, visitor| visitor.visit_bool(value),
            else Scalar in deserialize_bool;
        Item::Bytes(_) => |self, visitor| self.visit(Ask::Scalar, visitor),
            else Scalar in deserialize_bytes deserialize_byte_buf;
        Item::Int(value) => |self, visitor| visit_int(value, visitor),
            else Scalar in deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128;
        Item::Str(text) | Item::SharedStr(text) => |self, visitor| self.level.text(text, visitor),
            else Scalar in deserialize_char deserialize_str deserialize_string;
        Item::Str(text) | Item::SharedStr(text) => |self, visitor| self.level.name(text, visitor),
            else Scalar in deserialize_identifier;
    }

    fn deserialize_struct<V: Visitor<'d>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        // `ndarray::Array`, if the caller has turned its serde feature on.
        if name == "Array"
            && fields == ["v", "dim", "data"]
            && let Some(object) = objects::array(self.level.arena(), self.item)
        {
            let meter = self.level.meter();
            let (array, kind) = numpy::elements(self.level.arena(), meter, object)?;
            let (header, data) = numpy::plain(array)?;
            let (header, data) = numpy::widened(header, data, kind, meter)?;
            return reserved::visit_ndarray(&header, &data, meter, visitor);
        }
        self.visit(Ask::Fields(fields.len()), visitor)
    }

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        match self.item {
            Item::None => visitor.visit_none(),
            Item::Node(_) if self.is_missing()? => visitor.visit_none(),
            _ => visitor.visit_some(self.deeper()?),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            ARRAY => reserved::array(self, visitor),
            SCALAR => reserved::scalar(self, visitor),
            VALUE => reserved::value(self, visitor),
            _ => newtype::visit(name, self.deeper()?, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'d>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let arena = self.level.arena();
        match self.kind() {
            // The members of a `str` enum are variants by their values.
            Kind::Object(object) => {
                if let Some(PlainObject::Base(base)) = plain(arena, object, Ask::Scalar) {
                    let base = Self { level: self.level.deeper()?, item: base };
                    return base.deserialize_enum(name, variants, visitor);
                }
            }
            Kind::Str(_) => {
                return visitor.visit_enum(Variant { tag: self, content: None, variants });
            }
            Kind::Dict(run) if run.len() == 2 => {
                let mut items = arena.items(run);
                if let (Some(tag), content @ Some(_)) = (items.next(), items.next()) {
                    let level = self.level.container()?;
                    let content = content.map(|item| Self { level, item });
                    let tag = Self { level, item: tag };
                    return visitor.visit_enum(Variant { tag, content, variants });
                }
            }
            _ => {}
        }
        Err(Error::new(ErrorKind::Value)
            .with_expected(format!(
                "{} (a str, or a dict of one entry)",
                &visitor as &dyn de::Expected
            ))
            .with_found_shown(&arena.type_name(self.item)))
    }

    fn deserialize_seq<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        match self.level.arena().sequence(self.item) {
            Some(run) => self.level.sequence(self.item, run, visitor),
            None => self.visit(Ask::Sequence, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'d>>(self, len: usize, visitor: V) -> Result<V::Value> {
        match self.level.arena().sequence(self.item) {
            Some(run) => self.level.sequence(self.item, run, visitor),
            None => self.visit(Ask::Tuple(len), visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'d>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        self.visit(Ask::Entries, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        unit unit_struct
    }
}
