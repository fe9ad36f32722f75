//! What is done to the folder, and what has to come of it.

use super::folder::{Folder, tokens};
use super::holder::Kind;
use super::item::{ALL, Item};
use super::memory::{Held, Holder, InPlace};
use super::open::may_stay_unpruned;
use super::predict::{Prediction, Way, predict};
use super::settle::settle;
use super::types::Content;
use super::world::{World, new_content, shown};
use std::fs;
use std::path::Path;
use varpack::ErrorKind;
use varpack_tests::holders::unsynced;

/// How many have the folder loaded at once.
const MOST: usize = 4;

impl World {
    /// Some steps, and at last a save that prunes.
    pub(crate) fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
            self.check_memory();
        }
        let way = if self.dice.one_in(2) { Way::Prune } else { Way::Usual };
        if let Some(at) = self.holders.len().checked_sub(1) {
            self.save(at, way);
        }
    }

    fn step(&mut self) {
        if self.holders.len() < 2 || self.holders.len() < MOST && self.dice.one_in(6) {
            return self.open();
        }
        let at = self.dice.below(self.holders.len());
        match self.dice.below(20) {
            0..7 => self.set(at),
            7 | 8 => self.edit(at),
            9 | 10 => self.give(at),
            11 => self.clone_struct(at),
            12 => self.save_elsewhere(at),
            13 => self.drop_holder(at),
            _ => {
                let way = self.some_way(at);
                self.save(at, way);
            }
        }
    }

    fn drop_holder(&mut self, at: usize) {
        let holder = self.holders.remove(at);
        self.say(format!("#{} goes", holder.id));
    }

    fn some_item(&mut self, at: usize) -> Item {
        self.dice.pick(&self.holders[at].known)
    }

    /// Sets an item, if there is a place for it. A pack adds nothing beside what others call it.
    fn put(&mut self, at: usize, item: Item, content: Content) -> bool {
        let holder = &mut self.holders[at];
        let (now, own) =
            (self.folder.of(item).name, holder.hold.name(item).or(Some(item.names()[0])));
        let is_beside = holder.kind == Kind::Pack && now.is_some() && now != own;
        !(is_beside && holder.token(item).is_none()) && holder.hold.set(item, content)
    }

    /// Sets a field to something new, or to `None`; puts an array under a key, or takes it out.
    fn set(&mut self, at: usize) {
        let item = self.some_item(at);
        let token = match item.may_be_none() && self.dice.one_in(3) {
            true => None,
            false => Some(self.new_token()),
        };
        let content = token.map_or(Content::None, |token| new_content(item, token));
        if self.put(at, item, content) {
            let holder = &mut self.holders[at];
            holder.items.insert(item, Held { token, ..Held::default() });
            let id = holder.id;
            self.say(format!("#{id} sets {item:?} to {token:?}"));
        }
    }

    /// Assigns an array cloned from what another has loaded, or saved, at whatever time.
    fn give(&mut self, at: usize) {
        let from = self.dice.below(self.holders.len());
        let item = self.some_item(at);
        let Some(held) = self.holders[from].items.get(&item).filter(|_| from != at) else { return };
        let mut held = held.clone();
        let is_known = held.stamp.is_some() && held.sight.is_some();
        if !is_known {
            return;
        }
        held.in_place = InPlace::No; // a clone is a copy in memory
        let array = self.holders[from].hold.array(item).expect("an array");
        if self.put(at, item, Content::Array(array)) {
            let (id, from, token) = (self.holders[at].id, self.holders[from].id, held.token);
            self.holders[at].items.insert(item, held);
            self.say(format!("#{id} gets {item:?} of #{from}, {token:?}"));
        }
    }

    /// A clone of a struct, which comes of the same load.
    fn clone_struct(&mut self, at: usize) {
        let Some(hold) = self.holders[at].hold.cloned().filter(|_| self.holders.len() < MOST)
        else {
            return;
        };
        let id = self.new_token() as usize;
        let Holder { known, items, mode, load, without, .. } = &self.holders[at];
        let (known, mut items, mode) = (known.clone(), items.clone(), *mode);
        let load = *load;
        let without = without.clone();
        for held in items.values_mut() {
            held.in_place = InPlace::No;
        }
        self.sights.note_clone(self.holders[at].id, id);
        self.say(format!("#{id} is a clone of #{}", self.holders[at].id));
        self.holders.push(Holder {
            id,
            hold,
            kind: Kind::Plain,
            mode,
            load,
            without,
            known,
            items,
            own: None,
        });
    }

    fn some_way(&mut self, at: usize) -> Way {
        let way = match self.dice.below(10) {
            0 => Way::Overwrite,
            1 => Way::OverwriteField(self.dice.pick(&ALL).field()),
            _ => return Way::Usual,
        };
        if self.is_plain_to_say(at, way) { way } else { Way::Usual }
    }

    /// Whether the documents say what comes of it: not of a nested struct that was skipped and set in part, nor of a pack
    /// that has a variable by a name that others have dropped.
    fn is_plain_to_say(&self, at: usize, way: Way) -> bool {
        let holder = &self.holders[at];
        let sight = holder.own.map(|own| self.sights.get(own));
        let is_renamed = |item: &&Item| {
            sight.is_some_and(|sight| {
                sight.seen(**item).name != self.folder.of(**item).name
                    && sight.seen(**item).name.is_some()
            })
        };
        let is_known = match way {
            Way::OverwriteField(field) => ALL.iter().any(|item| {
                item.field() == field
                    && holder.knows(*item)
                    && !matches!(item, Item::Mask | Item::Rate)
            }),
            _ => true,
        };
        let is_skipped = holder.without.contains("model");
        is_known
            && !is_skipped
            && (holder.kind != Kind::Pack || !ALL.iter().any(|item| is_renamed(&item)))
    }

    fn save(&mut self, at: usize, way: Way) {
        let way = if self.is_plain_to_say(at, way) { way } else { Way::Usual };
        let prediction = predict(&self.sights, &self.folder, &self.holders[at], way);
        let saved = self.holders[at].hold.save(&self.path, &way.options());
        let now = Folder::read(&self.path);
        let id = self.holders[at].id;
        let outcome = saved.as_ref().map_err(ToString::to_string);
        self.say(format!("#{id} saves ({way:?}): {outcome:?}; {}", shown(&now)));
        match saved {
            Ok(()) => self.check_saved(at, &prediction, now),
            Err(error) => {
                assert_eq!(shown(&now), shown(&self.folder), "a save that failed has changed it");
                self.check_refused(&prediction, &error);
            }
        }
    }

    fn check_saved(&mut self, at: usize, prediction: &Prediction, now: Folder) {
        let Prediction { stale, older, usage, exists, after, .. } = prediction;
        assert!(stale.is_empty(), "saved, though both have changed {stale:?}");
        assert!(older.is_empty(), "saved, though another copy of the load has changed {older:?}");
        assert!(
            usage.is_empty(),
            "saved, though the default of what was skipped is written: {usage:?}"
        );
        assert!(exists.is_empty(), "saved, though arrays go that it does not hold: {exists:?}");
        for (item, found) in now.tokens() {
            let (was, wanted) = (self.folder.of(item).token, after[&item]);
            if found == was && may_stay_unpruned(prediction, item) {
                continue;
            }
            assert_eq!(found, wanted, "{item:?} was {was:?}, and is not what it should be");
        }
        self.counts.saved += 1;
        settle(&mut self.sights, &mut self.holders[at], prediction, &self.folder, &now);
        self.folder = now;
    }

    fn check_refused(&mut self, prediction: &Prediction, error: &varpack::Error) {
        let variable = error.variable().unwrap_or_default();
        let names = |items: &[Item]| items.iter().any(|item| item.is_called(variable));
        // Of a dictionary of which nothing was changed here no key is named.
        let is_in =
            |items: &[Item]| names(items) || items.iter().any(|item| item.field() == variable);
        match error.kind() {
            ErrorKind::Stale if names(&prediction.stale) => self.counts.stale += 1,
            // Of what is taken out the file is named.
            ErrorKind::Stale
                if error.path().is_some_and(Path::is_file) && is_in(&prediction.stale) =>
            {
                self.counts.stale += 1;
            }
            ErrorKind::Stale if is_in(&prediction.older) => self.counts.stale += 1,
            ErrorKind::Stale if is_in(&prediction.open) => self.counts.open += 1,
            ErrorKind::Usage if is_in(&prediction.usage) => self.counts.usage += 1,
            ErrorKind::Usage if is_in(&prediction.open) => self.counts.open += 1,
            ErrorKind::Exists if names(&prediction.exists) => self.counts.exists += 1,
            _ => panic!("refused without need: {error}; {prediction:?}"),
        }
    }

    /// Saves all that a holder has into another folder, which changes nothing at home.
    fn save_elsewhere(&mut self, at: usize) {
        let elsewhere = self.path.with_file_name("elsewhere");
        let saved = self.holders[at].hold.save_to(&elsewhere, &unsynced());
        let id = self.holders[at].id;
        self.say(format!("#{id} saves elsewhere: {saved:?}"));
        saved.expect("a save elsewhere");
        let found = tokens(&elsewhere);
        for item in ALL {
            let wanted = self.elsewhere(at, item);
            assert_eq!(found[&item], wanted, "{item:?} of the folder elsewhere");
        }
        fs::remove_dir_all(&elsewhere).expect("a folder to remove");
        let here = Folder::read(&self.path);
        assert_eq!(shown(&here), shown(&self.folder), "the folder at home");
    }

    /// "Saves into another folder, with what was skipped on load and still has its default": `Loaded::save_to`.
    fn elsewhere(&self, at: usize, item: Item) -> Option<u64> {
        let holder = &self.holders[at];
        let is_skipped =
            holder.own.is_some_and(|own| self.sights.get(own).skipped.contains(item.field()));
        let is_default = || {
            let mut field = ALL.iter().filter(|other| other.field() == item.field());
            field.all(|other| !holder.knows(*other) || holder.token(*other).is_none())
        };
        let is_loaded =
            holder.knows(item) || holder.kind == Kind::Pack || is_of_known_field(holder, item);
        match is_skipped && is_default() && is_loaded {
            true => self.folder.of(item).token,
            false => holder.items.get(&item).and_then(|held| held.token),
        }
    }
}

/// What was skipped comes along whole.
fn is_of_known_field(holder: &Holder, item: Item) -> bool {
    holder.known.iter().any(|known| known.field() == item.field())
}
