//! What a save leaves to be remembered: what it has written is what the folder holds.

use super::{Baseline, Mine, MyItems, Part, Room, SeenItem, Sight, is_split};
use crate::folder::content::{Content, ContentKind, Variable};
use crate::folder::item_names::{ItemNames, NamedItem};
use crate::folder::save::planned::{Agreed, Planned, PlannedPickle, WrittenVariable};
use crate::layout::name;
use crate::layout::own::SHARED_PICKLE;
use crate::os::dir::Identity;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{Document, Node};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The pickles that a save has written, and those that the folder had in these very bytes.
struct Pickles<'p> {
    bytes: HashMap<&'p str, &'p [u8]>,
    /// The variables in the shared one: parsed, a pickle takes many times its size, so the others come one at a time.
    shared: Option<HashMap<&'p str, Node<'p>>>,
    fingerprints: Fingerprints,
}

impl Baseline {
    /// Notes a save that was made, or had nothing to write: the folder has it all. `identities`: of the files
    /// that it wrote.
    pub(crate) fn note_save(
        &self,
        planned: &Planned<'_>,
        variables: &[Variable<'_>],
        identities: &BTreeMap<String, Identity>,
    ) {
        let mut sight = self.sight();
        sight.note_files(planned, identities);
        let written = || planned.pickles.iter().chain(&planned.same_pickles);
        let bytes: HashMap<_, _> =
            written().map(|pickle| (pickle.file.as_str(), pickle.bytes.as_slice())).collect();
        let shared = bytes.get(SHARED_PICKLE).and_then(|bytes| Document::parse(bytes).ok());
        let shared = shared.as_ref().map(|document| document.root().by_name());
        let mut pickles = Pickles { bytes, shared, fingerprints: Fingerprints::default() };
        let by_name: HashMap<&str, &Variable<'_>> =
            variables.iter().map(|variable| (variable.name.as_ref(), variable)).collect();
        let len = written().map(|pickle| pickle.bytes.len()).sum();
        let mut room = Room::beside(sight.pickled.max(len));
        for written in &planned.written {
            sight.note_name(written);
            if let Some(variable) = by_name.get(written.name.as_str()) {
                sight.note_written(written, &variable.content, &mut pickles, &mut room);
            }
        }
        for Agreed { name, there, part } in &planned.agreed {
            let Some(variable) = by_name.get(name.as_str()) else { continue };
            sight.note_set(name, variable.names());
            sight.parts.insert(Fingerprint::of(there.as_str()), part.clone());
            if let Ok(mine) = Mine::of(&variable.content, false, &mut room) {
                sight.mine.insert(Fingerprint::of(name.as_str()), mine);
            }
        }
        let judged = planned.written.iter().map(|written| written.name.as_str());
        let judged: HashSet<&str> =
            judged.chain(planned.agreed.iter().map(|agreed| agreed.name.as_str())).collect();
        sight.note_entries(variables, |teller| judged.contains(teller.name.as_ref()));
        for name in judged {
            sight.told.remove(&Fingerprint::of(name));
        }
        if !planned.leaves_changes {
            planned.parted.iter().for_each(|name| sight.note_parted(name));
        }
        for name in &planned.taken_out {
            sight.parts.remove(&Fingerprint::of(name.as_str()));
            sight.mine.remove(&Fingerprint::of(name.as_str()));
        }
    }
}

impl Pickles<'_> {
    /// What the folder holds by now of a variable; `None` if its pickle cannot be read.
    fn part(
        &mut self,
        WrittenVariable { name, entry, .. }: &WrittenVariable,
        content: &Content<'_>,
    ) -> Option<Part> {
        let entry = entry.as_ref()?;
        let file = entry.filename.as_str();
        if entry.is_array() {
            return Some(Part::Array { file: Fingerprint::of(file) });
        }
        let is_dict = matches!(content.0, ContentKind::Dict(..));
        let part = |node: Node<'_>, fingerprints: &mut Fingerprints| {
            Part::of(node, file, is_dict || is_split(node), fingerprints)
        };
        if file == SHARED_PICKLE {
            let node = *self.shared.as_ref()?.get(name.as_str())?;
            return Some(part(node, &mut self.fingerprints));
        }
        let document = Document::parse(self.bytes.get(file)?).ok()?;
        Some(part(document.root(), &mut Fingerprints::default()))
    }
}

impl Sight {
    /// The files as they stand by now.
    fn note_files(&mut self, planned: &Planned<'_>, identities: &BTreeMap<String, Identity>) {
        let agreed = planned.agreed_files.iter().map(|(file, identity)| (file, identity));
        for (file, identity) in identities.iter().chain(agreed) {
            self.files.insert(Fingerprint::of(file.as_str()), (*identity).into());
        }
        // Those that the folder had in these very bytes too: what is in them was judged, so it is known by now.
        for PlannedPickle { file, replaces, .. } in &planned.same_pickles {
            if let Some(stat) = replaces {
                self.files.insert(Fingerprint::of(file.as_str()), stat.identity.into());
            }
        }
        // What others have changed of those was not looked at: it went from the shared pickle as it stood there.
        for name in planned.parted.iter().filter(|_| planned.leaves_changes) {
            self.files.remove(&Fingerprint::of(name::pickle_file(name).as_str()));
        }
        let is_new = planned.pickles.iter().any(|pickle| pickle.file == SHARED_PICKLE);
        if is_new || planned.leaves_changes {
            let now = identities.get(SHARED_PICKLE).filter(|_| !planned.leaves_changes);
            self.shared = now.map(|identity| (*identity).into());
        }
    }

    /// What was seen of a variable is in a pickle of its own by now.
    fn note_parted(&mut self, name: &str) {
        if let Some(Part::Dict { file, .. } | Part::Whole { file, .. }) =
            self.parts.get_mut(&Fingerprint::of(name))
        {
            *file = Fingerprint::of(name::pickle_file(name).as_str());
        }
    }

    /// What was seen of a variable is known under the name that it has by now, and it is loaded or gone.
    fn note_name(&mut self, WrittenVariable { name, aliases, entry, .. }: &WrittenVariable) {
        let key = Fingerprint::of(name.as_str());
        for alias in aliases {
            if let Some(part) = self.parts.remove(&Fingerprint::of(alias.as_str())) {
                self.parts.entry(key).or_insert(part);
            }
            if let Some(items) = self.skipped_items.remove(&Fingerprint::of(alias.as_str())) {
                self.skipped_items.entry(key).or_insert(items);
            }
        }
        // Of one that still is `None`, as the default was, there was nothing to write.
        if entry.is_some() {
            self.note_set(name, [name].into_iter().chain(aliases).map(String::as_str));
        }
    }

    /// A field has been set, if it was skipped under one of its names.
    fn note_set<'n>(&mut self, name: &str, names: impl Iterator<Item = &'n str>) {
        let was_skipped = names.filter(|name| self.skipped.remove(*name)).count() > 0;
        if was_skipped {
            self.set.insert(Fingerprint::of(name));
        }
    }

    fn note_written(
        &mut self,
        written: &WrittenVariable,
        content: &Content<'_>,
        pickles: &mut Pickles<'_>,
        room: &mut Room,
    ) {
        let key = Fingerprint::of(written.name.as_str());
        let mine = Mine::of(content, false, room).ok();
        if let Some(skipped) = self.skipped_items.get_mut(&key)
            && let Some(Mine::Dict(mine)) = &mine
        {
            skipped.retain(|item| !mine.items.contains_key(item));
        }
        if written.entry.is_none() {
            self.parts.remove(&key);
            self.mine.insert(key, Mine::Absent);
            return;
        }
        match (pickles.part(written, content), &written.keys) {
            // Nobody has looked.
            (None, _) => drop(self.parts.entry(key).or_insert(Part::Unseen)),
            (Some(Part::Dict { file, items }), Some(own)) => {
                self.note_merged(key, content, mine.as_ref(), (file, items), own);
                return;
            }
            (Some(part), _) => drop(self.parts.insert(key, part)),
        }
        match mine {
            Some(mine) => drop(self.mine.insert(key, mine)),
            None => drop(self.mine.remove(&key)),
        }
    }

    /// Of a merged dictionary: what is one's `own` by now is as it was written, of `file`; the rest is as it was seen.
    fn note_merged(
        &mut self,
        key: Fingerprint,
        content: &Content<'_>,
        mine: Option<&Mine>,
        (file, items): (Fingerprint, HashMap<Fingerprint, SeenItem>),
        own: &HashSet<Fingerprint>,
    ) {
        let held = self.parts.remove(&key);
        let was_there = held.is_some();
        let held = match held {
            Some(Part::Dict { items, .. }) => items,
            _ => HashMap::new(),
        };
        let was = match self.mine.remove(&key) {
            Some(Mine::Dict(was)) => Some(was.items),
            _ => None,
        };
        let was_mine = |key: &Fingerprint| was.as_ref().is_none_or(|was| was.contains_key(key));
        let is_own = |key: &Fingerprint| own.contains(key);
        // Of what is one's own the save has left none under an older name.
        let names = ItemNames::of(content, |name| held.contains_key(name));
        let is_named_own = |name: &Fingerprint| match names.as_ref().map(|it| (it, it.get(name))) {
            Ok((names, NamedItem::Item(number))) => names.keys().get(number).is_some_and(is_own),
            _ => is_own(name),
        };
        let mut merged: HashMap<Fingerprint, SeenItem> = held
            .iter()
            .filter(|(name, _)| !is_named_own(name))
            .map(|(&name, &it)| (name, it))
            .collect();
        merged.extend(items.into_iter().filter(|(key, _)| is_own(key)));
        let there = match mine {
            Some(Mine::Dict(mine)) => mine.items.clone(),
            _ => HashMap::new(),
        };
        // What I took out is gone for both.
        let names = ItemNames::of(content, |name| merged.contains_key(name));
        let is_none = |key: &Fingerprint| match names.as_ref().map(|it| it.get(key)) {
            Ok(NamedItem::None(own)) => was_mine(&own),
            _ => false,
        };
        merged.retain(|key, _| match content.is_struct() {
            true => !is_none(key),
            false => there.contains_key(key) || !was_mine(key),
        });
        // The others' items were not seen: they have to be looked at the next time, too. Of the
        // shared pickle `shared` says so.
        self.files.remove(&file);
        self.parts.insert(key, Part::Dict { file, items: merged });
        let mut now = match was {
            Some(was) => was,
            None if !was_there => HashMap::new(),
            // What the folder had tells what it was here.
            None => return,
        };
        now.retain(|key, _| there.contains_key(key));
        now.extend(there.into_iter().filter(|(key, _)| is_own(key)));
        self.mine.insert(key, Mine::Dict(Box::new(MyItems { items: now, order: None })));
    }
}
