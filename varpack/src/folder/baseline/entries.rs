//! What is remembered of the entries of flattened lists, maps and options: which there were, and which variables were theirs.

use super::{Mine, Part, SeenItem, Sight};
use crate::Result;
use crate::folder::content::{Content, ContentKind, Variable};
use crate::folder::group::{Group, NamedKeys};
use crate::folder::item_names::key_fingerprints;
use crate::pickle::internal::Fingerprint;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Sight {
    /// Notes a variable that the folder lacks, and that tells the entries of its group: the names of the others told them.
    /// So the folder had of it what was loaded. One that has its default though they tell otherwise was not there.
    pub(super) fn note_told(&mut self, variable: &Variable<'_>, keys: &NamedKeys) {
        let Some(entries) = variable.entries.as_ref().filter(|it| it.are_told_by(keys)) else {
            return;
        };
        debug_assert!(variable.group.is_some(), "{entries:?} are those of a group");
        // What cannot be pickled counts as changed.
        if let Ok(part) = told_part(&variable.content) {
            let name = Fingerprint::of(variable.name.as_ref());
            self.told.insert(name, Fingerprint::of(keys));
            self.parts.insert(name, part);
        }
    }

    /// Notes which variables are of entries by now. What was of one that `is_judged` lacks is gone here, whatever the folder has
    /// of it: who sets it again sets something new.
    pub(super) fn note_entries(
        &mut self,
        variables: &[Variable<'_>],
        is_judged: impl Fn(&Variable<'_>) -> bool,
    ) {
        let tells = variables.iter().filter(|variable| variable.entries.is_some());
        let tells =
            tells.filter_map(|variable| Some((Arc::as_ptr(variable.group.as_ref()?), variable)));
        let tells: HashMap<*const Group, &Variable<'_>> = tells.collect();
        if tells.is_empty() {
            return;
        }
        let mut below: HashMap<&str, HashSet<Fingerprint>> =
            tells.values().map(|variable| (variable.name.as_ref(), HashSet::new())).collect();
        for variable in variables {
            let names: Vec<_> = variable.names().map(Fingerprint::of).collect();
            for group in variable.group.iter().flat_map(|group| group.chain()) {
                let teller = tells.get(&std::ptr::from_ref::<Group>(group));
                if let Some(teller) = teller.filter(|teller| teller.name != variable.name)
                    && let Some(below) = below.get_mut(teller.name.as_ref())
                {
                    below.extend(&names);
                }
            }
        }
        for teller in tells.into_values() {
            let now = below.remove(teller.name.as_ref()).unwrap_or_default();
            let was = self.below.entry(Fingerprint::of(teller.name.as_ref())).or_default();
            if !is_judged(teller) {
                was.extend(now);
                continue;
            }
            for gone in std::mem::replace(was, now.clone()).difference(&now) {
                self.parts.remove(gone);
                self.mine.remove(gone);
                self.set.remove(gone);
                self.told.remove(gone);
                self.below.remove(gone);
            }
        }
    }

    /// Whether a name was of an entry that the variable of the first name tells.
    pub(crate) fn was_below(&self, teller: &str, name: &str) -> bool {
        let below = self.below.get(&Fingerprint::of(teller));
        below.is_some_and(|below| below.contains(&Fingerprint::of(name)))
    }
}

/// As if a folder held it.
fn told_part(content: &Content<'_>) -> Result<Part> {
    let file = Fingerprint::of("");
    let ContentKind::Dict(items, _) = &content.0 else {
        return Ok(Part::Whole { file, value: Some(Mine::as_held(content)?) });
    };
    let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
    let items = keys.into_iter().zip(items);
    let items = items.map(|(key, (_, item))| Ok((key, SeenItem::Value(Mine::as_held(item)?))));
    Ok(Part::Dict { file, items: items.collect::<Result<_>>()? })
}
