//! What a load has skipped, where a struct is saved into another folder: it is read for that, and goes with the rest.

use crate::Result;
use crate::dynamic::pack::Pack;
use crate::folder::baseline::Sight;
use crate::folder::content::Variable;
use crate::folder::stand_in::{StandIn, stand_ins};
use crate::pickle::internal::Fingerprint;
use std::collections::{HashMap, HashSet};

/// Fields that were skipped on load and still have their defaults.
#[derive(Default)]
pub(super) struct Skipped {
    /// By each of their names: which of the variables they are.
    fields: HashMap<String, usize>,
    /// What the names of the variables of skipped lists and maps begin with: of those nothing is here.
    prefixes: Vec<String>,
    /// What the folder may have of structs that are composed otherwise by now, and what of those is here.
    composed: HashMap<String, Vec<usize>>,
}

impl Skipped {
    /// `seen`: what is known of the folder that was loaded.
    pub(super) fn of(variables: &[Variable<'_>], seen: Option<&Sight>) -> Result<Self> {
        let mut skipped = Self::default();
        for (at, variable) in variables.iter().enumerate() {
            // As for a save into the folder that was loaded: what was set since is saved as any field.
            let was_set = seen.is_some_and(|seen| seen.was_set(variable));
            if variable.at_default && !was_set
                || seen.map_or(Ok(false), |seen| seen.is_at_default(variable))?
            {
                skipped.prefixes.extend(prefixes(variable).map(str::to_owned));
                skipped.fields.extend(variable.names().map(|name| (name.to_owned(), at)));
            }
        }
        if skipped.fields.is_empty() {
            return Ok(skipped);
        }
        let numbers: HashMap<_, _> =
            variables.iter().enumerate().map(|(at, it)| (it.name.as_ref(), at)).collect();
        for StandIn { names, of, .. } in
            stand_ins(variables, |name| !skipped.fields.contains_key(name))
        {
            let skipped_of = of.iter().map(|field| {
                numbers
                    .get(field.name.as_ref())
                    .copied()
                    .filter(|_| skipped.fields.contains_key(field.name.as_ref()))
            });
            if let Some(of) = skipped_of.collect::<Option<Vec<_>>>() {
                skipped.composed.extend(names.into_iter().map(|name| (name, of.clone())));
            }
        }
        Ok(skipped)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether a variable of the folder that was loaded is of what was skipped.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
            || self.composed.contains_key(name)
            || self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
    }

    /// Puts what the folder has of it among the variables. What it lacks is saved with the value that the field has.
    pub(super) fn fill<'a>(&self, variables: &mut Vec<Variable<'a>>, folder: &'a Pack) {
        let stood_for = folder.names().filter_map(|name| self.composed.get(name)).flatten();
        let mut left_out: HashSet<usize> = stood_for.copied().collect();
        // Where names tell the entries, they go on to do so.
        let told = variables.iter().enumerate().filter(|(_, variable)| {
            self.fields.contains_key(variable.name.as_ref())
                && prefixes(variable).any(|it| folder.names().any(|name| name.starts_with(it)))
        });
        left_out.extend(told.map(|(at, _)| at));
        let mut more = Vec::new();
        for theirs in folder.variables() {
            let Some(&at) = self.fields.get(theirs.name.as_ref()) else {
                more.push(theirs);
                continue;
            };
            // Of a field that the folder has by several names the present one counts, as on load.
            if let Some(own) = variables.get_mut(at)
                && own.names().find(|name| folder.get(name).is_some()) == Some(&*theirs.name)
            {
                left_out.remove(&at);
                own.content = theirs.content;
                (own.group, own.entries, own.at_default) = (None, None, false);
            }
        }
        let mut numbers = 0..;
        variables.retain(|_| numbers.next().is_none_or(|at| !left_out.contains(&at)));
        variables.append(&mut more);
    }
}

/// What the names of the variables of a list's or map's entries begin with, if this is the one that tells which it has.
fn prefixes<'v>(variable: &'v Variable<'_>) -> impl Iterator<Item = &'v str> {
    let group = variable.group.as_ref().filter(|_| variable.entries.is_some());
    group.into_iter().flat_map(|group| &group.prefixes).map(String::as_str)
}

/// Whether some items of a map of this name were not loaded.
pub(super) fn is_partial(seen: Option<&Sight>, name: &str) -> bool {
    seen.is_some_and(|seen| seen.skipped_items.contains_key(&Fingerprint::of(name)))
}

/// Puts the items that were not loaded beside those that were.
///
/// # Errors
/// Those of values that cannot be taken apart.
pub(super) fn add_items<'a>(
    variables: &mut [Variable<'a>],
    folder: &'a Pack,
    seen: Option<&Sight>,
) -> Result<()> {
    for theirs in folder.variables() {
        let skipped = seen.and_then(|it| it.skipped_items.get(&Fingerprint::of(&theirs.name)));
        let is_it = |own: &&mut Variable<'_>| own.names().any(|name| name == theirs.name);
        if let (Some(own), Some(skipped)) = (variables.iter_mut().find(is_it), skipped) {
            own.content.add_items(theirs.content, skipped)?;
        }
    }
    Ok(())
}
