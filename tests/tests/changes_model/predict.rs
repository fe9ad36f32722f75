//! What a save has to do, by the documents: the rules are those of `docs/safety.md`, "What a save promises", 4.

use super::folder::Folder;
use super::holder::Kind;
use super::item::Item;
use super::memory::{Holder, Sight, SightId, Sights};
use super::types::Token;
use std::collections::BTreeMap;
use varpack::SaveOptions;

/// How it is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Usual,
    Overwrite,
    OverwriteField(&'static str),
    Prune,
}

impl Way {
    pub(crate) fn options(self) -> SaveOptions {
        let options = varpack_tests::holders::unsynced();
        match self {
            Self::Usual => options,
            Self::Overwrite => options.overwrite(true),
            Self::OverwriteField(field) => options.overwrite_field(field),
            Self::Prune => options.prune(true),
        }
    }
}

/// What comes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is as it was loaded, here and in the folder.
    Same,
    /// The folder gets what is here.
    Written,
    /// The folder has it as it is here, by someone else's work.
    Agreed,
    /// It stays as the folder has it by now, or stays out.
    Kept,
    /// The struct does not know it, and `prune` takes it out.
    Pruned,
}

/// What is to come of a save.
#[derive(Debug, Default)]
pub(crate) struct Prediction {
    pub(crate) base: Option<SightId>,
    pub(crate) fates: BTreeMap<Item, Fate>,
    pub(crate) after: BTreeMap<Item, Token>,
    /// What makes the save `Stale`: both have changed it.
    pub(crate) stale: Vec<Item>,
    /// The same: this copy has it as it was, another copy has saved since.
    pub(crate) older: Vec<Item>,
    /// What makes it a `Usage` error: the default of what was skipped.
    pub(crate) usage: Vec<Item>,
    /// What makes it `Exists`.
    pub(crate) exists: Vec<Item>,
    /// What may make it an error or not: see `open.rs`.
    pub(crate) open: Vec<Item>,
}

pub(crate) fn predict(sights: &Sights, folder: &Folder, holder: &Holder, way: Way) -> Prediction {
    let base = holder.base(sights);
    let judge = Judge { sights, folder, holder, way, base, sight: base.map(|id| sights.get(id)) };
    let mut prediction = Prediction { base, after: folder.tokens(), ..Prediction::default() };
    for unit in Item::units() {
        judge.judge(&unit, &mut prediction);
    }
    prediction.older.extend(judge.older_struct());
    prediction.open.extend(judge.dictionaries_of_a_copy());
    prediction
}

pub(super) struct Judge<'a> {
    pub(super) sights: &'a Sights,
    pub(super) folder: &'a Folder,
    pub(super) holder: &'a Holder,
    way: Way,
    pub(super) base: Option<SightId>,
    pub(super) sight: Option<&'a Sight>,
}

impl Judge<'_> {
    fn judge(&self, unit: &[Item], to: &mut Prediction) {
        let (known, unknown): (Vec<_>, Vec<_>) = unit.iter().partition(|item| self.knows(**item));
        if self.way == Way::Prune && !self.is_carried_by_a_pack(unit[0]) {
            for item in unknown {
                to.fates.insert(item, Fate::Pruned);
                to.after.insert(item, None);
            }
        }
        if known.is_empty() {
            return;
        }
        let fate = self.fate(unit, &known, to);
        for item in known {
            let is_left = fate == Fate::Written && self.is_left_in_its_struct(item);
            to.fates.insert(item, if is_left { Fate::Kept } else { fate });
            if fate == Fate::Written && !is_left {
                to.after.insert(item, self.holder.token(item));
            }
        }
    }

    fn fate(&self, unit: &[Item], known: &[Item], to: &mut Prediction) -> Fate {
        if self.is_left_at_its_default(unit[0]) {
            if self.is_skipped_by_another_load(unit[0]) {
                to.open.extend(known); // by two loads: which of them says that it is kept?
            }
            return Fate::Kept;
        }
        if self.is_skipped_by_another_load(unit[0]) {
            // Where it was not this struct's own load either, nobody can tell whose default it is.
            let is_own = self.holder.without.contains(unit[0].field());
            if is_own { &mut to.usage } else { &mut to.open }.extend(known);
        }
        let (Some(sight), Some(base)) = (self.sight, self.base) else {
            to.open.extend(known.iter().filter(|item| self.may_know_its_own_file(**item)));
            return Fate::Written;
        };
        if self.is_written_over(unit[0]) {
            return Fate::Written;
        }
        if self.is_of_several_loads() {
            let is_older = self.is_seen_otherwise(unit) && !self.are_equal(known);
            to.older.extend(known.iter().filter(|_| is_older));
            to.open.extend(known); // what a load has seen of the other keys, and of what it did not know
        }
        if self.is_added_beside(sight, unit[0]) {
            to.open.extend(known);
            return Fate::Kept;
        }
        if self.is_unseen(sight, unit[0]) {
            to.exists.extend(known.iter().filter(|item| self.would_lose_an_array(**item)));
            return Fate::Written;
        }
        if self.is_taken_out_by_an_older_name(sight, unit[0]) {
            return Fate::Kept;
        }
        let here = self.is_replaced_whole(sight, unit[0])
            || known.iter().any(|item| self.is_changed_here(sight, *item));
        let there = unit.iter().any(|item| self.is_changed_there(sight, *item));
        match (here, there) {
            (false, false) => Fate::Same,
            (true, false) => {
                to.stale
                    .extend(known.iter().filter(|item| self.is_edited_by_a_copy(sight, **item)));
                to.open.extend(known.iter().filter(|item| self.may_be_edited_still(sight, **item)));
                Fate::Written
            }
            (false, true) => {
                if self.is_behind_a_copy(base, unit[0]) {
                    to.older.extend(known);
                } else if self.may_be_refused(base) || self.may_be_changed(unit, known, base) {
                    to.open.extend(known);
                }
                Fate::Kept
            }
            (true, true) if self.are_equal(known) => {
                if self.may_be_another(unit, known) {
                    to.open.extend(known);
                }
                Fate::Agreed
            }
            (true, true) if known.iter().all(|item| self.is_of_the_present_file(*item)) => {
                Fate::Written
            }
            (true, true) if known.iter().all(|item| self.is_as_it_was(sight, *item)) => {
                to.open.extend(known);
                Fate::Kept
            }
            (true, true) => {
                to.stale.extend(known);
                Fate::Written
            }
        }
    }

    /// "What a struct does not know stays." A pack knows what it has, and what it has taken out.
    fn knows(&self, item: Item) -> bool {
        let is_had = || {
            let mine = self.sight.is_some_and(|sight| sight.mine(item).is_some());
            mine || self.holder.token(item).is_some()
        };
        self.holder.knows(item)
            && (self.holder.kind != Kind::Pack || !item.is_variable() || is_had())
    }

    /// What a pack has skipped it knows, though it does not have it.
    fn is_carried_by_a_pack(&self, item: Item) -> bool {
        self.holder.kind == Kind::Pack && self.holder.without.contains(item.field())
    }

    fn is_skipped(&self, item: Item) -> bool {
        self.sight.is_some_and(|sight| sight.skipped.contains(item.field()))
    }

    /// "As long as it still is [its default] at the next save into that folder, what the folder holds is kept"
    /// (`docs/attributes.md`, `skip_load`); "`overwrite(true)` writes .. no default over a field that the load has
    /// skipped"; "`overwrite_field(\"notes\")` saves such a field even at its default value".
    fn is_left_at_its_default(&self, item: Item) -> bool {
        // That is said of the type, too.
        let is_marked = item == Item::Notes && self.holder.is_whole();
        let is_said = self.way == Way::OverwriteField(item.field());
        (self.is_skipped(item) || is_marked) && self.is_default(item) && !is_said
    }

    /// Whether a field has its default.
    fn is_default(&self, item: Item) -> bool {
        let is_none = |item: Item| !self.holder.knows(item) || self.holder.token(item).is_none();
        item.of_field().all(is_none)
    }

    /// A struct that goes by another load than the one that has skipped the field: "for a save of the bare struct
    /// `SaveOptions::keep` says it" (`docs/attributes.md`, `skip_load`).
    fn is_skipped_by_another_load(&self, item: Item) -> bool {
        let mut others = self.holder.carried().filter(|id| Some(*id) != self.base);
        self.holder.kind != Kind::Pack
            && item != Item::Notes
            && !self.is_written_over(item)
            && item.of_field().any(|item| self.folder.of(item).name.is_some())
            && self.is_default(item)
            && others.any(|id| self.sights.get(id).skipped.contains(item.field()))
    }

    fn is_written_over(&self, item: Item) -> bool {
        match self.way {
            Way::Overwrite => true,
            Way::OverwriteField(field) => field == item.field(),
            Way::Usual | Way::Prune => false,
        }
    }

    /// "An array counts as changed if it was written to, or is another one; in a pickle, if it has .. other elements."
    pub(super) fn is_changed_here(&self, sight: &Sight, item: Item) -> bool {
        let held = &self.holder.items[&item];
        match held.token.is_some() && item.has_file() {
            true => held.stamp.is_none() || held.stamp != sight.seen(item).stamp,
            false => held.token != sight.mine(item) && held.token != sight.seen(item).token,
        }
    }

    /// A field that was skipped, and "is set after that is saved: a map replaces all that the folder has"
    /// (`docs/attributes.md`, `skip_load`).
    fn is_replaced_whole(&self, sight: &Sight, item: Item) -> bool {
        let is_own = self.holder.without.contains("layers") && self.is_skipped(item);
        let is_there = [sight.seen(item), self.folder.of(item)].iter().any(|it| it.token.is_some());
        matches!(item, Item::Layer(_)) && is_own && is_there
    }

    /// The same of a struct: "of a `nested` struct the fields that still have their defaults stay".
    fn is_left_in_its_struct(&self, item: Item) -> bool {
        let is_unchanged = self.sight.is_some_and(|sight| !self.is_changed_here(sight, item));
        item.field() == "model" && self.holder.without.contains("model") && is_unchanged
    }

    /// A pack knows variables and keys by their names: what it has taken out by one is out by that name, and what another
    /// program calls it since is nothing that the pack knows.
    fn is_taken_out_by_an_older_name(&self, sight: &Sight, item: Item) -> bool {
        let (now, seen) = (self.folder.of(item), sight.seen(item));
        let is_renamed = now.name.is_some() && now.name != seen.name;
        self.holder.kind == Kind::Pack && is_renamed && self.holder.token(item).is_none()
    }

    /// "Of an array's file its identity, size and times count, not its bytes .. so does .. a value in a pickle of its own
    /// that the load has skipped, once that pickle was written again."
    fn is_changed_there(&self, sight: &Sight, item: Item) -> bool {
        let (now, seen) = (self.folder.of(item), sight.seen(item));
        now.token != seen.token
            || item.has_file() && now.stamp != seen.stamp
            || self.is_skipped(item) && seen.stamp.is_some() && now.stamp != seen.stamp
            || self.holder.kind == Kind::Pack && now.name != seen.name
    }

    /// What an array was before it was changed it knows itself: it has seen what the folder has, whatever the load has that
    /// is judged by.
    fn is_of_the_present_file(&self, item: Item) -> bool {
        let (file, now) = (&self.holder.items[&item].file, self.folder.of(item));
        file.is_some() && *file == now.stamp && !self.is_renamed_to_a_pack(item)
    }

    /// "What two have changed to the same is known by both from then on." What was skipped and left at its default is not
    /// changed.
    fn are_equal(&self, known: &[Item]) -> bool {
        known.iter().all(|item| self.is_left_in_its_struct(*item) || self.is_equal(*item))
    }

    fn is_equal(&self, item: Item) -> bool {
        let (held, now) = (&self.holder.items[&item], self.folder.of(item));
        let is_same = held.token == now.token;
        is_same && !self.is_renamed_to_a_pack(item)
    }

    /// A pack has it by a name that others have dropped.
    fn is_renamed_to_a_pack(&self, item: Item) -> bool {
        let (now, seen) = (self.folder.of(item), self.sight.map(|sight| sight.seen(item).name));
        self.holder.kind == Kind::Pack && now.name.is_some() && seen != Some(now.name)
    }

    /// Whether the load was of a type that does not know a variable that the folder had.
    fn is_unseen(&self, sight: &Sight, item: Item) -> bool {
        let mut field = item.of_field();
        !sight.looked.contains(item.field()) && field.any(|item| sight.seen(item).name.is_some())
    }

    /// "What such a load has not looked at (the struct was of another type) is written as by a struct that remembers
    /// nothing, but no arrays in files go that the field does not hold (`Exists`)."
    fn would_lose_an_array(&self, item: Item) -> bool {
        item.has_file() && self.folder.of(item).token.is_some() && self.holder.token(item).is_none()
    }

    /// "A copy of what was loaded whose other copy has saved since is `Stale` where it has the older state": an edit in
    /// place is saved by itself.
    fn is_edited_by_a_copy(&self, sight: &Sight, item: Item) -> bool {
        sight.edited.get(&item).is_some_and(|knowing| !knowing.contains(&self.holder.id))
    }

    /// "A copy of what was loaded whose other copy has saved since is `Stale` where it has the older state."
    fn is_behind_a_copy(&self, base: SightId, item: Item) -> bool {
        // It is open whether a map without a key that the other copy has added "has the older state".
        let may_be_added = !item.is_variable() && self.holder.token(item).is_none();
        let is_copy = self.holder.load == self.sights.get(base).load;
        let is_copy = is_copy && self.holder.kind != Kind::Pack;
        // "A plain struct .. leaves nothing out".
        let is_plain = self.holder.kind == Kind::Plain && item != Item::Notes;
        is_copy && self.sights.is_superseded(base) && !may_be_added || is_plain
    }

    /// Whether the folder has something otherwise than one of the loads of this struct's arrays has seen it.
    fn is_seen_otherwise(&self, items: &[Item]) -> bool {
        let mut sights = self.holder.carried().map(|id| self.sights.get(id));
        sights.any(|sight| items.iter().any(|item| self.is_changed_there(sight, *item)))
    }

    /// "Of a plain struct with arrays of several loads nobody can tell which was put to which: what the folder has
    /// otherwise than one of them saw, and otherwise than this struct, is `Stale`."
    pub(super) fn is_of_several_loads(&self) -> bool {
        let load = |id: SightId| self.sights.get(id).load;
        let mut loads: Vec<_> = self.holder.carried().map(load).collect();
        loads.dedup();
        self.holder.kind == Kind::Plain && loads.iter().any(|load| Some(load) != loads.first())
    }

    /// "But if all its arrays are of older loads, and of the values that the two loads have seen differently some are as
    /// the older one has them and none as this one has, it is the older struct in the place of this one."
    fn older_struct(&self) -> Vec<Item> {
        let holder = self.holder;
        let (Some(own), Kind::Loaded) = (self.sight, holder.kind) else { return Vec::new() };
        let is_own = |id: SightId| self.sights.get(id).load == own.load;
        if self.way == Way::Overwrite || holder.carried().any(is_own) {
            return Vec::new();
        }
        let Some(older) = self.sights.oldest(holder.carried()) else { return Vec::new() };
        let older = self.sights.get(older);
        let differs = |item: &&Item| {
            let is_seen = [own, older]
                .iter()
                .all(|it| it.looked.contains(item.field()) && !it.skipped.contains(item.field()));
            is_seen && !item.has_file() && own.mine(**item) != older.mine(**item)
        };
        let values: Vec<_> = holder.known.iter().filter(differs).copied().collect();
        let is_as = |sight: &Sight, item: &Item| holder.token(*item) == sight.mine(*item);
        if values.iter().any(|item| is_as(own, item)) {
            return Vec::new();
        }
        values.into_iter().filter(|item| is_as(older, item)).collect()
    }
}
