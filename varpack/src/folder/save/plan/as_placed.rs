//! Whether the folder has a variable where and how a save would put it, and all of it.

use super::Plan;
use crate::Result;
use crate::folder::baseline::{Part, SeenItem};
use crate::folder::content::{ContentKind, Variable};
use crate::folder::item_names::key_fingerprints;

impl Plan<'_, '_> {
    /// See the file's first line. Of a variable that is as it was seen: what was seen of it tells.
    pub(super) fn is_placed_as_said(&self, variable: &Variable<'_>) -> Result<bool> {
        let name = variable.name.as_ref();
        let (Some(sight), Some(entry)) = (self.base(), self.existing.entry(name)) else {
            return Ok(false);
        };
        // One that has an older name is renamed.
        if variable.aliases.iter().any(|alias| self.existing.has(alias)) {
            return Ok(false);
        }
        for file in self.existing.files(name) {
            if self.stat(file)?.is_none() {
                return Ok(false);
            }
        }
        let part = sight.part(name);
        let is_in_its_pickle = self.is_in_its_pickle(variable, entry, part);
        Ok(match (&variable.content.0, part) {
            (ContentKind::Array(_), Some(Part::Array { .. })) => entry.is_array(),
            // Of a dictionary whose arrays are in files of their own the field has what is not.
            (
                ContentKind::Value(_) | ContentKind::Node(_),
                Some(Part::Whole { value: Some(_), .. } | Part::Dict { .. }),
            ) => is_in_its_pickle,
            // Python objects behind an array's header: so the Python program keeps them.
            (ContentKind::Value(_) | ContentKind::Node(_), Some(Part::Array { .. })) => {
                entry.is_array()
            }
            (ContentKind::Dict(items, _), Some(Part::Dict { items: held, .. })) => {
                let unknown = self.unknown_items(variable, Some(name))?;
                if !is_in_its_pickle || items.len() + unknown != held.len() {
                    return Ok(false);
                }
                let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
                for ((key, content), fingerprint) in items.iter().zip(keys) {
                    let is_split = variable.rule.array(key, content).is_some();
                    let is_value =
                        matches!(content.0, ContentKind::Value(_) | ContentKind::Node(_));
                    match held.get(&fingerprint) {
                        Some(SeenItem::File(_)) if is_split || is_value => {}
                        Some(SeenItem::Value(_)) if !is_split => {}
                        _ => return Ok(false),
                    }
                }
                true
            }
            _ => false,
        })
    }
}
