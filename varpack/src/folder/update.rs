//! Load, change and save as one step, that no other save comes between.

use super::options::{LoadOptions, SaveOptions};
use crate::Result;
use crate::os::dir::Dir;
use crate::store::folder::Folder;
use crate::store::held_writer::HeldWriter;
use crate::store::reentry::{Calling, Function};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long an update waits for others, if its caller does not say.
const WAIT: Duration = Duration::from_secs(60);

/// Holds the lock from before `read` until after `change`, and gives the options to save with, and the folder, to be kept in
/// use until that is done: so that nobody edits in place meanwhile, whether or not the load maps anything.
pub(crate) fn hold<L, R>(
    folder: &Path,
    load: &LoadOptions,
    save: &SaveOptions,
    read: impl FnOnce(&LoadOptions) -> Result<L>,
    change: impl FnOnce(&mut L) -> Result<R>,
) -> Result<(L, R, SaveOptions, Arc<Folder>)> {
    let wait = save.wait.or(load.wait).unwrap_or(WAIT);
    let dir = Dir::open(&save.system, folder)?;
    let writer = HeldWriter::take(&dir, wait)?;
    let load = LoadOptions { wait: load.wait.or(Some(wait)), ..load.clone() };
    let in_use = Folder::open_same(&load.system, folder, Some(dir.id()?), load.wait)?;
    let load = LoadOptions { open: Some(Arc::clone(&in_use)), ..load };
    let save = SaveOptions { wait: Some(wait), writer, is_reported: false, ..save.clone() };
    let mut loaded = read(&load)?;
    let _calling = Calling::begin(dir.id()?, Function::Change);
    let result = change(&mut loaded)?;
    Ok((loaded, result, save, in_use))
}
