//! Structs that a folder has composed in the other way: a dictionary, as `nested` has it, where the struct is flattened
//! by now, or variables, as `flatten` has it, where it is nested.

use super::content::{Content, ContentKind, Key, Variable};
use super::group::Group;
use std::collections::HashSet;
use std::iter::once;
use std::sync::Arc;

/// See the file's first line.
pub(crate) struct StandIn<'v, 'a> {
    /// A variable of a flattened struct's own name, or those of a nested struct's fields.
    pub(crate) names: Vec<String>,
    /// What stands for the struct by now: its fields, or it.
    pub(crate) of: &'v [Variable<'a>],
    /// The struct, if it is flattened by now.
    pub(crate) group: Option<&'v Arc<Group>>,
}

/// What the folder has of them. `has`: whether it has a variable of this name that no field has.
pub(crate) fn stand_ins<'v, 'a>(
    variables: &'v [Variable<'a>],
    has: impl Fn(&str) -> bool,
) -> Vec<StandIn<'v, 'a>> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (at, variable) in variables.iter().enumerate() {
        let of = variables.get(at..).unwrap_or_default();
        let mut group = variable.group.as_ref();
        while let Some(inner) = group.filter(|group| seen.insert(Arc::as_ptr(group))) {
            let names: Vec<_> = inner.names.iter().filter(|name| has(name)).cloned().collect();
            if !names.is_empty() {
                // A group is written in one go.
                let end = of.iter().position(|variable| !variable.is_within(inner));
                let of = of.get(..end.unwrap_or(of.len())).unwrap_or_default();
                found.push(StandIn { names, of, group: Some(inner) });
            }
            group = inner.outer();
        }
        if variable.content.is_struct() {
            let mut names = Vec::new();
            for name in variable.names() {
                fields_below(name, &variable.content, &has, &mut names);
            }
            if !names.is_empty() {
                found.push(StandIn { names, of: std::slice::from_ref(variable), group: None });
            }
        }
    }
    found
}

/// The variables that a struct's fields would be if it were flattened, and the folder has.
fn fields_below(
    name: &str,
    content: &Content<'_>,
    has: &impl Fn(&str) -> bool,
    found: &mut Vec<String>,
) {
    let ContentKind::Dict(items, _) = &content.0 else { return };
    for (key, item) in items {
        let Key::Field(field, aliases) = key else { continue };
        for field in once(field).chain(aliases) {
            let below = [name, ".", field].concat();
            if item.is_struct() {
                fields_below(&below, item, has, found);
            }
            if has(&below) {
                found.push(below);
            }
        }
    }
}
