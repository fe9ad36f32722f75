//! What a typed read hands to visitors: sequences, maps and enum variants, with the place of each
//! item put into its errors.

use crate::arena::item::Item;
use crate::arena::pool::{Items, Run};
use crate::de::deserializer::Deserializer;
use crate::de::visit::Level;
use crate::npy::internal::text;
use crate::{Error, ErrorKind, Result};
use serde::de::{self, Deserialize, DeserializeSeed, Visitor};

/// The items of a list, tuple or set.
pub(crate) struct Sequence<'r, 'd> {
    level: Level<'r, 'd>,
    items: Items<'d, 'd>,
    len: usize,
    /// Whether what the items take is counted.
    counted: bool,
}

impl<'r, 'd> Sequence<'r, 'd> {
    pub(crate) fn new(level: Level<'r, 'd>, run: Run) -> Self {
        Self { level, items: level.arena().items(run), len: run.len(), counted: false }
    }

    /// Counts what the visitor puts the items into: now that it asks for the first, their type is known.
    #[inline(never)]
    fn count(&mut self, size: usize) -> Result<()> {
        self.counted = true;
        self.level.meter().charge_each(self.len, size.max(1))
    }

    /// How many items were taken.
    fn taken(&self) -> usize {
        self.len - self.items.len()
    }

    /// Whether the visitor has not asked for an item.
    pub(super) fn is_untouched(&self) -> bool {
        !self.counted
    }

    /// The visitor has to have taken every item.
    pub(crate) fn end(&self) -> Result<()> {
        match self.items.len() {
            0 => Ok(()),
            _ => Err(self.too_long()),
        }
    }

    #[inline(always)]
    fn item<T: DeserializeSeed<'d>>(&self, seed: T, item: Item<'d>) -> Result<T::Value> {
        seed.deserialize(Deserializer { level: self.level, item })
            .map_err(|error| self.at_index(error))
    }

    /// The error, in the item taken last.
    #[cold]
    fn at_index(&self, error: Error) -> Error {
        error.inside(&format!("[{}]", self.taken().saturating_sub(1)))
    }

    #[cold]
    fn too_long(&self) -> Error {
        Error::new(ErrorKind::Value)
            .with_expected(format!("{} items", self.taken()))
            .with_found(self.len.to_string())
    }
}

impl<'d> de::SeqAccess<'d> for &mut Sequence<'_, 'd> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.counted {
            self.count(size_of::<T::Value>())?;
        }
        // Each on a way of its own: what comes out of all of them has to pass through memory.
        loop {
            if let Some(scalar) = self.items.next_scalar() {
                return self.item(seed, scalar).map(Some);
            }
            if let Some(item) = self.items.next_pooled() {
                return self.item(seed, item).map(Some);
            }
            if !self.items.advance() {
                return Ok(None);
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// Bytes to a visitor that asks for a sequence.
pub(crate) struct BytesAsSeq<'r, 'd> {
    level: Level<'r, 'd>,
    bytes: std::slice::Iter<'d, u8>,
    counted: bool,
}

impl<'r, 'd> BytesAsSeq<'r, 'd> {
    pub(crate) fn new(level: Level<'r, 'd>, bytes: &'d [u8]) -> Self {
        Self { level, bytes: bytes.iter(), counted: false }
    }
}

impl<'d> de::SeqAccess<'d> for BytesAsSeq<'_, 'd> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'d>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.counted {
            self.level.meter().charge_each(self.bytes.len(), size_of::<T::Value>().max(1))?;
            self.counted = true;
        }
        let Some(&byte) = self.bytes.next() else { return Ok(None) };
        let item = Item::Int(byte.into());
        seed.deserialize(Deserializer { level: self.level, item }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len())
    }
}

/// Entries that the smallest map has room for: the node of a `BTreeMap`.
const NODE: usize = 11;

/// Bytes that the key or the value of a field may take beside the struct: in a `flatten`'s buffer.
const FIELD: usize = 24;

/// The entries of one or more dicts.
pub(crate) struct Entries<'r, 'd> {
    level: Level<'r, 'd>,
    /// Keys and values take turns.
    items: Items<'d, 'd>,
    /// The dict after `items`: slots stand apart from `__dict__`.
    more: Option<Run>,
    /// The last key, for errors.
    last: Item<'d>,
    /// Whether the value of the last key comes next.
    has_key: bool,
    /// Whether the keys are the fields of a struct.
    fields: bool,
    /// Whether what the keys and the values take is counted.
    counted: (bool, bool),
}

impl<'r, 'd> Entries<'r, 'd> {
    pub(crate) fn new(level: Level<'r, 'd>, runs: &[Run], fields: bool) -> Self {
        let (first, more) = match runs {
            [first, more, ..] => (*first, Some(*more)),
            [first] => (*first, None),
            [] => (Run::EMPTY, None),
        };
        Self {
            level,
            items: level.arena().items(first),
            more,
            last: Item::None,
            has_key: false,
            fields,
            counted: (false, false),
        }
    }

    /// Counts what the visitor puts as many keys into as there are: see [`Sequence::count`].
    #[inline(never)]
    fn count_keys(&mut self, size: usize) -> Result<()> {
        self.counted.0 = true;
        if !self.fields {
            return self.level.meter().charge_each(self.left().max(NODE), size);
        }
        // A field is part of the struct, but `flatten` keeps what it does not know, key and value.
        self.counted.1 = true;
        self.level.meter().charge_each(self.left(), 2 * FIELD)
    }

    /// The same of values.
    #[inline(never)]
    fn count_values(&mut self, size: usize) -> Result<()> {
        self.counted.1 = true;
        self.level.meter().charge_each(self.left().max(NODE), size)
    }

    fn left(&self) -> usize {
        (self.items.len() + self.more.map_or(0, Run::len)) / 2
    }

    /// Whether the visitor has not asked for an entry.
    pub(super) fn is_untouched(&self) -> bool {
        self.counted == (false, false)
    }

    /// The visitor has to have taken every entry.
    pub(crate) fn end(&self) -> Result<()> {
        match self.left() {
            0 => Ok(()),
            left => Err(Error::new(ErrorKind::Value)
                .with_expected("fewer entries")
                .with_found(format!("{left} more"))),
        }
    }

    /// The first key of the next piece, or of the next dict.
    #[inline(never)]
    fn next_piece(&mut self) -> Option<Item<'d>> {
        self.items.next().or_else(|| {
            self.items = self.level.arena().items(self.more.take()?);
            self.items.next()
        })
    }

    #[inline(always)]
    fn key<K: DeserializeSeed<'d>>(&mut self, seed: K, key: Item<'d>) -> Result<K::Value> {
        (self.last, self.has_key) = (key, true);
        self.value(seed, key)
    }

    #[inline(always)]
    fn value<V: DeserializeSeed<'d>>(&self, seed: V, item: Item<'d>) -> Result<V::Value> {
        seed.deserialize(Deserializer { level: self.level, item })
            .map_err(|error| self.at_key(error))
    }

    #[cold]
    fn at_key(&self, error: Error) -> Error {
        let arena = self.level.arena();
        error.inside(&match (arena.text(self.last), self.last) {
            (Some(name), _) if self.fields => format!(".{}", text::bounded_name(name)),
            (Some(name), _) => format!("[{}]", text::bounded_name(name)),
            (None, Item::Int(key)) => format!("[{key}]"),
            (None, key) => format!("[a key of type {}]", text::name(&arena.type_name(key))),
        })
    }
}

impl<'d> de::MapAccess<'d> for &mut Entries<'_, 'd> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'d>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        // The value before, if the visitor left it out.
        if std::mem::take(&mut self.has_key) {
            self.items.next();
        }
        if !self.counted.0 {
            self.count_keys(size_of::<K::Value>())?;
        }
        if let Some(key) = self.items.next_pooled() {
            return self.key(seed, key).map(Some);
        }
        match self.next_piece() {
            Some(key) => self.key(seed, key).map(Some),
            None => Ok(None),
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'d>>(&mut self, seed: V) -> Result<V::Value> {
        self.has_key = false;
        if !self.counted.1 {
            self.count_values(size_of::<V::Value>())?;
        }
        if let Some(value) = self.items.next_pooled() {
            return self.value(seed, value);
        }
        match self.items.next() {
            Some(value) => self.value(seed, value),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }

    /// In place, so that an entry need not pass through memory on its way into a map.
    #[inline(always)]
    fn next_entry<K: Deserialize<'d>, V: Deserialize<'d>>(&mut self) -> Result<Option<(K, V)>> {
        match self.next_key()? {
            Some(key) => Ok(Some((key, self.next_value()?))),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left())
    }
}

/// An enum's variant: its name alone, or a dict of its name and its content.
pub(crate) struct Variant<'r, 'd> {
    pub(crate) tag: Deserializer<'r, 'd>,
    pub(crate) content: Option<Deserializer<'r, 'd>>,
    /// Those that the type has.
    pub(crate) variants: &'static [&'static str],
}

impl<'r, 'd> Variant<'r, 'd> {
    fn content(self, expected: &str) -> Result<(Deserializer<'r, 'd>, String)> {
        let name = self.tag.level.arena().text(self.tag.item).unwrap_or_default();
        match self.content {
            Some(content) => Ok((content, format!("[{}]", text::bounded_name(name)))),
            None => Err(Error::new(ErrorKind::Value)
                .with_expected(format!("variant `{}` with {expected}", text::bounded_name(name)))
                .with_found("its name alone")),
        }
    }
}

impl<'d> de::EnumAccess<'d> for Variant<'_, 'd> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'d>>(self, seed: V) -> Result<(V::Value, Self)> {
        let name = self.tag.level.arena().text(self.tag.item);
        let known = name.filter(|name| self.variants.contains(name));
        let variant = match known {
            // Nothing is made of the name of a variant that the type has.
            Some(name) => seed.deserialize(de::value::BorrowedStrDeserializer::new(name)),
            None => seed.deserialize(self.tag),
        };
        Ok((variant?, self))
    }
}

impl<'d> de::VariantAccess<'d> for Variant<'_, 'd> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.content.map(|content| content.item) {
            None | Some(Item::None) => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Value)
                .with_expected("a variant without content")
                .with_found("content")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'d>>(self, seed: T) -> Result<T::Value> {
        let (content, place) = self.content("a value")?;
        seed.deserialize(content).map_err(|error| error.inside(&place))
    }

    fn tuple_variant<V: Visitor<'d>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        let (content, place) = self.content("a list of values")?;
        de::Deserializer::deserialize_seq(content, visitor).map_err(|error| error.inside(&place))
    }

    fn struct_variant<V: Visitor<'d>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let (content, place) = self.content("fields")?;
        de::Deserializer::deserialize_struct(content, "", fields, visitor)
            .map_err(|error| error.inside(&place))
    }
}
