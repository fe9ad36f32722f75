//! What a save leaves to be remembered: what it has written is what the folder holds.

use super::{Baseline, Item, Mine, MyItems, Part, Room, is_split};
use crate::folder::content::{Kind, Variable};
use crate::folder::item_names::{ItemNames, Named};
use crate::folder::save::planned::{Agreed, Written};
use crate::folder::save::planned::{Planned, PlannedPickle};
use crate::layout::own::SHARED_PICKLE;
use crate::os::dir::Identity;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{Document, Node};
use std::collections::{BTreeMap, HashMap};

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
        for (file, identity) in identities {
            sight.files.insert(Fingerprint::of(file.as_str()), (*identity).into());
        }
        // Those that the folder had in these very bytes too: what is in them was judged, so it is known by now.
        for PlannedPickle { file, replaces, .. } in &planned.same_pickles {
            if let Some(stat) = replaces {
                sight.files.insert(Fingerprint::of(file.as_str()), stat.identity.into());
            }
        }
        let pickles = planned.pickles.iter().chain(&planned.same_pickles);
        let pickles: HashMap<&str, &[u8]> =
            pickles.map(|pickle| (pickle.file.as_str(), pickle.bytes.as_slice())).collect();
        // Parsed, a pickle takes many times its size: the others one at a time.
        let shared = pickles.get(SHARED_PICKLE).and_then(|bytes| Document::parse(bytes).ok());
        let shared = shared.as_ref().map(|document| document.root().by_name());
        let is_new = planned.pickles.iter().any(|pickle| pickle.file == SHARED_PICKLE);
        if is_new || planned.leaves_changes {
            let now = identities.get(SHARED_PICKLE).filter(|_| !planned.leaves_changes);
            sight.shared = now.map(|identity| (*identity).into());
        }
        let by_name: HashMap<&str, &Variable<'_>> =
            variables.iter().map(|variable| (variable.name.as_ref(), variable)).collect();
        let mut fingerprints = Fingerprints::default();
        let written = planned.pickles.iter().chain(&planned.same_pickles);
        let written = written.map(|pickle| pickle.bytes.len()).sum::<usize>();
        let mut room = Room::beside(sight.pickled.max(written));
        for Written { name, aliases, entry, keys } in &planned.written {
            let key = Fingerprint::of(name.as_str());
            for alias in aliases {
                // Renamed by this save: what was seen of it is known under its new name.
                if let Some(part) = sight.parts.remove(&Fingerprint::of(alias.as_str())) {
                    sight.parts.entry(key).or_insert(part);
                }
            }
            sight.skipped.retain(|skipped| skipped != name && !aliases.contains(skipped));
            let Some(&variable) = by_name.get(name.as_str()) else { continue };
            let mine = Mine::of(&variable.content, false, &mut room).ok();
            let Some(entry) = entry else {
                sight.parts.remove(&key);
                sight.mine.insert(key, Mine::Absent);
                continue;
            };
            let file = entry.filename.as_str();
            let is_dict = matches!(variable.content.0, Kind::Dict(..));
            let part = |node: Node<'_>, fingerprints: &mut Fingerprints| {
                Part::of(node, file, is_dict || is_split(node), fingerprints)
            };
            let new = if entry.is_array() {
                Some(Part::Array { file: Fingerprint::of(file) })
            } else if file == SHARED_PICKLE {
                let node = shared.as_ref().and_then(|shared| shared.get(name.as_str()));
                node.map(|node| part(*node, &mut fingerprints))
            } else {
                let document = pickles.get(file).and_then(|bytes| Document::parse(bytes).ok());
                document.map(|document| part(document.root(), &mut Fingerprints::default()))
            };
            match (new, keys) {
                // A pickle that cannot be read: nobody has looked.
                (None, _) => drop(sight.parts.entry(key).or_insert(Part::Unseen)),
                (Some(Part::Dict { file, items }), Some(own)) => {
                    let was_there = sight.parts.contains_key(&key);
                    let held = match sight.parts.remove(&key) {
                        Some(Part::Dict { items, .. }) => items,
                        _ => HashMap::new(),
                    };
                    let was = match sight.mine.remove(&key) {
                        Some(Mine::Dict(was)) => Some(was.items),
                        _ => None,
                    };
                    let was_mine =
                        |key: &Fingerprint| was.as_ref().is_none_or(|was| was.contains_key(key));
                    let is_mine = |key: &Fingerprint| own.contains(key);
                    let mut merged: HashMap<Fingerprint, Item> =
                        held.into_iter().filter(|(key, _)| !is_mine(key)).collect();
                    merged.extend(items.into_iter().filter(|(key, _)| is_mine(key)));
                    // What I took out is gone for both.
                    let there = match &mine {
                        Some(Mine::Dict(mine)) => mine.items.clone(),
                        _ => HashMap::new(),
                    };
                    let names = ItemNames::of(&variable.content, |name| merged.contains_key(name));
                    let is_none = |key: &Fingerprint| match names.as_ref().map(|it| it.get(key)) {
                        Ok(Named::None(own)) => was_mine(&own),
                        _ => false,
                    };
                    let is_struct = variable.content.is_struct();
                    merged.retain(|key, _| match is_struct {
                        true => !is_none(key),
                        false => there.contains_key(key) || !was_mine(key),
                    });
                    // The others' items were not seen: they have to be looked at the next time, too. Of the
                    // shared pickle `shared` says so.
                    sight.files.remove(&file);
                    sight.parts.insert(key, Part::Dict { file, items: merged });
                    let mut now = match was {
                        Some(was) => was,
                        None if !was_there => HashMap::new(),
                        // What the folder had tells what it was here.
                        None => continue,
                    };
                    now.retain(|key, _| there.contains_key(key));
                    now.extend(there.into_iter().filter(|(key, _)| is_mine(key)));
                    let now = MyItems { items: now, order: None };
                    sight.mine.insert(key, Mine::Dict(Box::new(now)));
                    continue;
                }
                (Some(part), _) => drop(sight.parts.insert(key, part)),
            }
            match mine {
                Some(mine) => drop(sight.mine.insert(key, mine)),
                None => drop(sight.mine.remove(&key)),
            }
        }
        for Agreed { name, there, part } in &planned.agreed {
            let (there, name) = (Fingerprint::of(there.as_str()), by_name.get(name.as_str()));
            let Some(variable) = name else { continue };
            sight.parts.insert(there, part.clone());
            if let Ok(mine) = Mine::of(&variable.content, false, &mut room) {
                sight.mine.insert(Fingerprint::of(variable.name.as_ref()), mine);
            }
        }
        for name in &planned.taken_out {
            sight.parts.remove(&Fingerprint::of(name.as_str()));
            sight.mine.remove(&Fingerprint::of(name.as_str()));
        }
    }
}
