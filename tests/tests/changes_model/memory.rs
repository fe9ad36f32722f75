//! What those who have the folder loaded hold and remember, as far as the documents speak of it.

use super::folder::Stored;
use super::holder::{Hold, Kind};
use super::item::{ALL, Item};
use super::types::Token;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use varpack::Mode;
use varpack_tests::folders::Stamp;

/// Whether `view_mut` writes into the folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum InPlace {
    #[default]
    No,
    Yes,
    /// Its file was made anew by a save: either way is right.
    Either,
}

/// What a holder has of an item.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) token: Token,
    /// Of an array that is unchanged since it was loaded from, or saved to, a file: that file.
    pub(crate) stamp: Option<Stamp>,
    /// The same, though it was changed since.
    pub(crate) file: Option<Stamp>,
    /// Of an array that knows the load it came from.
    pub(crate) sight: Option<SightId>,
    pub(crate) in_place: InPlace,
}

pub(crate) type SightId = usize;

/// What a load has seen, or who has saved since then by what it saw.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    pub(crate) load: usize,
    /// How many saves of copies of the load came before.
    pub(crate) generation: u64,
    /// The same, with those that found nothing to write.
    pub(crate) quiet_generation: u64,
    pub(crate) seen: BTreeMap<Item, Stored>,
    /// What the fields were.
    pub(crate) mine: BTreeMap<Item, Token>,
    /// The fields that the type knows.
    pub(crate) looked: BTreeSet<&'static str>,
    /// Those that the load has skipped, and that have not been written since.
    pub(crate) skipped: BTreeSet<&'static str>,
    /// What arrays of this load were edited in place since, and which holders know of it.
    pub(crate) edited: BTreeMap<Item, Vec<usize>>,
}

impl Sight {
    /// Of arrays of several loads the oldest counts; of one load, the copy that has saved last.
    fn rank(&self) -> (usize, Reverse<(u64, u64)>) {
        (self.load, Reverse((self.generation, self.quiet_generation)))
    }

    pub(crate) fn seen(&self, item: Item) -> &Stored {
        &self.seen[&item]
    }

    /// What a field was, or what the folder had of it where the type did not know it.
    pub(crate) fn mine(&self, item: Item) -> Token {
        self.mine.get(&item).copied().unwrap_or_else(|| self.seen(item).token)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sights {
    all: Vec<Sight>,
    /// By load: the generations of the copy that has saved last.
    latest: BTreeMap<usize, (u64, u64)>,
}

impl Sights {
    pub(crate) fn add(&mut self, sight: Sight) -> SightId {
        self.latest.insert(sight.load, (sight.generation, sight.quiet_generation));
        self.all.push(sight);
        self.all.len() - 1
    }

    pub(crate) fn get(&self, id: SightId) -> &Sight {
        &self.all[id]
    }

    pub(crate) fn get_mut(&mut self, id: SightId) -> &mut Sight {
        &mut self.all[id]
    }

    /// A clone knows of the edits that its original knows of.
    pub(crate) fn note_clone(&mut self, original: usize, clone: usize) {
        let edits = self.all.iter_mut().flat_map(|sight| sight.edited.values_mut());
        for knowing in edits.filter(|knowing| knowing.contains(&original)) {
            knowing.push(clone);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// What is remembered after a save by it, of which something `is_written` or not.
    pub(crate) fn successor(&self, id: SightId, is_written: bool) -> Sight {
        let sight = self.get(id).clone();
        let (saves, all) = self.latest[&sight.load];
        let is_counted = is_written || sight.generation < saves;
        let (generation, quiet_generation) = (saves + u64::from(is_counted), all + 1);
        let edited = BTreeMap::new();
        Sight { generation, quiet_generation, edited, ..sight }
    }

    /// Whether another copy of what was loaded has saved since.
    pub(crate) fn is_superseded(&self, id: SightId) -> bool {
        let sight = self.get(id);
        sight.generation < self.latest[&sight.load].0
    }

    /// The same, or it has found nothing to write.
    pub(crate) fn may_be_superseded(&self, id: SightId) -> bool {
        let sight = self.get(id);
        sight.quiet_generation < self.latest[&sight.load].1
    }

    pub(crate) fn oldest(&self, ids: impl IntoIterator<Item = SightId>) -> Option<SightId> {
        ids.into_iter().min_by_key(|id| self.get(*id).rank())
    }
}

/// One who has the folder loaded.
pub(crate) struct Holder {
    pub(crate) id: usize,
    pub(crate) hold: Box<dyn Hold>,
    pub(crate) kind: Kind,
    pub(crate) mode: Mode,
    /// The load that it, or what it is a clone of, came of.
    pub(crate) load: usize,
    /// The fields that it was loaded without.
    pub(crate) without: BTreeSet<&'static str>,
    pub(crate) known: Vec<Item>,
    pub(crate) items: BTreeMap<Item, Held>,
    /// What it remembers by itself.
    pub(crate) own: Option<SightId>,
}

impl Holder {
    pub(crate) fn knows(&self, item: Item) -> bool {
        self.known.contains(&item)
    }

    pub(crate) fn token(&self, item: Item) -> Token {
        self.items[&item].token
    }

    /// Whether it is of the type that has all fields.
    pub(crate) fn is_whole(&self) -> bool {
        self.kind != Kind::Pack && self.known == ALL
    }

    /// The loads that its arrays come with.
    pub(crate) fn carried(&self) -> impl Iterator<Item = SightId> + '_ {
        self.items.values().filter(|held| held.token.is_some()).filter_map(|held| held.sight)
    }

    /// What a save goes by: the load of who saves, or else the oldest that the arrays come with; `None` for a struct
    /// that remembers nothing.
    pub(crate) fn base(&self, sights: &Sights) -> Option<SightId> {
        self.own.or_else(|| sights.oldest(self.carried()))
    }
}
