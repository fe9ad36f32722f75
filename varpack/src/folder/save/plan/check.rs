//! What a save refuses of the names that it is given: those to take out that someone else has changed, those that nobody has, two
//! of one field.

use super::Plan;
use crate::folder::content::Variable;
use crate::folder::group::Group;
use crate::folder::load::missing;
use crate::folder::save::stale::stale;
use crate::{Error, ErrorKind, Result, text};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

impl Plan<'_, '_> {
    /// Refuses to take out what someone else has changed, but for what is `said` to go. `below`: the groups that the names are
    /// below.
    pub(super) fn check_taken_out(
        &self,
        below: &HashMap<&str, Arc<Group>>,
        said: &HashSet<String>,
    ) -> Result<()> {
        let is_said = |name: &String| {
            let group = below.get(name.as_str());
            said.contains(name)
                || self.is_said(name)
                || group.is_some_and(|it| it.is_among(|name| self.is_said(name)))
        };
        for name in self.taken_out.iter().filter(|name| self.existing.has(name) && !is_said(name)) {
            let at = |error: Error| error.with_variable(name).with_path(self.path);
            if !self.is_as_seen(name, Some(name)).map_err(at)? {
                return Err(at(stale()));
            }
        }
        Ok(())
    }

    /// Refuses names to keep or to overwrite that neither the fields nor the folder have: misspelt, they
    /// would lose what they are to save.
    pub(super) fn check_names(
        &self,
        variables: &[Variable<'_>],
        known: &HashMap<&str, &Variable<'_>>,
        below: &HashMap<&str, Arc<Group>>,
    ) -> Result<()> {
        if self.options.keep.is_empty() && self.options.overwrite_fields.is_empty() {
            return Ok(());
        }
        let groups = variables.iter().filter_map(|variable| variable.group.as_ref());
        let mut groups: BTreeSet<&str> = groups
            .chain(below.values())
            .flat_map(|group| group.chain())
            .flat_map(|group| group.names.iter().map(String::as_str))
            .collect();
        let mut wanted = self.options.keep.iter().chain(&self.options.overwrite_fields);
        let is_unknown = |name: &&String| {
            !known.contains_key(name.as_str())
                && !self.existing.has(name)
                && !groups.contains(name.as_str())
        };
        let Some(name) = wanted.find(is_unknown) else { return Ok(()) };
        let fields = variables.iter().map(|variable| variable.name.as_ref());
        let others = self.existing.entries().map(|(name, _)| name);
        let others = others.filter(|name| !known.contains_key(name));
        groups.extend(fields.chain(others));
        Err(missing(name, name, groups.iter().copied()).with_path(self.path))
    }

    /// Refuses to take two variables of the folder for one field: the save would replace the one and remove
    /// the other.
    pub(super) fn check_aliases(&self, variables: &[Variable<'_>]) -> Result<()> {
        if self.options.prune || self.options.overwrite {
            return Ok(());
        }
        let renamed = variables.iter().filter(|variable| !variable.aliases.is_empty());
        for variable in renamed.filter(|variable| !self.keeps(variable)) {
            let mut present = variable.names().filter(|name| self.existing.has(name));
            if let (Some(first), Some(second)) = (present.next(), present.next()) {
                let field = &variable.name;
                let message = format!(
                    "the folder has both `{}` and `{}`, which are names of one field, and this save would \
                     keep one of them: save with `prune(true)` or `overwrite(true)`, or keep them by \
                     `keep([\"{}\"])`",
                    text::bounded_name(first),
                    text::bounded_name(second),
                    text::bounded_name(field),
                );
                return Err(Error::msg(ErrorKind::Exists, message)
                    .with_variable(field.as_ref())
                    .with_path(self.path));
            }
        }
        Ok(())
    }
}
