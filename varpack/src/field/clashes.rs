//! Names that two fields have, where one of them is flattened: the derive sees no further than one struct.

use crate::folder::content::Variable;
use crate::folder::group::{Group, rust_path};
use crate::{Error, ErrorKind, Result, text};
use std::collections::{HashMap, HashSet};

/// # Errors
/// `Usage` if two fields have one name, or names that differ by case only, as files do.
pub(crate) fn check_clashes(variables: &[Variable<'_>]) -> Result<()> {
    if variables.iter().all(|variable| variable.group.is_none()) {
        return Ok(());
    }
    let mut taken = HashMap::new();
    let mut older = Vec::new();
    let mut seen = HashSet::new();
    for variable in variables {
        let path = || rust_path(variable.group.as_deref(), &variable.field);
        let groups = variable.group.iter().flat_map(|group| group.chain());
        for group in groups.take_while(|group| seen.insert(std::ptr::from_ref::<Group>(group))) {
            take(&mut taken, group.name(), group.path.clone())?;
            older
                .extend(group.names.iter().skip(1).map(|name| (name.as_str(), group.path.clone())));
        }
        // The group has taken its own name.
        if variable.entries.is_none() {
            take(&mut taken, &variable.name, path())?;
            older.extend(variable.names().skip(1).map(|name| (name, path())));
        }
    }
    // Those of one field differ in one letter's case, if the user says so.
    let present: HashMap<&str, &String> =
        taken.values().map(|(name, path)| (*name, path)).collect();
    let mut others = HashMap::new();
    for (name, path) in &older {
        let other = present.get(name).copied();
        if let Some(other) = other.or_else(|| others.insert(*name, path)) {
            return Err(clash(name, name, other, path));
        }
    }
    Ok(())
}

fn take<'n>(
    taken: &mut HashMap<String, (&'n str, String)>,
    name: &'n str,
    path: String,
) -> Result<()> {
    match taken.get(&name.to_lowercase()) {
        Some((other, owner)) => Err(clash(name, other, owner, &path)),
        None => {
            taken.insert(name.to_lowercase(), (name, path));
            Ok(())
        }
    }
}

fn clash(name: &str, other: &str, owner: &str, path: &str) -> Error {
    let (owner, path) = (text::bounded_name(owner), text::bounded_name(path));
    let message = match name == other {
        true => format!("the fields `{owner}` and `{path}` would share this variable"),
        false => format!(
            "the fields `{owner}` and `{path}` would share a file where case does not count: the other is `{}`",
            text::bounded_name(other)
        ),
    };
    Error::msg(ErrorKind::Usage, message).with_variable(text::bounded_name(name))
}
