//! Who has changed which items of a dictionary, as [`three_way`](super::three_way) asks of variables.

use super::Plan;
use super::held::HeldItems;
use super::three_way::Verdict;
use crate::Result;
use crate::array::Standing;
use crate::folder::baseline::{Alike, Mine, Part, SeenItem};
use crate::folder::content::{Content, ContentKind, Variable, item_path, key_text};
use crate::folder::group::index;
use crate::folder::item_names::{ItemNames, NamedItem, names};
use crate::folder::save::merged::{Merged, Piece, Their, Theirs};
use crate::folder::save::stale::stale;
use crate::pickle::internal::Fingerprint;
use std::collections::{HashMap, HashSet};

impl<'a> Plan<'a, '_> {
    /// Who has changed which items of a dictionary: what the new one is made of, in the folder's order.
    pub(super) fn merge(&self, variable: &Variable<'a>) -> Result<Merged> {
        let ContentKind::Dict(items, _) = &variable.content.0 else { return Ok(Merged::default()) };
        let there = self.existing.first(variable.names()).unwrap_or(&variable.name);
        let Theirs { items: theirs, values } =
            self.existing.items(there, &mut self.pickles.nodes.borrow_mut(), &|_| true)?;
        let Some(sight) = self.base() else { return Ok(Merged::default()) };
        let was = variable.names().find_map(|name| sight.part(name));
        let empty = HashMap::new();
        let held = match was {
            Some(Part::Dict { items, .. }) => items,
            _ => &empty,
        };
        let loaded = match sight.mine(&variable.name) {
            Some(Mine::Dict(loaded)) => Some(&loaded.items),
            _ => None,
        };
        let at = |key: &str| stale().with_variable(item_path(&variable.name, key));
        let leave = |key: &str| {
            let left = self.leave(Verdict::Keep);
            left.map_err(|error| error.with_variable(item_path(&variable.name, key)))
        };
        // A pack knows no lists: what both have as one is one.
        let is_list = variable.content.is_list()
            || sight.is_of_all
                && gap(items.iter().map(|(key, _)| key.as_index())).is_none()
                && gap(theirs.iter().map(|their| their.key.as_str().and_then(index))).is_none();
        let places: HashMap<_, _> =
            theirs.iter().enumerate().map(|(at, their)| (their.digest, at)).collect();
        let known = ItemNames::of(&variable.content, |name| places.contains_key(name))?;
        let is_skipped = sight.is_skipped(variable);
        let own_values = HeldItems::new(items);
        let (mut choices, mut new) = (Vec::with_capacity(items.len()), Vec::new());
        for (number, ((key, content), &own)) in items.iter().zip(known.keys()).enumerate() {
            let names: Vec<_> = names(key, own).collect();
            // What the folder calls it, by now and then.
            let there = names.iter().find(|name| places.contains_key(name)).copied();
            let was = names.iter().find(|name| held.contains_key(name)).copied();
            let now = there.and_then(|there| theirs.get(*places.get(&there)?));
            let seen = was.and_then(|was| held.get(&was));
            let is_as_seen = self.is_item_as_seen(seen, now)?;
            let value = || own_values.value(number, content);
            // What was skipped was never here: it was its default.
            let had = seen.filter(|_| !is_skipped);
            let as_loaded = |alike| {
                let mine = loaded.and_then(|all| all.get(&own));
                self.is_item_as_loaded(content, had, mine, alike, value)
            };
            let stays = || if now.is_some() { Choice::Theirs } else { Choice::Neither };
            let tied = self.tied_item(content, had, now, value);
            let tied =
                tied.map_err(|error| error.with_variable(item_path(&variable.name, &key.text())))?;
            let is_changed_by_both = tied == Some(None);
            let choice = if let Some(Some(choice)) = tied {
                choice
            } else if is_as_seen && !is_changed_by_both {
                // What nobody has changed stays as it stands in the pickle.
                match seen.is_some() && !self.prunes_within(content) && as_loaded(Alike::Pickled)? {
                    true => Choice::Theirs,
                    false => Choice::Mine,
                }
            } else if !is_changed_by_both && as_loaded(Alike::Equal)? {
                stays()
            } else if now.map_or(Ok(false), |now| self.is_item_equal(content, now, value))? {
                Choice::Both
            } else {
                return Err(at(&key.text()));
            };
            if matches!(choice, Choice::Theirs | Choice::Neither) && !is_as_seen {
                leave(&key.text())?;
            }
            if there.is_none() && choice == Choice::Mine {
                new.push(Piece::Mine(number));
            }
            choices.push(choice);
        }
        // Who sets a map that was not loaded replaces all of it.
        let is_struct = variable.content.is_struct();
        let replaces = !is_struct && is_skipped;
        let was_loaded = |key: &Fingerprint| loaded.is_none_or(|loaded| loaded.contains_key(key));
        let mut pieces = Vec::new();
        for their in theirs {
            let none = match known.get(&their.digest) {
                NamedItem::Item(number) => {
                    match choices.get(number) {
                        Some(Choice::Mine) => {
                            let own = known.keys().get(number);
                            let before = |all: &HashMap<_, Mine>| {
                                let mine = own.and_then(|own| all.get(own));
                                mine.map_or_else(|| Some(Mine::nothing()), Mine::of_struct)
                            };
                            // Of a struct the folder may have more than that knows.
                            let own = items.get(number).map(|(_, own)| own);
                            pieces.push(match own.is_some_and(Content::is_struct) {
                                true => Piece::over(number, their, loaded.and_then(before)),
                                false => Piece::Mine(number),
                            });
                        }
                        Some(Choice::Theirs) => pieces.push(Piece::Theirs(their)),
                        Some(Choice::Both) => pieces.push(Piece::Both(number, their)),
                        Some(Choice::Neither) | None => {}
                    }
                    continue;
                }
                NamedItem::None(own) => Some(own),
                NamedItem::Unknown => None,
            };
            let is_pruned = is_struct && none.is_none() && self.options.prune;
            // A field that is `None` may have had another name in the folder.
            let seen = held.get(&their.digest).or_else(|| {
                let names = known.names_of_none(&none.filter(was_loaded)?);
                names.iter().find_map(|name| held.get(name))
            });
            if seen.is_none() {
                if replaces {
                    return Err(at(&key_text(&their.key)));
                }
                // What a struct does not know may be anything; a field of it was `None`.
                if !is_struct || none.is_some() {
                    leave(&key_text(&their.key))?;
                }
                pieces.push(Piece::Theirs(their));
                continue;
            }
            let is_as_seen = self.is_item_as_seen(seen, Some(&their))?;
            // What was loaded may have been of another type: a struct has taken out what it has a field for.
            let was_mine = match is_struct {
                true => none.as_ref().is_some_and(was_loaded),
                false => replaces || was_loaded(&their.digest),
            };
            if !is_as_seen && was_mine {
                return Err(at(&key_text(&their.key)));
            }
            // Taken out here, or not known to a nested struct.
            let goes = was_mine || is_as_seen && is_pruned;
            if !goes {
                pieces.push(Piece::Theirs(their));
            }
        }
        pieces.extend(new);
        let indices = pieces.iter().map(|piece| piece.key(items).and_then(|key| index(&key)));
        // One may have taken out what the other has set items behind.
        if is_list && let Some(gap) = gap(indices) {
            return Err(at(&gap.to_string()));
        }
        Ok(Merged { pieces, values, is_of_two: true, prunes: self.options.prune })
    }

    /// Of an array that came from the file of its key, if that tells; `Some(None)` if both were changed.
    #[expect(clippy::option_option, reason = "not told, told, and told to be an error")]
    fn tied_item(
        &self,
        content: &Content<'_>,
        seen: Option<&SeenItem>,
        now: Option<&Their>,
        value: impl Fn() -> Result<Fingerprint>,
    ) -> Result<Option<Option<Choice>>> {
        let (Some(dir), ContentKind::Array(array)) = (self.existing.dir_id, &content.0) else {
            return Ok(None);
        };
        let file = now.and_then(|their| their.file.as_deref());
        let (Some(file), Some(binding)) = (file, array.binding()) else { return Ok(None) };
        if !binding.comes_from(dir, file) {
            return Ok(None);
        }
        let found = self.stat(file)?.map(|stat| stat.identity);
        Ok(Some(match binding.standing(Some(dir), file, found) {
            Standing::Linked(target) if !self.existing.leads_to(file, &target)? => {
                Some(Choice::Theirs)
            }
            Standing::Same | Standing::Linked(_) | Standing::Different => Some(Choice::Mine),
            _ if self.is_file_as_seen(file)? => {
                self.check_edited(file, binding)?;
                Some(Choice::Mine)
            }
            Standing::Behind
                if self.is_item_as_loaded(content, seen, None, Alike::Equal, value)? =>
            {
                Some(Choice::Theirs)
            }
            Standing::Behind | Standing::Stale => None,
        }))
    }

    /// Whether an item is just what the folder has by now.
    fn is_item_equal(
        &self,
        content: &Content<'_>,
        now: &Their,
        value: impl Fn() -> Result<Fingerprint>,
    ) -> Result<bool> {
        match (now.item, &now.file, &content.0) {
            (SeenItem::Value(now), ..) => Ok(value()? == now),
            (SeenItem::File(_), Some(file), ContentKind::Array(array)) => {
                self.existing.holds_array(file, *array)
            }
            _ => Ok(false),
        }
    }

    pub(super) fn is_item_as_seen(
        &self,
        seen: Option<&SeenItem>,
        now: Option<&Their>,
    ) -> Result<bool> {
        Ok(match (seen, now) {
            (None, None) => true,
            (
                Some(SeenItem::File(seen)),
                Some(Their { item: SeenItem::File(now), file: Some(file), .. }),
            ) => seen == now && self.is_file_as_seen(file)?,
            (Some(SeenItem::Value(seen)), Some(Their { item: SeenItem::Value(now), .. })) => {
                seen == now
            }
            _ => false,
        })
    }
}

/// The first index that keys lack to be those of a list, in any order.
fn gap(keys: impl Iterator<Item = Option<usize>>) -> Option<usize> {
    let (mut indices, mut count) = (HashSet::new(), 0);
    for key in keys {
        count += 1;
        indices.extend(key);
    }
    (0..count).find(|index| !indices.contains(index))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Mine,
    Theirs,
    Both,
    Neither,
}
