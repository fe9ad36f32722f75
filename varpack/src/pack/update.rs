//! Load, change and save as one step, that no other save comes between.

use super::calling::{self, Calling, Function};
use super::fs::{Dir, Identity};
use super::lock::busy;
use super::lock_file::{self, Attempt, Byte, Guard};
use super::os::Lock;
use super::unfinished::holds_state;
use super::{LoadOptions, Loaded, Pack, PackFields, SaveOptions};
use crate::{Mode, Result};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long an update waits for others, if its caller does not say.
const WAIT: Duration = Duration::from_secs(60);

/// The writer lock of a folder, held from before its load until after its save.
#[derive(Debug)]
pub(crate) struct HeldWriter {
    folder: Identity,
    guard: Guard,
}

impl HeldWriter {
    /// Takes the lock; `None` where there is none: in no folder of ours, or on a file system without.
    fn take(dir: &Dir, wait: Duration) -> Result<Option<Arc<Self>>> {
        if !holds_state(dir)? {
            return Ok(None);
        }
        calling::check_save(dir)?;
        match lock_file::hold(dir, Byte::Writer, Lock::Exclusive, wait)? {
            Attempt::Held(guard) => {
                Ok(Some(Arc::new(Self { folder: dir.stat_self()?.identity, guard })))
            }
            Attempt::Busy => Err(busy(dir.path(), "another save of it is under way")),
            Attempt::Unlocked(_) => Ok(None),
        }
    }

    /// Whether it is the lock of that folder.
    pub(crate) fn is_of(&self, folder: &Identity) -> bool {
        self.folder.is_same_file(folder)
    }

    /// Whether it still keeps others away: the folder's lock file may have been taken away.
    pub(crate) fn is_current(&self, dir: &Dir) -> Result<bool> {
        self.guard.lock_file().is_current(dir)
    }
}

/// Holds the lock from before `read` until after `change`, and gives the options to save with.
fn hold<L, R>(
    folder: &Path,
    load: &LoadOptions,
    save: &SaveOptions,
    read: impl FnOnce(&LoadOptions) -> Result<L>,
    change: impl FnOnce(&mut L) -> Result<R>,
) -> Result<(L, R, SaveOptions)> {
    let wait = save.wait.or(load.wait).unwrap_or(WAIT);
    let dir = Dir::open(folder)?;
    let writer = HeldWriter::take(&dir, wait)?;
    let load = LoadOptions { wait: load.wait.or(Some(wait)), ..load.clone() };
    let save = SaveOptions { wait: Some(wait), writer, ..save.clone() };
    let mut loaded = read(&load)?;
    let _calling = Calling::begin(dir.id()?, Function::Change);
    let result = change(&mut loaded)?;
    Ok((loaded, result, save))
}

/// As [`Varpack::update_with`](crate::Varpack::update_with) says.
pub(super) fn update<T: PackFields, R>(
    folder: &Path,
    load: &LoadOptions,
    save: &SaveOptions,
    change: impl FnOnce(&mut T) -> Result<R>,
) -> Result<R> {
    let read = |options: &LoadOptions| super::load::<T>(folder, options, true);
    let (loaded, result, save) =
        hold(folder, load, save, read, |loaded: &mut Loaded<T>| change(loaded))?;
    loaded.save_with(&save)?;
    Ok(result)
}

/// How an update loads where its caller does not say: an error of the change must leave the folder alone.
pub(super) fn load_options() -> LoadOptions {
    LoadOptions::new().mode(Mode::CopyOnWrite)
}

impl Pack {
    /// Opens a folder, changes it and saves it, while no other save can: two programs that both count up lose
    /// nothing. It waits up to a minute for others. Arrays are opened in mode `c`. If `change` fails nothing
    /// is saved. Edits in place keep it waiting until they are flushed, also those of this process.
    ///
    /// # Errors
    /// As of [`open`](Self::open), `change` and [`save`](Self::save); [`Busy`](crate::ErrorKind::Busy) if others
    /// do not come to an end; [`Usage`](crate::ErrorKind::Usage), at once, for a save or an update of the same
    /// folder from within `change`.
    ///
    /// ```
    /// # use varpack::Pack;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert_value("step", &7)?;
    /// # pack.save_to(folder)?;
    /// Pack::update(folder, |pack| {
    ///     let step: u64 = pack.value("step")?;
    ///     pack.insert_value("step", &(step + 1))
    /// })?;
    /// assert_eq!(Pack::open(folder)?.value::<u64>("step")?, 8);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn update<R>(
        folder: impl AsRef<Path>,
        change: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        Self::update_with(folder, &load_options(), &SaveOptions::new(), change)
    }

    /// As [`update`](Self::update), as the options say: the `wait` of the save, or else of the load, is how long
    /// it waits. In mode `r+` what is edited in place is in the folder at once, whatever `change` gives.
    ///
    /// # Errors
    /// As of [`open_with`](Self::open_with), `change` and [`save_with`](Self::save_with).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use varpack::{LoadOptions, Pack, SaveOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Pack::new().save_to(folder)?;
    /// let save = SaveOptions::new().wait(Duration::from_secs(5));
    /// Pack::update_with(folder, &LoadOptions::new(), &save, |pack| pack.insert_value("step", &1))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn update_with<R>(
        folder: impl AsRef<Path>,
        load: &LoadOptions,
        save: &SaveOptions,
        change: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R> {
        let folder = folder.as_ref();
        let open = |load: &LoadOptions| Self::open_with(folder, load);
        let (mut pack, result, save) = hold(folder, load, save, open, change)?;
        pack.save_with(&save)?;
        Ok(result)
    }
}
