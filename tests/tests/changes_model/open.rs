//! Where `docs/safety.md`, "What a save promises", 4, leaves open what a save does: it may be refused, or be made as
//! `predict.rs` says. `Counts::open` has how often it was refused.

use super::holder::Kind;
use super::item::Item;
use super::memory::{Sight, SightId};
use super::predict::{Fate, Judge, Prediction};

/// `docs/attributes.md`, `nested`: "`prune(true)` removes them, where nobody else has changed the dictionary since": it may
/// have been another key of it that this struct does not know.
pub(crate) fn may_stay_unpruned(prediction: &Prediction, item: Item) -> bool {
    let is_known =
        |(other, fate): (&Item, &Fate)| other.field() == item.field() && *fate != Fate::Pruned;
    prediction.fates.get(&item) == Some(&Fate::Pruned) && prediction.fates.iter().any(is_known)
}

impl Judge<'_> {
    /// Where the documents leave it open whether what was not changed here, and the folder has otherwise, stays as it is
    /// there or is `Stale`.
    pub(super) fn may_be_refused(&self, base: SightId) -> bool {
        self.may_be_left_out() || self.may_be_behind_a_copy(base)
    }

    /// Whether a plain struct leaves a part out may hang on parts that it does not know.
    pub(super) fn may_be_left_out(&self) -> bool {
        self.holder.kind == Kind::Plain
    }

    /// "A copy of what was loaded whose other copy has saved since": it is open whether that is one that had nothing to
    /// write, or a struct that has an array of the load; and a pack is none's copy, but another may have its arrays.
    pub(super) fn may_be_behind_a_copy(&self, base: SightId) -> bool {
        self.sights.may_be_superseded(base)
    }

    /// "What both have changed is `Stale`": it is open whether one who has a copy of what was edited in place, and takes it
    /// out, has seen all of what the other does there.
    pub(super) fn may_be_edited_still(&self, sight: &Sight, item: Item) -> bool {
        self.holder.token(item).is_none() && sight.edited.contains_key(&item)
    }

    /// The same of a whole dictionary that was not changed here: whether it "has the older state" where someone has changed
    /// an item that this struct does not know.
    pub(super) fn dictionaries_of_a_copy(&self) -> Vec<Item> {
        let (Some(sight), Some(base)) = (self.sight, self.base) else { return Vec::new() };
        if !self.may_be_refused(base) {
            return Vec::new();
        }
        let is_unchanged = |item: &&Item| {
            item.of_field()
                .all(|other| !self.holder.knows(other) || !self.is_changed_here(sight, other))
        };
        let known = self.holder.known.iter().filter(|item| !item.is_variable());
        known.filter(is_unchanged).copied().collect()
    }

    /// Whether a struct in a nested one, of which this struct knows or has loaded only some fields, is "the same" where
    /// those are.
    pub(super) fn may_be_another(&self, unit: &[Item], known: &[Item]) -> bool {
        unit.len() > 1 && (known.len() < unit.len() || self.holder.without.contains("model"))
    }

    /// Whether such a struct was changed here where the load that counts was another's, of a type that has less of it.
    pub(super) fn may_be_changed(&self, unit: &[Item], known: &[Item], base: SightId) -> bool {
        self.may_be_another(unit, known) && self.holder.load != self.sights.get(base).load
    }

    /// It is open whether an array is a change that is put where it had been, or in a field that was skipped, and has just
    /// the elements that this load has seen there.
    pub(super) fn is_as_it_was(&self, sight: &Sight, item: Item) -> bool {
        let (now, was) = (self.holder.token(item), [sight.mine(item), sight.seen(item).token]);
        now.is_some() && was.contains(&now)
    }

    /// Where it is open as well: a struct that remembers nothing "is written as it is", but its arrays may know the files
    /// that it has saved them to itself. Where someone else has replaced one since, the refusal undoes nobody's work.
    pub(super) fn may_know_its_own_file(&self, item: Item) -> bool {
        let file = &self.holder.items[&item].file;
        file.is_some() && *file != self.folder.of(item).stamp
    }

    /// Whether someone else has added a variable since that the load, of a type that does not know it, did not find: "what
    /// such a load has not looked at .. is written as by a struct that remembers nothing", but nothing was changed here if
    /// it is still `None`.
    pub(super) fn is_added_beside(&self, sight: &Sight, item: Item) -> bool {
        let is_known = sight.looked.contains(item.field()) || sight.seen(item).name.is_some();
        item == Item::Mask
            && !is_known
            && self.folder.of(item).name.is_some()
            && self.holder.token(item).is_none()
    }
}
