//! Who has changed what since the load: what I did not change stays as the folder has it, what I changed
//! replaces what was there, and what both have changed is an error.

use super::Plan;
use super::held::HeldItems;
use crate::Result;
use crate::array::{ArraySource, Binding, Standing};
use crate::folder::baseline::{Alike, Baseline, Mine, Part, SeenItem, Sight};
use crate::folder::content::{Content, ContentKind, Variable};
use crate::folder::group::Entries;
use crate::folder::item_names::{ItemNames, NamedItem, key_fingerprints};
use crate::folder::save::stale::{older, stale};
use crate::layout::name;
use crate::pickle::internal::Fingerprint;

/// What a save does with a variable of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Writes it, or takes it away.
    Write,
    /// Leaves it as the folder has it, and as both had it.
    Same,
    /// The same, in another place: there it is as the folder has it, too.
    Move,
    /// Leaves it as the folder has it by now.
    Keep,
    /// The same of what others have made just what it is here: it is known by both from now on.
    Agree,
    /// Leaves it out: someone else has taken it away.
    Drop,
    /// Judges its items one by one.
    Merge,
}

impl<'a> Plan<'a, '_> {
    /// What is to be done with a variable that no option decides.
    pub(super) fn verdict(&self, variable: &Variable<'a>) -> Result<Verdict> {
        let Some(sight) = self.base() else { return Ok(Verdict::Write) };
        let there = self.existing.first(variable.names());
        let was = variable.names().find(|name| sight.part(name).is_some());
        let has_it = there.is_some();
        let stay = || match (there, was) {
            (Some(_), _) => Verdict::Keep,
            (None, Some(_)) => Verdict::Drop,
            (None, None) => Verdict::Write,
        };
        if sight.is_skipped(variable) && self.is_mine_as_loaded(variable, was, Alike::Equal)? {
            return Ok(stay());
        }
        if !has_it && matches!(variable.content.0, ContentKind::Absent) {
            return Ok(Verdict::Write); // there is nothing to write, nor to lose
        }
        if let ContentKind::Array(array) = &variable.content.0
            && let Some(verdict) = self.tied_array(variable, *array, there, was)?
        {
            return Ok(verdict);
        }
        let name = there.or(was).unwrap_or(&variable.name);
        if self.is_nested_there(variable)? {
            return match self.is_as_seen(name, was)? {
                true => Ok(Verdict::Write),
                false if self.is_mine_as_loaded(variable, was, Alike::Equal)? => {
                    self.leave(Verdict::Keep)
                }
                false => Err(stale()),
            };
        }
        // The load was of a type that has no such field: nobody has looked.
        // Of a list or map it has looked at what there was.
        let is_known = variable.is_among(|name| sight.mine(name).is_some());
        let is_new = was.is_none() && !sight.is_of_all && !is_known;
        if is_new || self.is_as_seen(name, was)? {
            // What was not changed is not written anew to find that out: a hash map comes in another order.
            let is_mine_as_loaded = || self.is_mine_as_loaded(variable, was, Alike::Pickled);
            let is_value =
                matches!(variable.content.0, ContentKind::Value(_) | ContentKind::Node(_));
            return Ok(match self.is_placed_as_said(variable)? {
                true if !self.prunes_within(&variable.content) && is_mine_as_loaded()? => {
                    Verdict::Same
                }
                false if has_it && is_value && is_mine_as_loaded()? => Verdict::Move,
                // What the folder has under keys that a nested struct does not know stays.
                _ if has_it && self.unknown_items(variable, was)? > 0 => Verdict::Merge,
                _ => Verdict::Write,
            });
        }
        let is_dict = matches!(variable.content.0, ContentKind::Dict(..));
        let merges = || Ok(has_it && is_dict && self.can_merge(name, was)?);
        // What others have changed of a struct may be what this one does not know.
        let is_by_item = self.is_superseded && variable.content.is_struct() && merges()?;
        if !is_by_item && self.is_mine_as_loaded(variable, was, Alike::Equal)? {
            return self.leave(stay());
        }
        if is_by_item || merges()? {
            return Ok(Verdict::Merge);
        }
        if has_it && self.is_equal(name, &variable.content)? {
            return Ok(Verdict::Agree);
        }
        if sight.told.contains_key(&Fingerprint::of(name)) && self.is_told(variable) {
            return Ok(Verdict::Drop); // others have made it just what it is here
        }
        Err(stale())
    }

    /// Whether names tell by now just the entries that are here. None at all tell of a list or map that it is empty, or that
    /// there is no such option.
    fn is_told(&self, variable: &Variable<'_>) -> bool {
        let told = self.told.get(variable.name.as_ref()).zip(variable.entries.as_ref());
        told.is_some_and(|(keys, entries)| {
            (!keys.is_empty() || matches!(entries, Entries::Nothing)) && entries.are_told_by(keys)
        })
    }

    /// Whether what a struct does not know is to go.
    pub(super) fn prunes_within(&self, content: &Content<'_>) -> bool {
        self.options.prune && holds_structs(content)
    }

    /// Of a top-level array that came from the folder, if its own file tells.
    fn tied_array(
        &self,
        variable: &Variable<'a>,
        array: &dyn ArraySource,
        there: Option<&str>,
        was: Option<&str>,
    ) -> Result<Option<Verdict>> {
        let (Some(binding), Some(dir), Some(sight)) =
            (array.binding(), self.existing.dir_id, self.base())
        else {
            return Ok(None);
        };
        let own = name::array_file(&variable.name);
        let file = match there.and_then(|name| self.existing.entry(name)) {
            None => own.as_str(),
            Some(entry) if entry.is_array() => &entry.filename,
            // No array any more: no file tells.
            Some(_) => return Ok(None),
        };
        if !binding.comes_from(dir, file) {
            return Ok(None);
        }
        let found = self.stat(file)?.map(|stat| stat.identity);
        let standing = binding.standing(Some(dir), file, found);
        // What was skipped was never here: an array of another load was put there.
        let is_unchanged = !sight.is_skipped(variable)
            && binding.is_unchanged(dir, |origin| {
                origin.name == file
                    && sight.file(file).is_some_and(|seen| seen.is_the_one(origin.stands_as()))
            });
        Ok(match standing {
            // Taken out by someone else, who may have left the file.
            _ if there.is_none() && was.is_some() => {
                Some(if is_unchanged { self.leave(Verdict::Drop)? } else { return Err(stale()) })
            }
            Standing::Linked(target) if !self.existing.leads_to(file, &target)? => {
                Some(Verdict::Keep) // a link is not what was loaded, but what it leads to
            }
            Standing::Same | Standing::Linked(_) | Standing::Different => Some(Verdict::Write),
            Standing::Behind | Standing::Stale if self.is_file_as_seen(file)? => {
                // Where another variable has the file, this one gets one of its own.
                let is_it = |name: &str| variable.names().any(|own| own == name);
                if self.existing.variables_in(file).iter().all(|name| is_it(name)) {
                    self.check_edited(file, binding)?;
                }
                Some(Verdict::Write) // all by me
            }
            Standing::Behind if is_unchanged => Some(self.leave(Verdict::Keep)?),
            // Both have changed it: it may be the same.
            Standing::Behind | Standing::Stale => return Ok(None),
        })
    }

    /// Of what was not changed here, but in the folder. Where that may be the work of another copy of the same
    /// load, nobody can tell whether this one is to bring the older state back or to leave it alone.
    pub(super) fn leave(&self, verdict: Verdict) -> Result<Verdict> {
        match verdict {
            Verdict::Keep | Verdict::Drop if self.is_superseded => Err(older()),
            verdict => Ok(verdict),
        }
    }

    /// The same of a file that someone who shares the load has edited in place since, but not this array. One of another
    /// load was put here.
    pub(super) fn check_edited(&self, file: &str, binding: &Binding) -> Result<()> {
        let is_put = || {
            let of = Baseline::of(binding).zip(self.load);
            !self.is_superseded && of.is_some_and(|(of, load)| !of.is_of_load(load))
        };
        let is_edited = |sight: &Sight| sight.edited.contains_key(&Fingerprint::of(file));
        match self.base().is_some_and(is_edited) {
            true if is_put() => self.check_edited_beside(file),
            true => Err(older()),
            false => Ok(()),
        }
    }

    /// The same of an array that takes the file's place: not if the edited one is of this struct too, or gone.
    pub(super) fn check_edited_beside(&self, file: &str) -> Result<()> {
        let is_beside = |sight: &Sight| {
            let editor = sight.edited.get(&Fingerprint::of(file));
            editor.is_some_and(|editor| {
                editor.strong_count() > 0 && !self.editors.iter().any(|own| own.ptr_eq(editor))
            })
        };
        if self.base().is_some_and(is_beside) { Err(stale()) } else { Ok(()) }
    }

    /// Notes which of the arrays were edited in place, if any was by whoever shares the load.
    pub(super) fn note_editors(&mut self, variables: &[Variable<'a>]) -> Result<()> {
        if self.base().is_none_or(|sight| sight.edited.is_empty()) {
            return Ok(());
        }
        let editors = &mut self.editors;
        variables.iter().try_for_each(|variable| {
            variable.content.for_each_array(&mut |array| {
                editors.extend(array.binding().and_then(Binding::editor));
                Ok(())
            })
        })
    }

    /// How many items the folder had, at the load, under keys that are no field of a nested struct, or of one that had
    /// none. Of a map there are none.
    pub(super) fn unknown_items(
        &self,
        variable: &Variable<'_>,
        was: Option<&str>,
    ) -> Result<usize> {
        let Some(sight) = self.base().filter(|_| !self.options.prune) else {
            return Ok(0);
        };
        let (Some(Part::Dict { items: held, .. }), Some(Mine::Dict(loaded)), true) = (
            was.and_then(|was| sight.part(was)),
            sight.mine(&variable.name),
            variable.content.is_struct(),
        ) else {
            return Ok(0);
        };
        let known = ItemNames::of(&variable.content, |name| held.contains_key(name))?;
        let stays = |key: &&Fingerprint| match known.get(key) {
            NamedItem::Item(_) => false,
            // It was `None` here at the load, too.
            NamedItem::None(own) => !loaded.items.contains_key(&own),
            NamedItem::Unknown => true,
        };
        Ok(held.keys().filter(stays).count())
    }

    /// Whether a field is as it was when it was loaded; `was`: what the folder called it then.
    fn is_mine_as_loaded(
        &self,
        variable: &Variable<'_>,
        was: Option<&str>,
        alike: Alike,
    ) -> Result<bool> {
        let Some(sight) = self.base() else { return Ok(false) };
        if variable.is_among(|name| self.options.carry.contains(name)) {
            return Ok(true);
        }
        // What was skipped was never here: it was its default.
        let is_skipped = sight.is_skipped(variable);
        let part = was.and_then(|name| sight.part(name)).filter(|_| !is_skipped);
        let seen = match part {
            Some(Part::Array { file }) => Some(SeenItem::File(*file)),
            Some(Part::Whole { value, .. }) => value.map(SeenItem::Value),
            _ => None,
        };
        let mine = sight.mine(&variable.name);
        let ContentKind::Dict(items, _) = &variable.content.0 else {
            let value = || Mine::as_held(&variable.content);
            return self.is_item_as_loaded(&variable.content, seen.as_ref(), mine, alike, value);
        };
        let Some(Part::Dict { items: held, .. }) = part else {
            return mine.map_or(Ok(false), |mine| mine.is_still(&variable.content, alike));
        };
        let loaded = match mine {
            Some(Mine::Dict(loaded)) => Some(loaded),
            Some(_) => return Ok(false),
            None => None,
        };
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        if !match loaded {
            Some(loaded) => loaded.may_be(&keys, &variable.content, alike)?,
            None => alike == Alike::Equal && items.len() == held.len(),
        } {
            return Ok(false);
        }
        let values = HeldItems::new(items);
        for (number, (key, (_, content))) in keys.into_iter().zip(items).enumerate() {
            let mine = match loaded.map(|loaded| loaded.items.get(&key)) {
                Some(None) => return Ok(false),
                Some(mine) => mine,
                None => None,
            };
            let value = || values.value(number, content);
            if !self.is_item_as_loaded(content, held.get(&key), mine, alike, value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same of a variable that is no dictionary, or of an item of one. `held`: what the folder had;
    /// `mine`: what it was, where that is known of a struct; `value`: what a save would write of it.
    pub(super) fn is_item_as_loaded(
        &self,
        content: &Content<'_>,
        held: Option<&SeenItem>,
        mine: Option<&Mine>,
        alike: Alike,
        value: impl Fn() -> Result<Fingerprint>,
    ) -> Result<bool> {
        let (Some(sight), Some(dir)) = (self.base(), self.existing.dir_id) else {
            return Ok(false);
        };
        let is_tied = !matches!(mine, Some(Mine::Whole { .. }));
        if let ContentKind::Array(array) = content.0
            && let Some(binding) = array.binding().filter(|it| is_tied && it.has_origin())
        {
            let file = match held {
                Some(SeenItem::File(file)) => file,
                // Too small for a file: what it is tells, wherever it came from.
                Some(SeenItem::Value(held)) => return Ok(value()? == *held),
                None => return Ok(false),
            };
            return Ok(binding.is_unchanged(dir, |origin| {
                Fingerprint::of(origin.name.as_str()) == *file
                    && sight.files.get(file).is_some_and(|seen| seen.is_the_one(origin.stands_as()))
            }));
        }
        match (mine, held) {
            (Some(mine), _) if mine.is_still(content, alike)? => Ok(true),
            (_, Some(SeenItem::Value(held))) if alike == Alike::Equal => Ok(value()? == *held),
            _ => Ok(false),
        }
    }

    /// Whether a value, or an array, is just what the folder has by now.
    pub(super) fn is_equal(&self, name: &str, content: &Content<'_>) -> Result<bool> {
        match content.0 {
            ContentKind::Value(_) | ContentKind::Node(_) => {
                let now = self.value_now(name)?;
                Ok(now.is_some() && Some(Mine::as_held(content)?) == now)
            }
            ContentKind::Array(array) => match self.existing.entry(name).filter(|it| it.is_array())
            {
                Some(entry) => self.existing.holds_array(&entry.filename, array),
                None => Ok(false),
            },
            ContentKind::Absent | ContentKind::Dict(..) => Ok(false),
        }
    }

    /// What the folder has by now of a variable in a pickle, as one value; `None` if nothing tells.
    pub(super) fn value_now(&self, name: &str) -> Result<Option<Fingerprint>> {
        Ok(match self.whole_part(name)? {
            Some(Part::Whole { value, .. }) => value,
            _ => None,
        })
    }

    /// The same as it is remembered; of an array its file.
    pub(super) fn whole_part(&self, name: &str) -> Result<Option<Part>> {
        if let Some(entry) = self.existing.entry(name).filter(|entry| entry.is_array()) {
            return Ok(Some(Part::Array { file: Fingerprint::of(entry.filename.as_str()) }));
        }
        self.existing.part(name, false, &mut self.pickles.nodes.borrow_mut())
    }

    /// Whether a variable is a dictionary and was one, or was not there.
    fn can_merge(&self, name: &str, was: Option<&str>) -> Result<bool> {
        let Some(sight) = self.base() else { return Ok(false) };
        let was_dict = was.is_none_or(|was| matches!(sight.part(was), Some(Part::Dict { .. })));
        let now = self.existing.part(name, true, &mut self.pickles.nodes.borrow_mut())?;
        Ok(was_dict && matches!(now, Some(Part::Dict { .. })))
    }
}

/// Whether a dictionary is a nested struct, or holds one.
fn holds_structs(content: &Content<'_>) -> bool {
    match &content.0 {
        ContentKind::Dict(items, _) => {
            content.is_struct() || items.iter().any(|(_, content)| holds_structs(content))
        }
        _ => false,
    }
}
