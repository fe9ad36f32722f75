//! A list of keys and values to serde's visitors, as a map: what `OrderedDict` is called with in Python 2.

use crate::arena::item::Item;
use crate::arena::pool::{Items, Run};
use crate::de::deserializer::Deserializer;
use crate::de::visit::Level;
use crate::{Error, ErrorKind, Result};
use serde::de::{self, DeserializeSeed};

/// Bytes that an entry takes beside its key and its value.
const ENTRY: usize = 16;

pub(crate) struct Pairs<'r, 'd> {
    level: Level<'r, 'd>,
    items: Items<'d, 'd>,
    key: Option<Item<'d>>,
    value: Option<Item<'d>>,
}

impl<'r, 'd> Pairs<'r, 'd> {
    pub(crate) fn new(level: Level<'r, 'd>, run: Run) -> Self {
        Self { level, items: level.arena().items(run), key: None, value: None }
    }

    /// Whether the visitor has not asked for an entry.
    pub(super) fn is_untouched(&self) -> bool {
        self.key.is_none()
    }
}

impl<'d> de::MapAccess<'d> for &mut Pairs<'_, 'd> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'d>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(pair) = self.items.next() else { return Ok(None) };
        let (level, arena) = (self.level, self.level.arena());
        let mut parts = arena.sequence(pair).map(|run| arena.items(run)).into_iter().flatten();
        let (Some(key), Some(value), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::new(ErrorKind::Value)
                .with_expected("a key and a value")
                .with_found_shown(&level.name_of(pair)));
        };
        (self.key, self.value) = (Some(key), Some(value));
        level.charge(size_of::<K::Value>().saturating_add(ENTRY))?;
        seed.deserialize(Deserializer { level, item: key }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'d>>(&mut self, seed: V) -> Result<V::Value> {
        let (level, Some(item)) = (self.level, self.value.take()) else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        level.charge(size_of::<V::Value>().saturating_add(ENTRY))?;
        seed.deserialize(Deserializer { level, item }).map_err(|error| {
            let node = crate::Node { document: level.document(), item: self.key.unwrap_or(item) };
            error.inside(&format!(
                "[{}]",
                crate::npy::internal::text::bounded_name(&node.raw_name())
            ))
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}
