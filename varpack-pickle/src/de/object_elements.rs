//! The elements of an array of Python objects to serde's visitors: nested sequences of them.

use crate::arena::item::Item;
use crate::arena::pool::Run;
use crate::convert::to_value;
use crate::de::deserializer::Deserializer;
use crate::de::newtype;
use crate::de::reserved;
use crate::de::visit::Level;
use crate::document::node::Node;
use crate::npy::internal::serde::SCALAR;
use crate::python::dtype::ElementKind;
use crate::python::kind::Kind;
use crate::python::objects::Ask;
use crate::python::strided::{self, Axis};
use crate::value::handed::VALUE;
use crate::value::kinds::Value;
use crate::{Error, ErrorKind, Result};
use serde::de::{self, DeserializeSeed, Visitor};
use serde::forward_to_deserialize_any;

/// The elements of one array. Their list is in C order, whichever order the array is in: `_getlist_pkl` in
/// numpy's methods.c.
pub(crate) struct ObjectElements {
    pub(crate) shape: Vec<usize>,
    pub(crate) items: Run,
    pub(crate) kind: ElementKind,
}

impl ObjectElements {
    /// `array`: what has these elements.
    pub(super) fn visit<'d, V: Visitor<'d>>(
        self,
        level: Level<'_, 'd>,
        array: Item<'d>,
        ask: Ask,
        visitor: V,
    ) -> Result<V::Value> {
        if self.shape.len() == 1 && self.kind == ElementKind::Numpy {
            return level.sequence(array, self.items, visitor);
        }
        level.meter().charge_each(self.items.len(), size_of::<Item<'_>>())?;
        let items: Vec<Item<'d>> =
            level.arena().items(self.items).map(|item| self.element(level, item)).collect();
        let axes = strided::strides(&self.shape, 1, false);
        let part = Subarray { level, axes: &axes, items: &items };
        match part.only() {
            Some(only) => only.visit(ask, visitor),
            None => part.visit(visitor).map_err(|error| match axes.is_empty() {
                true => error,
                false => error.with_type(|| level.arena().type_name(array)),
            }),
        }
    }

    /// The element of an array without axes.
    pub(crate) fn only<'r, 'd>(&self, level: Level<'r, 'd>) -> Option<Deserializer<'r, 'd>> {
        let first = self.shape.is_empty().then(|| level.arena().items(self.items).next())??;
        Some(Deserializer { level, item: self.element(level, first) })
    }

    /// Whatever a StringDType has for a missing text is `None`.
    fn element<'d>(&self, level: Level<'_, 'd>, item: Item<'d>) -> Item<'d> {
        match self.kind {
            ElementKind::Text
                if !matches!(level.arena().kind(item), Kind::Str(_) | Kind::Surrogates(_)) =>
            {
                Item::None
            }
            _ => item,
        }
    }
}

/// A part of an array, down to one element.
#[derive(Clone, Copy)]
struct Subarray<'r, 'd, 'e> {
    level: Level<'r, 'd>,
    axes: &'e [Axis],
    /// From the first element on.
    items: &'e [Item<'d>],
}

impl<'r, 'd> Subarray<'r, 'd, '_> {
    /// The element, if no axis is left.
    fn only(self) -> Option<Deserializer<'r, 'd>> {
        match (self.axes, self.items) {
            ([], [item, ..]) => Some(Deserializer { level: self.level, item: *item }),
            _ => None,
        }
    }

    fn visit<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        let mut along = ObjectAxis { part: self.inside()?, index: 0, len: self.len() };
        let value = visitor.visit_seq(&mut along)?;
        match along.index {
            index if index < along.len => Err(Error::new(ErrorKind::Shape)
                .with_expected(format!("{index} elements"))
                .with_found(along.len.to_string())),
            _ => Ok(value),
        }
    }

    fn len(self) -> usize {
        self.axes.first().map_or(0, |axis| axis.0)
    }

    fn inside(self) -> Result<Self> {
        Ok(Self { level: self.level.container()?, ..self })
    }

    /// The part at an index of the first axis.
    fn at(self, index: usize) -> Self {
        let Some((&(_, stride), axes)) = self.axes.split_first() else { return self };
        let items = self.items.get(index.saturating_mul(stride)..).unwrap_or_default();
        Self { axes, items, ..self }
    }

    fn value(self) -> Result<Value> {
        if let Some(Deserializer { level, item }) = self.only() {
            return to_value::to_value(Node { document: level.document(), item }, false);
        }
        let inside = self.inside()?;
        self.level.meter().charge_each(self.len(), size_of::<Value>())?;
        let items: Result<Vec<Value>> =
            (0..self.len()).map(|index| inside.at(index).value()).collect();
        items.map(Value::list)
    }
}

/// The parts along the first axis.
struct ObjectAxis<'r, 'd, 'e> {
    part: Subarray<'r, 'd, 'e>,
    /// The next one.
    index: usize,
    len: usize,
}

impl<'d> de::SeqAccess<'d> for &mut ObjectAxis<'_, 'd, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.index == self.len {
            return Ok(None);
        }
        let index = self.index;
        if index == 0 {
            self.part.level.meter().charge_each(self.len, size_of::<T::Value>().max(1))?;
        }
        self.index += 1;
        let part = self.part.at(index);
        let value = match part.only() {
            Some(only) => seed.deserialize(only),
            None => seed.deserialize(part),
        };
        value.map(Some).map_err(|error| error.inside(&format!("[{index}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len - self.index)
    }
}

impl<'d> de::Deserializer<'d> for Subarray<'_, 'd, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        self.visit(visitor).map_err(|error| error.with_type(|| "numpy.ndarray"))
    }

    fn deserialize_option<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'d>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        match name {
            SCALAR => reserved::give_plain(&self.value()?, visitor),
            VALUE => reserved::give(self.value()?, visitor),
            _ => newtype::visit(name, self, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'d>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'d>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier
    }
}
