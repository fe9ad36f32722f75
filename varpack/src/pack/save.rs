//! A save: collect, lock, write what is new, commit.

use super::SaveOptions;
use super::commit::{Commit, CommitOptions, Committed};
use super::content::Variable;
use super::existing::{Contents, Existing};
use super::fs::DirId;
use super::name;
use super::plan::Plan;
use super::planned::{Planned, PlannedArray};
use crate::array::Origin;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A save that is made: what was saved counts as such from now on.
#[must_use = "an error may have come after the commit point"]
#[derive(Debug)]
pub(crate) struct Saved {
    /// The folder that it was saved to.
    pub(crate) folder: DirId,
    /// What failed after the commit point, for the caller of the program: `DurabilityUnknown`,
    /// `CommitPending`.
    pub(crate) outcome: Result<()>,
}

/// Saves variables into a folder.
///
/// # Errors
/// Those from before the commit point: the folder is as it was, and so are the arrays but for edits in place,
/// which are flushed.
pub(crate) fn save(
    path: &Path,
    variables: &[Variable<'_>],
    options: &SaveOptions,
) -> Result<Saved> {
    let mut names = BTreeSet::new();
    for variable in variables {
        name::check_variable(&variable.name)?;
        if !names.insert(variable.name.as_ref()) {
            return Err(Error::msg(ErrorKind::Usage, "two fields are this variable")
                .with_variable(variable.name.as_ref()));
        }
    }
    let mut held = Vec::new();
    for variable in variables {
        variable.content.for_each_array(&mut |array| {
            let folder = array.binding().and_then(|binding| binding.folder());
            let is_other =
                |folder: &&Arc<_>| held.last().is_none_or(|last| !Arc::ptr_eq(last, folder));
            held.extend(folder.filter(is_other).cloned());
            // An edit in place is in the file already; the save makes it last, and its claim on the
            // folder would stand in the save's own way.
            array.flush().map_err(|error| {
                // A file without a name is on its way into this folder.
                error.with_variable(variable.name.as_ref()).with_path(path)
            })
        })?;
    }
    let commit_options = CommitOptions {
        sync: options.sync,
        wait: options.wait,
        threads: options.threads,
        without_lock: options.without_lock,
        into: options.into,
        progress: options.progress.clone(),
    };
    let commit = Commit::begin(path, &held, &commit_options)?;
    let dir = commit.folder().dir().id()?;
    let Some(Planned { arrays, manifest, removed, .. }) = write(path, &commit, variables, options)?
    else {
        return Ok(Saved { folder: dir, outcome: Ok(()) }); // nothing has changed
    };
    for (file, identity) in removed {
        commit.remove(&file, identity);
    }
    let meter = Arc::clone(commit.meter());
    // Arrays that were moved, and not copied, keep the folder locked from here on.
    let folder = Arc::clone(commit.folder());
    let Committed { identities, outcome } = commit.finish(&manifest)?;
    for PlannedArray { variable, file, array, header, .. } in arrays {
        if let (Some(binding), Some(&identity)) = (array.binding(), identities.get(&file)) {
            let origin = Origin { dir, name: file, identity, link: None, offset: header.len() };
            binding.mark_saved(origin, &variable, &folder);
        }
    }
    // The manifest counts last. The save is made, whatever the answer.
    let _ = meter.advance(1, u64::try_from(manifest.len()).unwrap_or(u64::MAX));
    Ok(Saved { folder: dir, outcome })
}

/// Writes into the staging folder what is new; `None` if nothing is.
fn write<'a>(
    path: &Path,
    commit: &Commit,
    variables: &[Variable<'a>],
    options: &SaveOptions,
) -> Result<Option<Planned<'a>>> {
    let contents = Contents::read(commit)?;
    let existing = Existing::new(commit, &contents)?;
    let mut plan = Plan::new(path, &existing, options)?;
    plan.sort_out(variables)?;
    plan.variables(variables)?;
    let planned = plan.finish()?;
    if let Some(planned) = &planned {
        planned.stage(path, commit, options.threads)?;
    }
    Ok(planned)
}
