//! Arrays that are written to through `view_mut`: in memory, or in the folder's files.

use super::folder::Folder;
use super::item::Item;
use super::memory::{Held, InPlace};
use super::world::{World, shown};
use std::thread::sleep;
use std::time::Duration;
use varpack::{ErrorKind, LoadOptions, Mode, Pack};
use varpack_tests::holders::unsynced;

impl World {
    /// Writes to an array.
    pub(crate) fn edit(&mut self, at: usize) {
        let holder = &self.holders[at];
        let is_there = |item: &Item| item.is_array() && holder.token(*item).is_some();
        let arrays: Vec<_> = holder.known.iter().copied().filter(is_there).collect();
        if arrays.is_empty() {
            return;
        }
        let item = self.dice.pick(&arrays);
        let held = self.holders[at].items[&item].clone();
        if held.in_place != InPlace::No {
            sleep(Duration::from_millis(5)); // so that the file's times tell
        }
        let token = self.new_token();
        let Some(edited) = self.holders[at].hold.edit(item, token as f64) else { return };
        let id = self.holders[at].id;
        self.say(format!("#{id} edits {item:?}: {token}, {edited:?}"));
        match edited {
            Ok(()) => self.settle_edit(at, item, held, token),
            Err(error) => {
                let is_replaced = held.stamp != self.folder.of(item).stamp;
                let is_right = held.in_place != InPlace::No
                    && match error.kind() {
                        ErrorKind::Stale => is_replaced,
                        ErrorKind::Busy => self.holders.len() > 1,
                        _ => false,
                    };
                assert!(is_right, "#{id} may not edit {item:?}: {error}");
            }
        }
    }

    fn settle_edit(&mut self, at: usize, item: Item, held: Held, token: u64) {
        let id = self.holders[at].id;
        let is_in_place = self.folder.look_again(&self.path, item, Some(token));
        let is_right = match held.in_place {
            InPlace::Yes => is_in_place,
            InPlace::No => !is_in_place,
            InPlace::Either => true,
        };
        assert!(is_right, "an edit is in the folder's file: {is_in_place}");
        let mut held = Held { token: Some(token), stamp: None, ..held };
        if !is_in_place {
            held.in_place = InPlace::No;
            self.holders[at].items.insert(item, held);
            return;
        }
        self.counts.edited_in_place += 1;
        let is_dropped = self.dice.one_in(4);
        if self.dice.one_in(2) || is_dropped {
            self.check_busy(at);
        }
        match is_dropped {
            true => drop(self.holders[at].hold.flush()),
            false => self.holders[at].hold.flush().expect("a flush"),
        }
        self.folder.look_again(&self.path, item, Some(token));
        held.stamp.clone_from(&self.folder.of(item).stamp);
        held.file.clone_from(&held.stamp);
        if let Some(sight) = held.sight {
            let sight = self.sights.get_mut(sight);
            sight.seen.insert(item, self.folder.of(item).clone());
            sight.mine.insert(item, Some(token));
            sight.edited.insert(item, vec![id]);
        }
        self.holders[at].items.insert(item, held);
        let found = Folder::read(&self.path);
        assert_eq!(shown(&found), shown(&self.folder), "the folder after an edit in place");
    }

    /// While there are edits that are not flushed.
    fn check_busy(&mut self, at: usize) {
        let in_memory = LoadOptions::new().mode(Mode::InMemory);
        let opened = Pack::open_with(&self.path, &in_memory).map(drop);
        assert_eq!(opened.map_err(|error| error.kind()), Err(ErrorKind::Busy));
        let other = self.dice.below(self.holders.len());
        if other != at {
            let saved = self.holders[other].hold.save(&self.path, &unsynced());
            assert_eq!(saved.map_err(|error| error.kind()), Err(ErrorKind::Busy));
        }
    }
}
