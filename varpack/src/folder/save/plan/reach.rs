//! Entries of flattened lists, maps and options that others have added or taken out, and groups that they have made a dictionary
//! of: what is changed in one that is gone would be saved where nobody looks.

use super::Plan;
use crate::folder::content::{ContentKind, Variable};
use crate::folder::group::{Entries, EntryNames, Group, NamedKeys, beginning_with, index};
use crate::folder::save::merged::Merged;
use crate::folder::save::stale::stale;
use crate::{Error, ErrorKind, Result, text};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The entries that a group will have, where that is not for this save to say.
enum Reach {
    /// Of an option: whether there is something.
    Some(bool),
    List(usize),
    Map(HashSet<String>),
    /// The names of their variables tell; of an option any.
    Told {
        keys: NamedKeys,
        is_option: bool,
    },
}

impl<'a> Plan<'a, '_> {
    /// What tells entries, where the folder has no variable that does.
    pub(super) fn told_by_names(&self, variables: &[Variable<'_>]) -> HashMap<String, NamedKeys> {
        let untold = variables.iter().filter(|variable| {
            variable.entries.is_some() && self.existing.first(variable.names()).is_none()
        });
        let mut untold = untold.peekable();
        if untold.peek().is_none() {
            return HashMap::new();
        }
        let names: BTreeSet<&str> = self.existing.entries().map(|(name, _)| name).collect();
        let below = |prefix| beginning_with(&names, prefix);
        let told = untold.filter_map(|variable| {
            let keys = NamedKeys::of_group(variable.group.as_ref()?, below);
            Some((variable.name.as_ref().to_owned(), keys))
        });
        told.collect()
    }

    /// Leaves out what the folder lacks of groups that are kept as it has them.
    pub(super) fn leave_kept_groups(&mut self, variables: &[Variable<'_>]) {
        let keep = &self.options.keep;
        if keep.is_empty() {
            return;
        }
        let mut has_some: HashMap<*const Group, bool> = HashMap::new();
        let existing = self.existing;
        let left = variables.iter().filter(|variable| {
            let mut chain = variable.group.iter().flat_map(|group| group.chain());
            let kept = chain.find(|group| group.names.iter().any(|name| keep.contains(name)));
            existing.first(variable.names()).is_none()
                && kept.is_some_and(|group| {
                    *has_some.entry(std::ptr::from_ref(group)).or_insert_with(|| {
                        let is_of = |name: &str| {
                            let below = group.prefixes.iter().filter(|prefix| !prefix.is_empty());
                            below.into_iter().any(|prefix| name.starts_with(prefix.as_str()))
                                || group.names.iter().any(|own| own == name)
                        };
                        existing.entries().any(|(name, _)| is_of(name))
                    })
                })
        });
        self.dropped.extend(left.map(|variable| variable.name.as_ref().to_owned()));
    }

    /// Refuses what is changed in an entry that others have taken out, and keys that the two have added and no folder can have
    /// both.
    pub(super) fn check_reach(&self, variables: &[Variable<'a>]) -> Result<()> {
        if self.base().is_none() || !self.leaves_changes && self.composed.is_empty() {
            return Ok(());
        }
        let at = |error: Error, name: &str| error.with_variable(name).with_path(self.path);
        let mut reaches: HashMap<*const Group, Reach> = HashMap::new();
        for variable in variables {
            let reach = self.reach(variable).map_err(|error| at(error, &variable.name))?;
            if let Some((group, reach)) = variable.group.as_ref().zip(reach) {
                reaches.insert(Arc::as_ptr(group), reach);
            }
        }
        if reaches.is_empty() && self.composed.is_empty() {
            return Ok(());
        }
        for variable in variables {
            let is_gone = matches!(variable.content.0, ContentKind::Absent);
            let is_left = self.keeps(variable)
                || self.dropped.contains(variable.name.as_ref())
                || is_gone && !variable.names().any(|name| self.is_known(name));
            if is_left || self.is_written_over(variable) {
                continue;
            }
            if self.composed.iter().any(|group| variable.is_within(group)) {
                return Err(at(stale(), &variable.name));
            }
            let mut inner: Option<&Group> = None;
            for group in variable.group.iter().flat_map(|group| group.chain()) {
                let tells = variable.entries.is_some() && inner.is_none();
                if let Some(reach) = reaches.get(&std::ptr::from_ref(group)).filter(|_| !tells)
                    && !reach.has(group, inner, is_gone)
                {
                    return Err(at(stale(), &variable.name));
                }
                inner = Some(group);
            }
        }
        Ok(())
    }

    /// Whether the folder has a variable, or had it when it was loaded.
    fn is_known(&self, name: &str) -> bool {
        self.existing.has(name) || self.base().is_some_and(|sight| sight.part(name).is_some())
    }

    /// Which entries there will be, if this save leaves that to the folder, or to both.
    fn reach(&self, variable: &Variable<'_>) -> Result<Option<Reach>> {
        let Some(entries) = &variable.entries else { return Ok(None) };
        let name = variable.name.as_ref();
        if let Some(merged) = self.merged.get(name) {
            return merged_keys(variable, merged).map(|keys| Some(Reach::Map(keys)));
        }
        if self.dropped.contains(name) {
            let is_option = matches!(entries, Entries::All | Entries::Nothing);
            let keys = self.told.get(name).cloned();
            return Ok(keys.map(|keys| Reach::Told { keys, is_option }));
        }
        let there = self.existing.first(variable.names()).filter(|_| self.keeps(variable));
        let Some(there) = there else { return Ok(None) };
        Ok(Some(match entries {
            Entries::Map(..) => {
                let keys = self.existing.keys(there, &mut self.pickles.nodes.borrow_mut())?;
                Reach::Map(keys.into_iter().flatten().collect())
            }
            Entries::List(..) => Reach::List(self.list_length(there)?),
            Entries::All | Entries::Nothing => {
                let nodes = &mut self.pickles.nodes.borrow_mut();
                Reach::Some(self.existing.is_value(there, nodes, |node| {
                    node.kind_name() == "bool" && node.deserialize().unwrap_or(false)
                })?)
            }
        }))
    }

    /// How many entries a variable of the folder tells of a list; none if it is no number.
    pub(super) fn list_length(&self, there: &str) -> Result<usize> {
        let length = Cell::new(0);
        self.existing.is_value(there, &mut self.pickles.nodes.borrow_mut(), |node| {
            let found = node.as_i64().and_then(|found| usize::try_from(found).ok());
            length.set(found.unwrap_or_default());
            true
        })?;
        Ok(length.get())
    }
}

impl Reach {
    /// Whether a group has the entry that is `inner`, or has to do without it; `is_gone`: what is written is that a variable
    /// goes, which may be the last that tells of its entry.
    fn has(&self, group: &Group, inner: Option<&Group>, is_gone: bool) -> bool {
        let key = || inner.and_then(|inner| group.rest_of(inner.name())).unwrap_or_default();
        match self {
            Self::Told { .. } if is_gone => false,
            Self::Told { keys, is_option: true } => !keys.is_empty(),
            Self::Told { keys, .. } => keys.of(EntryNames::OwnAndBelow).contains(key()),
            Self::Some(is_some) => *is_some,
            Self::List(length) => index(key()).is_some_and(|index| index < *length),
            Self::Map(keys) => keys.contains(key()),
        }
    }
}

/// # Errors
/// `Usage` if two of them differ by case only: files of theirs would be one where case does not count.
pub(super) fn merged_keys(variable: &Variable<'_>, merged: &Merged) -> Result<HashSet<String>> {
    let ContentKind::Dict(items, _) = &variable.content.0 else { return Ok(HashSet::new()) };
    let mut taken: HashMap<String, String> = HashMap::new();
    for key in merged.pieces.iter().filter_map(|piece| piece.key(items)) {
        let key = key.into_owned();
        if let Some(other) = taken.insert(key.to_lowercase(), key.clone()) {
            let message = format!(
                "another has added the key `{}` meanwhile, whose variables would share files with those of `{}` where case does \
                 not count",
                text::bounded_name(&other),
                text::bounded_name(&key)
            );
            return Err(Error::msg(ErrorKind::Usage, message));
        }
    }
    Ok(taken.into_values().collect())
}
