//! An update of a folder of unknown type.

use super::Pack;
use crate::Result;
use crate::folder::options::{LoadOptions, SaveOptions};
use crate::folder::update::hold;
use std::path::Path;

impl Pack {
    /// Opens a folder, changes it and saves it, while no other save can: two programs that both count up lose
    /// nothing. It waits up to a minute for others. If `change` fails nothing is saved. Edits in place keep it waiting until they are flushed, also those of this process.
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
        Self::update_with(folder, &LoadOptions::new(), &SaveOptions::new(), change)
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
        let (mut pack, result, save, _in_use) = hold(folder, load, save, open, change)?;
        pack.save_with(&save)?;
        Ok(result)
    }
}
