//! The items of a dictionary that stay as the folder has them, though others of it are written: those that a field
//! has not changed, and that its type does not hold all of.

use super::Plan;
use crate::Result;
use crate::folder::baseline::{Alike, Item, Mine, Part, key_fingerprints};
use crate::folder::content::{Content, Key, Kind, Variable};
use crate::folder::save::merged::{Merged, Piece, Theirs};
use std::collections::HashMap;

impl<'a> Plan<'a, '_> {
    /// What a dictionary is written of; `None` if it is all one's own.
    pub(super) fn unchanged_items(&self, variable: &Variable<'a>) -> Result<Option<Merged>> {
        let there = variable.names().find(|name| self.existing.has(name));
        let is_overwritten =
            variable.names().any(|name| self.options.overwrite_fields.contains(name));
        let (Kind::Dict(items), Some(there), Some(sight), false) =
            (&variable.content.0, there, self.base.as_deref(), is_overwritten)
        else {
            return Ok(None);
        };
        let (Some(Part::Dict { items: held, .. }), Some(Mine::Dict(loaded))) =
            (sight.part(there), sight.mine(&variable.name))
        else {
            return Ok(None);
        };
        let mut unchanged = HashMap::new();
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        for (number, ((key, content), digest)) in items.iter().zip(keys).enumerate() {
            if let (Some(seen), Some(mine)) = (held.get(&digest), loaded.items.get(&digest))
                && matches!(mine, Mine::Whole { .. })
                && mine.is_still(content, Alike::Pickled)?
                && would_differ(variable, key, content, seen)?
            {
                unchanged.insert(digest, number);
            }
        }
        if unchanged.is_empty() {
            return Ok(None);
        }
        let Theirs { items: theirs, values } =
            self.existing.items(there, &mut self.shared_nodes.borrow_mut(), &|digest| {
                unchanged.contains_key(&digest)
            })?;
        let mut pieces: Vec<_> = (0..items.len()).map(Piece::Mine).collect();
        for their in theirs {
            let piece = unchanged.get(&their.digest).and_then(|&number| pieces.get_mut(number));
            if let Some(piece) = piece
                && self.is_item_as_seen(held.get(&their.digest), Some(&their))?
            {
                *piece = Piece::Theirs(their);
            }
        }
        Ok(Some(Merged { pieces, values, is_of_two: false }))
    }
}

/// Whether what would be written of an unchanged item is not what the folder has.
fn would_differ(
    variable: &Variable<'_>,
    key: &Key<'_>,
    content: &Content<'_>,
    seen: &Item,
) -> Result<bool> {
    Ok(match seen {
        Item::Value(seen) => {
            variable.rule.array(key, content).is_none() && Mine::as_held(content)? != *seen
        }
        // Python objects behind an array's header.
        Item::File(_) => matches!(content.0, Kind::Value(_) | Kind::Node(_)),
    })
}
