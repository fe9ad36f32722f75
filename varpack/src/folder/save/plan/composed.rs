//! What the folder has in the place of a struct that is composed otherwise by now, nested or flattened: it goes when the
//! struct is written.

use super::Plan;
use crate::Result;
use crate::folder::content::Variable;
use crate::folder::group::{Entries, beginning_with};
use crate::folder::stand_in::{StandIn, stand_ins};
use crate::pickle::Node;
use std::collections::{BTreeSet, HashMap, HashSet};

impl<'a> Plan<'a, '_> {
    /// See the file's first line. Of a struct whose variables all `stay`, for it was skipped or is kept, it stays too, and nothing
    /// of the struct is written. Gives what goes whatever has become of it, for an option says so.
    pub(super) fn replace_stand_ins(
        &mut self,
        variables: &[Variable<'a>],
        known: &HashMap<&str, &Variable<'_>>,
        stay: &HashSet<&str>,
    ) -> Result<HashSet<String>> {
        let existing = self.existing;
        let has = |name: &str| existing.has(name) && !known.contains_key(name);
        let mut said = HashSet::new();
        let mut there = None;
        for StandIn { mut names, of, group } in stand_ins(variables, has) {
            let is_said = match group {
                Some(group) => {
                    let nodes = &mut self.pickles.nodes.borrow_mut();
                    let mut dicts = Vec::new();
                    for name in names {
                        // Another value is someone else's.
                        if existing.keys(&name, nodes)?.is_some() {
                            dicts.push(name);
                        }
                    }
                    names = dicts;
                    group.is_among(|name| self.is_said(name))
                }
                // The load has read the dictionary.
                None if of.iter().any(|it| existing.first(it.names()).is_some()) => continue,
                None => of.iter().any(|variable| self.is_written_over(variable)),
            };
            if names.is_empty() {
                continue;
            }
            let stays = of.iter().all(|variable| stay.contains(variable.name.as_ref()));
            let is_new = names.iter().any(|name| !self.was_there(name));
            self.composed.extend(group.filter(|_| is_new && !is_said && !stays).cloned());
            // What another has added to a struct whose variables were seen goes with those, if it may.
            let is_seen = group.is_none() && names.iter().any(|name| self.was_there(name));
            for name in names {
                if stays {
                    self.kept.insert(name);
                } else if (is_seen || self.was_there(&name)) && !self.options.keep.contains(&name) {
                    self.kept.remove(&name);
                    self.taken_out.insert(name.clone());
                    said.extend(Some(name).filter(|_| is_said));
                }
            }
            if is_seen && !stays {
                // What is `None` here, or no field's, and came into the folder since, would be out of reach.
                let there = there.get_or_insert_with(|| {
                    existing.entries().map(|(name, _)| name).collect::<BTreeSet<_>>()
                });
                for own in of.iter().flat_map(Variable::names) {
                    for name in beginning_with(there, &[own, "."].concat()) {
                        let is_kept = known.contains_key(name)
                            || self.was_there(name)
                            || self.options.keep.contains(name);
                        if !is_kept && self.kept.remove(name) {
                            self.taken_out.insert(name.to_owned());
                            said.extend(Some(name.to_owned()).filter(|_| is_said));
                        }
                    }
                }
            }
            if stays {
                self.dropped.extend(of.iter().map(|variable| variable.name.as_ref().to_owned()));
            }
        }
        Ok(said)
    }

    /// Whether the folder has, in the place of what tells the entries of a flattened list, map or option, the entries
    /// themselves.
    pub(super) fn is_nested_there(&self, variable: &Variable<'_>) -> Result<bool> {
        let Some(entries) = &variable.entries else { return Ok(false) };
        let Some(there) = self.existing.first(variable.names()) else { return Ok(false) };
        self.existing.is_value(there, &mut self.pickles.nodes.borrow_mut(), |node| {
            holds_entries(node, matches!(entries, Entries::Map(..)))
        })
    }
}

/// An empty dictionary is a map without keys, or a struct without fields.
fn holds_entries(node: Node<'_>, is_map: bool) -> bool {
    node.items().is_some()
        || node.entries().is_some_and(|mut entries| match entries.next() {
            None => !is_map,
            Some((_, first)) => {
                first.kind_name() != "None" || entries.any(|(_, value)| value.kind_name() != "None")
            }
        })
}
