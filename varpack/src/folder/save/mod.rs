//! A save: collect, lock, write what is new, commit.

mod basis;
mod compare;
mod contents;
pub(crate) mod existing;
pub(crate) mod merged;
pub(crate) mod plan;
pub(crate) mod planned;
mod stale;

use super::baseline::{Baseline, Remembered};
use super::content::{self, Variable};
use super::options::SaveOptions;
use super::report::{SaveAction, SaveReport};
use crate::array::{FolderHandle, Origin, Witness};
use crate::layout::name;
use crate::os::dir::{DirId, Identity};
use crate::store::commit::{Commit, Committed};
use crate::store::folder::Folder;
use crate::store::options::CommitOptions;
use crate::{Error, ErrorKind, Result, text};
use basis::Basis;
use contents::Contents;
use existing::Existing;
use plan::Plan;
use planned::{AgreedArray, Planned, PlannedArray};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

/// A save that is made: what was saved counts as such from now on.
#[must_use = "an error may have come after the commit point"]
#[derive(Debug)]
pub(crate) struct SaveOutcome {
    /// The folder that it was saved to.
    pub(crate) folder: DirId,
    /// What was done, or what failed after the commit point, for the caller of the program: `DurabilityUnknown`,
    /// `CommitPending`.
    pub(crate) outcome: Result<SaveReport>,
}

/// Saves variables into a folder. `remembered`: what was seen of it, where the arrays alone do not tell, and what
/// is to be remembered afterwards; where nothing was, of this save if it `remembers`.
///
/// # Errors
/// Those from before the commit point: the folder is as it was, and so are the arrays but for edits in place,
/// which are flushed.
pub(crate) fn save(
    path: &Path,
    variables: &[Variable<'_>],
    options: &SaveOptions,
    remembered: Option<&Remembered>,
    remembers: bool,
) -> Result<SaveOutcome> {
    check_names(variables)?;
    let held = held(variables)?;
    // An edit in place is in the file already; the save makes it last, and its claim on the folder would stand in the
    // save's own way. A file without a name is on its way into this folder.
    content::flush(variables).map_err(|error| error.with_path(path))?;
    let commit_options = CommitOptions {
        sync: options.sync,
        wait: options.wait,
        threads: options.threads,
        without_lock: options.without_lock,
        into: options.into,
        progress: options.progress.clone(),
        writer: options.writer.clone(),
    };
    let commit = Commit::begin(&options.system, path, &held, &commit_options)?;
    let dir = commit.folder().dir().id()?;
    let own = remembered.and_then(Remembered::get);
    let base = Basis::of(dir, own, variables, options.overwrite)?;
    let planned = write(path, &commit, variables, options, &base)?;
    let note = |after: &Arc<Baseline>, identities: &BTreeMap<String, Identity>| {
        after.note_save(&planned, variables, identities);
        if let Some(remembered) = remembered.filter(|_| base.is_own || remembers) {
            remembered.set(after);
        }
        base.load.as_ref().map_or(Ok(()), |before| hand_on(before, after, variables, !base.is_own))
    };
    let new_baseline = |folder: &Arc<Folder>| {
        remembers.then(|| Baseline::new(dir, folder.dir().path().to_owned()))
    };
    let Some(manifest) = &planned.manifest else {
        let nothing = BTreeMap::new();
        mark_saved(variables, &planned, options, commit.folder(), dir, &nothing, None);
        // The folder has it all, and that is known from now on.
        let after = match &base.load {
            // A copy that was made before has not seen what is noted here.
            Some(before) if base.is_superseded() || planned.notes_something() => {
                Some(before.successor())
            }
            Some(before) => Some(Arc::clone(before)),
            None => new_baseline(commit.folder()),
        };
        if let Some(after) = after {
            note(&after, &nothing)?;
        }
        return Ok(SaveOutcome { folder: dir, outcome: Ok(told(path, planned.report)) });
    };
    for (file, found) in &planned.removed {
        commit.remove(file, found)?;
    }
    let meter = Arc::clone(commit.meter());
    // Arrays that were moved, and not copied, keep the folder locked from here on.
    let Committed { identities, outcome, folder, writer } = commit.finish(manifest)?;
    let after = base.load.as_ref().map(|before| before.successor());
    let after = after.or_else(|| new_baseline(&folder));
    mark_saved(variables, &planned, options, &folder, dir, &identities, after.as_ref());
    if let Some(after) = &after {
        after.remember_in(variables);
        note(after, &identities)?;
    }
    // Only now may another thread save what this one has loaded.
    drop(writer);
    // The manifest counts last. The save is made, whatever the answer.
    let _ = meter.advance(1, u64::try_from(manifest.len()).unwrap_or(u64::MAX));
    Ok(SaveOutcome { folder: dir, outcome: outcome.map(|()| told(path, planned.report)) })
}

/// Whether anybody looks at what a save reports: its caller, or the log.
fn is_reported(options: &SaveOptions) -> bool {
    options.is_reported || log::log_enabled!(log::Level::Debug)
}

/// Tells the log of a save.
fn told(path: &Path, report: SaveReport) -> SaveReport {
    let path = text::path(path);
    log::debug!(
        folder:% = path,
        written = report.count(SaveAction::Written),
        kept = report.count(SaveAction::Kept),
        removed = report.count(SaveAction::Removed),
        bytes = report.bytes_written();
        "saved {path}:\n{report}"
    );
    report
}

/// That each variable has a name that one may have, and none that another has.
fn check_names(variables: &[Variable<'_>]) -> Result<()> {
    let mut names = BTreeSet::new();
    for variable in variables {
        name::check_variable(&variable.name)?;
        if !names.insert(variable.name.as_ref()) {
            return Err(Error::msg(ErrorKind::Usage, "two fields are this variable")
                .with_variable(variable.name.as_ref()));
        }
    }
    Ok(())
}

/// The folders that the arrays hold.
fn held(variables: &[Variable<'_>]) -> Result<Vec<Arc<Folder>>> {
    let mut held = Vec::new();
    for variable in variables {
        variable.content.for_each_array(&mut |array| {
            let folder = array.binding().and_then(|binding| binding.folder());
            let is_other =
                |folder: &&Arc<_>| held.last().is_none_or(|last| !Arc::ptr_eq(last, folder));
            held.extend(folder.filter(is_other).cloned());
            Ok(())
        })?;
    }
    Ok(held)
}

/// Ties arrays to the files of the folder that they are in since the save, and lets go those whose files it took away.
/// `identities`: of the files that were written; `after`: what is known of the folder now.
fn mark_saved(
    variables: &[Variable<'_>],
    planned: &Planned<'_>,
    options: &SaveOptions,
    folder: &Arc<Folder>,
    dir: DirId,
    identities: &BTreeMap<String, Identity>,
    after: Option<&Arc<Baseline>>,
) {
    let removed: HashSet<&str> = planned.removed.iter().map(|(file, _)| file.as_str()).collect();
    let is_gone = |origin: &Origin| {
        let written = identities.get(&origin.name);
        removed.contains(origin.name.as_str())
            || written.is_some_and(|written| !written.is_same_file(&origin.identity))
    };
    // Of arrays that were moved in; one for all of them.
    let handle = OnceCell::new();
    let handle = || Arc::clone(handle.get_or_init(|| self::handle(variables, folder, dir)));
    for PlannedArray { variable, file, array, header, .. } in &planned.arrays {
        if let (Some(binding), Some(&identity)) = (array.binding(), identities.get(file)) {
            let origin =
                Origin { dir, name: file.clone(), identity, link: None, offset: header.len() };
            binding.mark_saved(origin, variable, folder, &handle, is_gone);
            if let Some(after) = after {
                binding.remember(Arc::clone(after) as _);
            }
        }
    }
    for AgreedArray { variable, file, array, identity, offset } in &planned.agreed_arrays {
        if let Some(binding) = array.binding() {
            let (name, identity, offset) = (file.clone(), *identity, *offset);
            let origin = Origin { dir, name, identity, link: None, offset };
            binding.mark_saved(origin, variable, folder, &handle, is_gone);
        }
    }
    let moves_files = !identities.is_empty() || !planned.removed.is_empty();
    for variable in variables {
        let is_kept = variable.is_among(|name| options.keep.contains(name));
        let _ = variable.content.for_each_array(&mut |array| {
            let Some(binding) = array.binding() else { return Ok(()) };
            if !is_kept {
                binding.end_change(); // of those in pickles, too
            }
            if moves_files {
                binding.mark_taken_away(dir, is_gone);
            }
            Ok(())
        });
    }
}

/// How the arrays that are edited in a folder come to it: all by one way, so that none is in another's.
fn handle(variables: &[Variable<'_>], folder: &Arc<Folder>, dir: DirId) -> Arc<FolderHandle> {
    let mut handle = None;
    for variable in variables {
        let _ = variable.content.for_each_array(&mut |array| {
            let found = array.binding().and_then(|binding| binding.handle(dir));
            handle = handle.take().or_else(|| found.cloned());
            Ok(())
        });
    }
    let handle = handle.unwrap_or_else(|| FolderHandle::new(folder, dir));
    handle.adopt(folder);
    handle
}

/// Gives the arrays that came with what was seen before what is seen now; those of other loads, too, that are in the very
/// files that were seen, or in the pickles of a struct that `leaves_nothing_out`.
fn hand_on(
    before: &Arc<Baseline>,
    base: &Arc<Baseline>,
    variables: &[Variable<'_>],
    leaves_nothing_out: bool,
) -> Result<()> {
    let dir = base.dir();
    variables.iter().try_for_each(|variable| {
        variable.content.for_each_array(&mut |array| {
            let Some(binding) = array.binding() else { return Ok(()) };
            let Some(seen) = Baseline::of(binding).filter(|seen| !Arc::ptr_eq(seen, base)) else {
                return Ok(());
            };
            let is_here = |origin: &Origin| {
                let sight = base.sight();
                sight.file(&origin.name).is_some_and(|seen| seen.is_the_one(origin.stands_as()))
            };
            let is_of_here = seen.dir() == dir;
            let is_in_pickle = || leaves_nothing_out && !binding.has_origin();
            if Arc::ptr_eq(before, &seen)
                || is_of_here && (is_in_pickle() || binding.is_unchanged(dir, is_here))
            {
                binding.remember(Arc::clone(base) as _);
            }
            Ok(())
        })
    })
}

/// Writes into the staging folder what is new.
fn write<'a>(
    path: &Path,
    commit: &Commit,
    variables: &[Variable<'a>],
    options: &SaveOptions,
    base: &Basis,
) -> Result<Planned<'a>> {
    let contents = Contents::read(commit)?;
    let existing = Existing::new(commit, &contents)?;
    let unloaded = unloaded(variables, base, options.overwrite)?;
    check_skipped(path, &existing, variables, &unloaded, options, base)?;
    let plan = |holders: BTreeSet<String>| {
        let mut plan = Plan::new(path, &existing, options, base, holders)?;
        plan.sort_out(variables, &unloaded)?;
        plan.variables(variables)?;
        Ok::<_, Error>(plan)
    };
    let mut made = plan(BTreeSet::new())?;
    let misplaced = made.take_misplaced();
    if !misplaced.is_empty() {
        // It holds what was seen, which the next one looks at.
        drop(made);
        made = plan(misplaced)?;
    }
    let planned = made.finish()?;
    if planned.manifest.is_some() {
        planned.stage(path, commit, options.threads)?;
    }
    Ok(planned)
}

/// The fields that the folder's own load has skipped, and that still have their defaults: whatever is to be
/// written over, those were never loaded. Where that load is not known for sure, what any of them has skipped.
fn unloaded(
    variables: &[Variable<'_>],
    base: &Basis,
    overwrites: bool,
) -> Result<BTreeSet<String>> {
    let mixed = base.mixed.iter().filter(|_| overwrites);
    let mut unloaded = BTreeSet::new();
    for load in base.load.iter().chain(mixed) {
        let sight = load.sight();
        for variable in variables {
            if sight.is_at_default(variable)? {
                unloaded.insert(variable.name.as_ref().to_owned());
            }
        }
    }
    Ok(unloaded)
}

/// Refuses to write the default of a field that another load has skipped over what the folder has: the
/// struct was swapped with another, or is saved where it was not loaded.
fn check_skipped(
    path: &Path,
    existing: &Existing<'_>,
    variables: &[Variable<'_>],
    unloaded: &BTreeSet<String>,
    options: &SaveOptions,
    base: &Basis,
) -> Result<()> {
    let SaveOptions { keep, carry, overwrite_fields, .. } = options;
    let is_sure = base.is_carried && base.mixed.is_empty();
    let own = base.load.as_ref().filter(|_| is_sure).map(|load| load.sight().clone());
    let is_own = |variable: &Variable<'_>| {
        own.as_ref()
            .is_some_and(|own| own.mine(&variable.name).is_some() && !own.is_skipped(variable))
    };
    let is_said = |variable: &Variable<'_>| {
        let is_named =
            |name: &str| [keep, carry, overwrite_fields].iter().any(|all| all.contains(name));
        options.overwrite
            || variable.at_default
            || unloaded.contains(variable.name.as_ref())
            || variable.is_among(is_named)
    };
    for other in &base.others {
        let sight = other.sight();
        for variable in variables.iter().filter(|variable| sight.is_skipped(variable)) {
            let there = variable.names().find(|name| existing.has(name));
            let Some(there) = there.filter(|_| !is_said(variable) && !is_own(variable)) else {
                continue;
            };
            if sight.is_at_default(variable)? && !existing.holds_value(there, &variable.content)? {
                let message = format!(
                    "skipped when {} was loaded, and still has its default: say `keep` or \
                     `overwrite_field`",
                    text::path(other.path())
                );
                return Err(Error::msg(ErrorKind::Usage, message)
                    .with_variable(variable.name.as_ref())
                    .with_path(path));
            }
        }
    }
    Ok(())
}
