//! A save: collect, lock, write what is new, commit.

use super::SaveOptions;
use super::commit::{Commit, CommitOptions};
use super::content::Variable;
use super::existing::{Contents, Existing};
use super::name;
use super::plan::{Outcome, Plan, Planned};
use crate::array::Origin;
use crate::{Error, ErrorKind, Result, parallel};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Saves variables into a folder.
pub(crate) fn save(path: &Path, variables: &[Variable<'_>], options: &SaveOptions) -> Result<()> {
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
            held.extend(array.binding().and_then(|binding| binding.folder()).cloned());
            // An edit in place is in the file already; the save makes it last, and its claim on the
            // folder would stand in the save's own way.
            array.flush().map_err(|error| error.with_variable(variable.name.as_ref()))
        })?;
    }
    let commit_options = CommitOptions { sync: options.sync, wait: options.wait };
    let commit = Commit::begin(path, &held, &commit_options)?;
    let dir = commit.folder().dir().id()?;
    if options.into.is_some_and(|expected| expected != dir) {
        let message = "another folder stands in the place of the one that was loaded";
        return Err(Error::msg(ErrorKind::Stale, message).with_path(path));
    }
    let Some((arrays, outcome)) = write(path, &commit, variables, options)? else {
        return Ok(()); // nothing has changed
    };
    for (file, identity) in outcome.removed {
        commit.remove(&file, identity);
    }
    // Of the arrays that were moved and not copied the folder stays locked from here on.
    let folder = Arc::clone(commit.folder());
    let identities = commit.finish(&outcome.manifest)?;
    for Planned { variable, file, array, header, .. } in arrays {
        if let (Some(binding), Some(&identity)) = (array.binding(), identities.get(&file)) {
            let origin = Origin { dir, name: file, identity, offset: header.len() };
            binding.mark_saved(origin, &variable, &folder);
        }
    }
    Ok(())
}

/// Writes into the staging folder what is new; `None` if nothing is.
fn write<'a>(
    path: &Path,
    commit: &Commit,
    variables: &[Variable<'a>],
    options: &SaveOptions,
) -> Result<Option<(Vec<Planned<'a>>, Outcome)>> {
    let contents = Contents::read(commit)?;
    let existing = Existing::new(commit, &contents)?;
    let mut plan = Plan::new(path, commit, &existing, options)?;
    plan.sort_out(variables);
    plan.variables(variables)?;
    plan.finish_shared_pickle()?;
    let arrays = plan.stage()?;
    Ok(plan.outcome()?.map(|outcome| (arrays, outcome)))
}

/// Writes arrays on several threads. An error comes with its file.
pub(super) fn stage_arrays<'f>(
    commit: &Commit,
    arrays: &'f [Planned<'_>],
    threads: usize,
) -> Result<(), (&'f str, Error)> {
    parallel::for_each(threads, arrays, |index, planned| {
        stage_array(commit, planned).map_err(|error| (index, error))
    })
    .map_err(|(index, error)| (arrays[index].file.as_str(), error))
}

fn stage_array(commit: &Commit, planned: &Planned<'_>) -> Result<()> {
    if let Some(binding) = planned.array.binding()
        && binding.link(&planned.header, |own| {
            commit.stage_unnamed(&planned.file, own, planned.replaces)
        })?
    {
        return Ok(());
    }
    commit.stage(&planned.file, planned.len, planned.replaces, |out| {
        out.write_all(&planned.header)
            .map_err(|error| Error::msg(ErrorKind::Io, "cannot write").with_source(error))?;
        planned.array.write_data(out)
    })
}
