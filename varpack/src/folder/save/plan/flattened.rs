//! What goes with an entry of a flattened list, map or option that is taken out: the folder's variables below it.

use super::Plan;
use super::reach::merged_keys;
use crate::Result;
use crate::folder::content::Variable;
use crate::folder::group::{Entries, EntryNames, Group, index, longest};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Plan<'_, '_> {
    /// See the file's first line. What is below an entry that stays, and no field has, stays too. `below`: the innermost
    /// groups of what no field has.
    pub(super) fn take_out_entries(
        &mut self,
        variables: &[Variable<'_>],
        below: &HashMap<&str, Arc<Group>>,
    ) -> Result<()> {
        if below.is_empty() {
            return Ok(());
        }
        // Where the variable that tells stays as the folder has it, all entries do.
        let tells = variables.iter().filter(|variable| {
            !self.keeps(variable) && !self.dropped.contains(variable.name.as_ref())
        });
        let tells = tells.filter_map(|variable| {
            Some((variable.group.as_ref()?, variable.entries.as_ref()?, variable))
        });
        // Where others have taken out the same, what the load saw of it goes as well.
        let agreed: HashSet<&str> =
            self.agreed.variables.iter().map(|agreed| agreed.name.as_str()).collect();
        let agreed = variables.iter().filter(|variable| agreed.contains(variable.name.as_ref()));
        let agreed = agreed.filter(|variable| variable.entries.is_some());
        let mut names_below: HashMap<*const Group, Vec<&str>> = HashMap::new();
        for (name, owner) in below {
            for group in owner.chain() {
                names_below.entry(std::ptr::from_ref(group)).or_default().push(name);
            }
        }
        let mut gone = HashSet::new();
        for (group, entries, variable) in tells {
            let Some(names) = names_below.remove(&Arc::as_ptr(group)) else { continue };
            match entries {
                Entries::All => {}
                Entries::Nothing => gone.extend(names),
                Entries::List(length, of) => {
                    let there = self.length_there(variable)?;
                    gone.extend(names.into_iter().filter(|name| {
                        let key = group.rest_of(name).and_then(|rest| of.first_key(rest));
                        key.and_then(index).is_some_and(|index| {
                            index >= *length && (index < there || self.was_there(name))
                        })
                    }));
                }
                Entries::Map(own, of) => {
                    let merged = self.merged.get(variable.name.as_ref());
                    let merged = merged.map(|merged| merged_keys(variable, merged)).transpose()?;
                    let keys = merged.map(|keys| keys.into_iter().collect::<Vec<_>>());
                    let keys = keys.as_deref().unwrap_or(own);
                    gone.extend(self.of_other_keys(variable, group, (keys, *of), names)?);
                }
            }
        }
        for variable in agreed {
            let names =
                variable.group.as_ref().and_then(|group| names_below.get(&Arc::as_ptr(group)));
            let was_below = |name: &&&str| {
                self.base().is_some_and(|sight| sight.was_below(&variable.name, name))
                    && self.was_there(name)
            };
            gone.extend(names.into_iter().flatten().filter(was_below));
        }
        // What another has added to such an entry is refused with what another has changed there.
        for name in gone {
            if !self.options.keep.contains(name) && self.kept.remove(name) {
                self.taken_out.insert(name.to_owned());
            }
        }
        Ok(())
    }

    /// How many entries the folder's own variable tells of a list; none if it has no such variable.
    fn length_there(&self, variable: &Variable<'_>) -> Result<usize> {
        let there = self.existing.first(variable.names());
        there.map_or(Ok(0), |there| self.list_length(there))
    }

    /// Which of the names below a map are of keys that it does not have. A name is of the longest key that it begins with,
    /// of the folder's and the map's own.
    fn of_other_keys<'n>(
        &self,
        variable: &Variable<'_>,
        group: &Group,
        (own, of): (&[String], EntryNames),
        names: Vec<&'n str>,
    ) -> Result<Vec<&'n str>> {
        let there = self.existing.first(variable.names());
        let there =
            there.map(|there| self.existing.keys(there, &mut self.pickles.nodes.borrow_mut()));
        let there = there.transpose()?.flatten();
        let Some(there) = there else {
            // Python has set them one by one: a key goes up to the next dot.
            let own: HashSet<&str> = own.iter().map(String::as_str).collect();
            let is_other = |name: &&str| {
                let key = group.rest_of(name).and_then(|rest| of.first_key(rest));
                key.is_some_and(|key| !own.contains(key))
            };
            return Ok(names.into_iter().filter(is_other).collect());
        };
        let keys = there.iter().map(|key| (key, false)).chain(own.iter().map(|key| (key, true)));
        let entries: Vec<_> = group
            .prefixes
            .iter()
            .flat_map(|prefix| {
                keys.clone().map(move |(key, is_own)| ([prefix, key, "."].concat(), is_own))
            })
            .collect();
        let mut own_names: HashMap<&str, bool> = HashMap::new();
        if of == EntryNames::OwnAndBelow {
            own_names.extend(entries.iter().map(|(prefix, is_own)| (own_name(prefix), *is_own)));
        }
        let (own_names_of, below): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| own_names.contains_key(name));
        let prefixes = entries.iter().map(|(prefix, is_own)| (prefix.as_str(), *is_own)).collect();
        let below = longest(prefixes, below).into_iter().map(|(name, _, is_own)| (name, is_own));
        let named = own_names_of.into_iter().filter_map(|name| Some((name, *own_names.get(name)?)));
        Ok(below.chain(named).filter(|(_, is_own)| !is_own).map(|(name, _)| name).collect())
    }
}

/// The name of an entry, by what its variables' names begin with.
fn own_name(prefix: &str) -> &str {
    prefix.strip_suffix('.').unwrap_or(prefix)
}
