//! The look at a folder that each load takes.

use super::{Baseline, Mine, Part, Room, Sight, split_off};
use crate::folder::content::{ContentKind, Variable};
use crate::folder::group::{NamedKeys, owners};
use crate::folder::load::Context;
use crate::folder::stand_in::stand_ins;
use crate::layout::manifest::Entry;
use crate::layout::own::SHARED_PICKLE;
use crate::os::dir::Identity;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{Document, Node};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Baseline {
    /// Notes a variable that has a pickle of its own. `by_item`: whether it was read item by item.
    pub(crate) fn note_pickle(
        &self,
        context: &Context<'_>,
        variable: &str,
        file: &str,
        stands: Identity,
        root: Node<'_>,
        by_item: bool,
    ) {
        let arrays: Vec<_> = split_off(root).collect();
        let by_item = by_item || !arrays.is_empty();
        let part = Part::of(root, file, by_item, &mut Fingerprints::default());
        let mut sight = self.sight();
        sight.look_at(context, &arrays);
        sight.files.insert(Fingerprint::of(file), stands.into());
        sight.parts.insert(Fingerprint::of(variable), part);
        sight.pickled += root.pickle_len();
    }

    /// Notes what is left when all is loaded. `fields`: those of a struct as they were loaded; without, all
    /// variables count, and who holds them knows which he has not changed.
    pub(crate) fn complete(
        self: &Arc<Self>,
        context: &Context<'_>,
        fields: Option<&[Variable<'_>]>,
    ) {
        self.remember_in(fields.unwrap_or_default());
        let mut sight = self.sight();
        let mut fingerprints = Fingerprints::default();
        sight.is_of_all = fields.is_none();
        sight.shared = context.shared.as_ref().map(|shared| shared.identity.into());
        let by_name: HashMap<&str, &Variable<'_>> = fields
            .into_iter()
            .flatten()
            .flat_map(|field| field.names().map(move |name| (name, field)))
            .collect();
        let rest = context.manifest.names().filter(|name| !by_name.contains_key(name));
        let groups = fields.into_iter().flatten().filter_map(|field| field.group.as_ref());
        let below = owners(groups, rest);
        let has = |name: &str| context.manifest.get(name).is_some() && !by_name.contains_key(name);
        let composed: HashSet<String> = stand_ins(fields.unwrap_or_default(), has)
            .into_iter()
            .flat_map(|stand_in| stand_in.names)
            .collect();
        for (name, entry) in context.manifest.iter() {
            let variable = Fingerprint::of(name);
            let known = by_name.get(name);
            // What is below a flattened list goes with the entry that it is of, what is composed otherwise with the struct.
            let goes_with_fields = || below.contains_key(name) || composed.contains(name);
            if fields.is_some() && known.is_none() && !goes_with_fields() {
                sight.parts.insert(variable, Part::Unseen);
                continue;
            }
            // A list of files may name more than the pickle does: a save that takes the variable out removes those, too.
            let listed: Vec<_> = entry.files.iter().flatten().map(String::as_str).collect();
            sight.look_at(context, &listed);
            if sight.parts.contains_key(&variable) {
                continue;
            }
            let file = Fingerprint::of(entry.filename.as_str());
            let (mut files, names);
            files = vec![];
            let part = if entry.is_array() {
                files.push(entry.filename.as_str());
                Part::Array { file }
            } else if entry.filename != SHARED_PICKLE {
                match map_part(context, entry, &mut sight) {
                    Some((part, arrays)) => {
                        names = arrays;
                        files.extend(names.iter().map(String::as_str));
                        part
                    }
                    None => {
                        if entry.uses_placeholders != Some(true) {
                            files.push(entry.filename.as_str());
                        }
                        Part::Whole { file, value: None }
                    }
                }
            } else if let Some(node) = context.shared_node(name) {
                let is_dict =
                    known.is_some_and(|field| matches!(field.content.0, ContentKind::Dict(..)));
                files.extend(split_off(node));
                let by_item = is_dict || !files.is_empty();
                Part::of(node, SHARED_PICKLE, by_item, &mut fingerprints)
            } else {
                Part::Whole { file, value: None }
            };
            sight.parts.insert(variable, part);
            sight.look_at(context, &files);
        }
        sight.pickled += context.shared.as_ref().map_or(0, |shared| shared.root.pickle_len());
        let items = context.skipped_items();
        let items = items.iter().map(|(name, keys)| (Fingerprint::of(name.as_str()), keys.clone()));
        sight.skipped_items.extend(items);
        let fields = fields.unwrap_or_default();
        sight.note_entries(fields, |_| true);
        let mut room = Room::beside(sight.pickled);
        for field in fields {
            let skip = &context.options.skip;
            let at_default = field.at_default || field.is_among(|name| skip.contains(name));
            // One that cannot be pickled counts as changed.
            if let Ok(mine) = Mine::of(&field.content, at_default, &mut room) {
                sight.mine.insert(Fingerprint::of(&*field.name), mine);
            }
            if at_default {
                sight.skipped.insert(field.name.as_ref().to_owned());
            } else if field.entries.is_some()
                && let Some(group) = &field.group
                && !field.names().any(|name| context.manifest.get(name).is_some())
            {
                let below = |prefix| context.below(prefix);
                sight.note_told(field, &NamedKeys::of_group(group, below));
            }
        }
    }

    /// Gives itself to the arrays that remember nothing yet: those that stand in a pickle.
    pub(crate) fn remember_in(self: &Arc<Self>, variables: &[Variable<'_>]) {
        for variable in variables {
            // Nothing in it can fail.
            let _ = variable.content.for_each_array(&mut |array| {
                if let Some(binding) = array.binding().filter(|it| it.witness().is_none()) {
                    binding.remember(Arc::clone(self) as _);
                }
                Ok(())
            });
        }
    }
}

impl Sight {
    /// What was not loaded is looked at all the same.
    fn look_at(&mut self, context: &Context<'_>, files: &[&str]) {
        for &file in files {
            let name = Fingerprint::of(file);
            if !self.files.contains_key(&name)
                && let Ok(Some(identity)) = context.snapshot.identity(file)
            {
                self.files.insert(name, identity.into());
            }
        }
    }
}

/// A map of arrays that was not loaded, and stands in a pickle of its own: only that tells which files are its arrays.
/// Without them it is small. `None` if it cannot be read: then nothing tells later whether it is as it was.
fn map_part(
    context: &Context<'_>,
    entry: &Entry,
    sight: &mut Sight,
) -> Option<(Part, Vec<String>)> {
    if entry.uses_placeholders != Some(true) {
        return None;
    }
    let file = entry.filename.as_str();
    let (bytes, stands) = context.snapshot.read_pickle(file).ok()?;
    let document = Document::parse_in(&bytes, context.snapshot.budget()).ok()?;
    let root = document.root();
    sight.files.insert(Fingerprint::of(file), stands.into());
    sight.pickled += root.pickle_len();
    let arrays = split_off(root).map(str::to_owned).collect();
    Some((Part::of(root, file, true, &mut Fingerprints::default()), arrays))
}
