//! The items of a dictionary that stay as the folder has them, though others of it are written: those that a field
//! has not changed, and that its type does not hold all of.

use super::Plan;
use crate::Result;
use crate::folder::baseline::{Alike, Mine, Part, SeenItem};
use crate::folder::content::{Content, ContentKind, Key, Variable};
use crate::folder::item_names::{ItemNames, NamedItem, key_fingerprints, names};
use crate::folder::save::merged::{Merged, Piece, Theirs};
use crate::pickle::internal::Fingerprint;
use std::collections::{HashMap, HashSet};

impl<'a> Plan<'a, '_> {
    /// What a dictionary is written of; `None` if it is all one's own.
    pub(super) fn unchanged_items(&self, variable: &Variable<'a>) -> Result<Option<Merged>> {
        let there = self.existing.first(variable.names());
        let (ContentKind::Dict(items, _), Some(there), Some(sight)) =
            (&variable.content.0, there, self.sight.as_deref())
        else {
            return Ok(None);
        };
        let (Some(Part::Dict { items: held, .. }), Some(Mine::Dict(loaded))) =
            (sight.part(there), sight.mine(&variable.name))
        else {
            return Ok(None);
        };
        let is_skipped = sight.is_skipped(variable);
        // By what the folder calls it: its number, and what it was where only parts of it stay.
        let mut unchanged = HashMap::new();
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        for (number, ((key, content), own)) in items.iter().zip(keys).enumerate() {
            let Some(there) = names(key, own).find(|name| held.contains_key(name)) else {
                continue;
            };
            let Some(seen) = held.get(&there) else { continue };
            let is_inner = content.is_struct() && matches!(seen, SeenItem::Value(_));
            let Some(mine) = loaded.items.get(&own) else {
                // The load was of a type that has no such struct.
                if is_inner {
                    unchanged.insert(there, (number, Stays::Beside(Some(Mine::nothing()))));
                }
                continue;
            };
            // What a load has skipped and nobody has set was never here.
            let was_skipped = is_skipped && matches!(key, Key::Field(..));
            let is_same = matches!(mine, Mine::Whole { .. } | Mine::Dict(_))
                && mine.is_still(content, Alike::Pickled)?
                && (was_skipped || would_differ(variable, (key, content), seen, is_skipped)?);
            if is_same && there == own && !self.prunes_within(content) {
                unchanged.insert(there, (number, Stays::Whole));
            } else if is_same {
                unchanged.insert(there, (number, Stays::Beside(Some(mine.clone()))));
            } else if is_inner {
                unchanged.insert(there, (number, Stays::Beside(mine.of_struct())));
            }
        }
        // Items that were not loaded, and are not set here.
        let mut skipped =
            sight.skipped_items.get(&Fingerprint::of(there)).cloned().unwrap_or_default();
        if !skipped.is_empty() {
            for own in key_fingerprints(items.iter().map(|(key, _)| key))? {
                skipped.remove(&own);
            }
        }
        if unchanged.is_empty() && skipped.is_empty() {
            return Ok(None);
        }
        let Theirs { items: theirs, values } =
            self.existing.items(there, &mut self.pickles.nodes.borrow_mut(), &|digest| {
                unchanged.contains_key(&digest) || skipped.contains(&digest)
            })?;
        let mut pieces: Vec<_> = (0..items.len()).map(Piece::Mine).collect();
        let mut is_of_two = false;
        for their in theirs {
            if skipped.contains(&their.digest) {
                pieces.push(Piece::Theirs(their));
                is_of_two = true;
                continue;
            }
            if let Some((number, stays)) = unchanged.get(&their.digest)
                && let Some(piece) = pieces.get_mut(*number)
                && (self.base().is_none()
                    || self.is_item_as_seen(held.get(&their.digest), Some(&their))?)
            {
                *piece = match stays {
                    Stays::Whole => Piece::Theirs(their),
                    Stays::Beside(mine) => Piece::over(*number, their, mine.clone()),
                };
            }
        }
        Ok(Some(Merged { pieces, values, is_of_two, prunes: self.options.prune }))
    }

    /// What a variable is written of whatever the folder has of it: its own items, and what structs in it do not know.
    /// `None` if it is all one's own.
    pub(super) fn unknown_beside(&self, variable: &Variable<'a>) -> Result<Option<Merged>> {
        let there = self.existing.first(variable.names());
        let (ContentKind::Dict(items, _), Some(there), false) =
            (&variable.content.0, there, self.options.prune)
        else {
            return Ok(None);
        };
        let is_struct = variable.content.is_struct();
        if !is_struct && !items.iter().any(|(_, content)| content.is_struct()) {
            return Ok(None);
        }
        let theirs = self.existing.items(there, &mut self.pickles.nodes.borrow_mut(), &|_| true);
        let Theirs { items: theirs, values } = match theirs {
            // What cannot be read is what it is to be written over for.
            Err(_) if self.is_written_over(variable) => return Ok(None),
            theirs => theirs?,
        };
        let digests: HashSet<_> = theirs.iter().map(|their| their.digest).collect();
        let mut names = ItemNames::of(&variable.content, |name| digests.contains(name))?;
        let is_struct_here =
            |number: usize| items.get(number).is_some_and(|(_, own)| own.is_struct());
        let mut pieces = Vec::new();
        for their in theirs {
            match names.find(&their.digest) {
                NamedItem::Item(number) if is_struct_here(number) => {
                    pieces.push(Piece::over(number, their, None));
                }
                NamedItem::Item(number) => pieces.push(Piece::Mine(number)),
                // The items of a map are all its own.
                NamedItem::Unknown if is_struct => pieces.push(Piece::Theirs(their)),
                NamedItem::Unknown | NamedItem::None(_) => {}
            }
        }
        if pieces.iter().all(|piece| matches!(piece, Piece::Mine(_))) {
            return Ok(None);
        }
        pieces.extend(names.rest().map(Piece::Mine));
        Ok(Some(Merged { pieces, values, is_of_two: true, prunes: false }))
    }
}

/// What of an item stays as the folder has it.
enum Stays {
    Whole,
    /// What it does not know, and what has not changed since it was this.
    Beside(Option<Mine>),
}

/// Whether what would be written of an unchanged item may be another object to Python than what the folder has: equal to
/// it, it may yet share its parts, or say less.
fn would_differ(
    variable: &Variable<'_>,
    (key, content): (&Key<'_>, &Content<'_>),
    seen: &SeenItem,
    is_skipped: bool,
) -> Result<bool> {
    let is_split = variable.rule.array(key, content).is_some();
    Ok(match seen {
        // What was in the pickle, a list maybe, gets its file.
        SeenItem::Value(_) if is_split && !is_skipped => false,
        // It is not what the folder has, and never was: that was skipped.
        SeenItem::Value(seen) if matches!(content.0, ContentKind::Array(_)) => {
            Mine::as_held(content)? != *seen
        }
        SeenItem::Value(seen) => !is_split && Mine::as_held_plainly(content)? != Some(*seen),
        // The same of an array; else Python objects behind an array's header.
        SeenItem::File(_) => matches!(
            content.0,
            ContentKind::Array(_) | ContentKind::Value(_) | ContentKind::Node(_)
        ),
    })
}
