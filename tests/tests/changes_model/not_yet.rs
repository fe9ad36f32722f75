//! Where the code is not yet as the documents say: each rule here keeps the model from one fault that it has found, and
//! goes when that is mended.

use super::item::{ALL, Item};
use super::memory::{Holder, SightId};
use super::predict::{Fate, Prediction, Way};
use super::world::World;

/// `docs/attributes.md`, `nested`: "Keys of the dictionary that it does not know stay .. and so do those of a struct nested
/// in it; `prune(true)` removes them." Where a nested struct is unchanged those of the inner one stay, and so do those
/// that another has changed since the load.
pub(crate) fn may_stay_unpruned(holder: &Holder, way: Way, item: Item) -> bool {
    let is_known = ALL.iter().any(|other| other.field() == item.field() && holder.knows(*other));
    way == Way::Prune && !item.is_variable() && is_known && !holder.knows(item)
}

/// `docs/safety.md`, 4: "What two have changed to the same is known by both from then on." An array that was put here and
/// is the folder's very file is not: the next change of it is `Stale`.
pub(crate) fn does_not_know_what_is_the_same(prediction: &Prediction) -> bool {
    let is_file = |(item, fate): (&Item, &Fate)| *fate == Fate::Agreed && item.has_file();
    prediction.fates.iter().any(is_file)
}

impl World {
    /// `docs/safety.md`, 4: "what both have changed is `Stale`", "a copy of what was loaded whose other copy has saved since
    /// is `Stale` where it has the older state." An edit in place of a map's array is undone by the save of a clone.
    pub(crate) fn would_be_undone_by_a_copy(&self, at: usize, item: Item) -> bool {
        let load = |id: usize| self.sights.get(id).load;
        let Some(edited) = self.holders[at].items[&item].sight.map(load) else { return false };
        let others = self.holders.iter().enumerate().filter(|(other, _)| *other != at);
        others.flat_map(|(_, other)| other.carried()).any(|id| load(id) == edited)
    }

    /// The same of a struct that gets an array of the load whose other arrays were edited in place; and the other way round,
    /// an array that is put back where this holder itself has edited is refused: "An array of an older load that is put into
    /// a `Loaded` .. is a change like any other."
    pub(crate) fn is_put_beside_an_edit(&self, at: usize, array: Option<SightId>) -> bool {
        let mut sights = self.holders[at].carried().chain(self.holders[at].own).chain(array);
        sights.any(|id| !self.sights.get(id).edited.is_empty())
    }

    /// `docs/attributes.md`, `skip_load`: "As long as it still is [its default] at the next save into that folder, what the
    /// folder holds is kept", and of a `nested` struct "the fields that still have their defaults stay". An array at its
    /// default that was saved elsewhere in between is written over what the folder has.
    pub(crate) fn would_write_a_default(&self, at: usize) -> bool {
        !self.holders[at].without.is_empty()
    }
}
