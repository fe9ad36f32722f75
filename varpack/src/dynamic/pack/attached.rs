//! [`Pack`] and the folder it is attached to: attaching, detaching, saving.

use super::Pack;
use super::held::HeldVariables;
use super::open::Wanted;
use crate::dynamic::value::PackValue;
use crate::folder::baseline::Remembered;
use crate::folder::content::{self, Placement, SplitRule, Variable};
use crate::folder::report::SaveReport;
use crate::folder::save;
use crate::{AnyArray, Error, ErrorKind, LoadOptions, Mode, Result, SaveOptions};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

impl Pack {
    /// Attaches to another folder: the next [`save`](Self::save) writes everything that is held there.
    /// What else is in that folder stays; what was not loaded from the one before stays in that one, and
    /// is not brought along as [`save_to`](Self::save_to) does.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// pack.attach(folder.join("copy"));
    /// assert_eq!(pack.folder(), Some(folder.join("copy").as_path()));
    /// pack.save()?;
    /// assert_eq!(Pack::open(folder.join("copy"))?.names().collect::<Vec<_>>(), ["step"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn attach(&mut self, folder: impl Into<PathBuf>) {
        let folder = folder.into();
        // So that a change of the working directory does not move it.
        self.folder = Some(std::path::absolute(&folder).unwrap_or(folder));
        self.identity = None;
        self.skipped.clear();
        self.removed.clear();
        self.remembered = Remembered::default();
        for held in self.variables.iter_mut() {
            held.loaded = false;
        }
    }

    /// Reads everything into memory, what was skipped too, and lets go of the folder. What was written in mode
    /// `r+` is flushed.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), for what was skipped; [`Stale`](ErrorKind::Stale) if another folder
    /// stands in its place, or what was skipped is not there any more; [`Value`](ErrorKind::Value) if it cannot be a value; [`Io`](ErrorKind::Io) if the disk
    /// fails, now or at an earlier flush, or there is not so much memory.
    ///
    /// ```
    /// # use varpack::{Pack, PackValue};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # let mut pack = Pack::new();
    /// # pack.insert("step", PackValue::serialize(&7)?)?;
    /// # pack.save_to(folder)?;
    /// let mut pack = Pack::open(folder)?;
    /// pack.detach()?;
    /// std::fs::remove_dir_all(folder).unwrap(); // nothing is needed of it any more
    /// assert_eq!((pack.names().count(), pack.folder()), (1, None));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn detach(&mut self) -> Result<()> {
        content::flush(&self.variables())?; // its own edits in place would keep what was skipped from being read
        // Nothing is changed before all is in memory: what fails leaves the pack as it was.
        let skipped = self.read_skipped(Mode::InMemory)?;
        let arrays = self.variables.iter().flat_map(|held| held.value.arrays());
        let copies = arrays.map(AnyArray::copied_out).collect::<Result<Vec<_>>>()?;
        let arrays = self.variables.iter_mut().flat_map(|held| held.value.arrays_mut());
        for (array, copy) in arrays.zip(copies) {
            if let Some(copy) = copy {
                *array = copy;
            }
        }
        self.variables.extend(skipped);
        for held in self.variables.iter_mut() {
            held.loaded = false;
            held.value.arrays_mut().for_each(AnyArray::let_go);
        }
        self.skipped.clear();
        (self.folder, self.identity, self.remembered) = (None, None, Remembered::default());
        Ok(())
    }

    /// What the folder has and was not loaded.
    fn read_skipped(&self, mode: Mode) -> Result<HeldVariables> {
        let Some(folder) = self.folder.as_ref().filter(|_| !self.skipped.is_empty()) else {
            return Ok(HeldVariables::default());
        };
        let trust = self.trust;
        let options = LoadOptions { mode, trust, same: self.identity, ..LoadOptions::new() };
        let rest = Self::open_some(folder, &options, |name| {
            if self.skipped.contains(name) { Wanted::Yes } else { Wanted::No }
        })?;
        if let Some(name) = self.skipped.iter().find(|name| rest.get(name).is_none()) {
            let message = "skipped when the folder was opened, and since then renamed or taken out by someone else: \
                           open it again, or take it out here, too";
            return Err(Error::msg(ErrorKind::Stale, message)
                .with_variable(name)
                .with_path(folder));
        }
        Ok(rest.variables)
    }

    /// Saves into the folder that it is attached to. Only what was changed is written; variables that
    /// were taken out are removed, all others of the folder stay as it has them by now. What someone else has
    /// changed too is [`Stale`](ErrorKind::Stale). See [`Pack`] for an example.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if it is attached to none; [`Stale`](ErrorKind::Stale) if another folder
    /// stands in the place of the one that it was loaded from; else as for
    /// [`Varpack::save`](crate::Varpack::save).
    pub fn save(&mut self) -> Result<()> {
        self.save_with(&SaveOptions::unreported()).map(drop)
    }

    /// Saves into the folder that it is attached to, as the options say. Gives what was done with each variable. See [`SaveOptions::overwrite`]
    /// for an example.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if it is attached to none; else as for
    /// [`Varpack::save_with`](crate::Varpack::save_with).
    pub fn save_with(&mut self, options: &SaveOptions) -> Result<SaveReport> {
        let Some(folder) = self.folder.clone() else {
            return Err(Error::msg(ErrorKind::Usage, "attached to no folder; use `save_to`"));
        };
        let is_written_over =
            |name: &String| options.overwrite || options.overwrite_fields.contains(name);
        let unchanged =
            self.variables.iter().filter(|held| held.loaded && !is_written_over(&held.name));
        let unchanged = unchanged.filter(|held| !matches!(held.value, PackValue::Array(_)));
        let carried = self.skipped.iter().chain(unchanged.map(|held| &held.name));
        let carried = carried.chain(&self.rules.skip_save).cloned();
        let mut options = options.clone().carry(carried);
        options.remove.clone_from(&self.removed);
        options.into = self.identity;
        let remembered = Some(&self.remembered);
        let saved = save::save(&folder, &self.variables(), &options, remembered, true)?;
        self.identity = Some(saved.folder);
        // What was left out of the save is to be saved, or taken out, as before.
        let left_out =
            |name: &String| options.keep.contains(name) || self.rules.skip_save.contains(name);
        self.removed.retain(left_out);
        for held in self.variables.iter_mut() {
            held.loaded |= !left_out(&held.name);
        }
        saved.outcome
    }

    /// Saves everything into another folder, what was skipped on load too. It stays attached where it
    /// is; [`attach`](Self::attach) changes that. See [`Pack`] for an example.
    ///
    /// # Errors
    /// As for [`Varpack::save`](crate::Varpack::save), and those of [`detach`](Self::detach) for what was
    /// skipped.
    pub fn save_to(&self, folder: impl AsRef<Path>) -> Result<()> {
        self.save_to_with(folder, &SaveOptions::unreported()).map(drop)
    }

    /// Saves everything into another folder, as the options say. Gives what was done with each variable. See [`SaveOptions::prune`] for an
    /// example.
    ///
    /// # Errors
    /// As for [`Varpack::save_with`](crate::Varpack::save_with), and those of [`detach`](Self::detach) for what was
    /// skipped.
    pub fn save_to_with(
        &self,
        folder: impl AsRef<Path>,
        options: &SaveOptions,
    ) -> Result<SaveReport> {
        let folder = folder.as_ref();
        content::flush(&self.variables())?;
        let rest = Self { variables: self.read_skipped(Mode::ReadOnly)?, ..Self::default() };
        let mut variables = self.variables();
        variables.extend(rest.variables());
        let remembered = Some(&self.remembered);
        save::save(folder, &variables, options, remembered, false)?.outcome
    }

    /// Brings what was written in mode `r+` to the disk, and lets other processes use the folder again:
    /// [`AnyArray::flush`](crate::AnyArray::flush), which has an example, for every array.
    ///
    /// # Errors
    /// Those of [`Varpack::flush`](crate::Varpack::flush).
    pub fn flush(&self) -> Result<()> {
        let variables = self.variables();
        content::flush(&variables)?;
        content::check_flushed(&variables)
    }

    /// For a save: all that is not left out.
    pub(crate) fn variables(&self) -> Vec<Variable<'_>> {
        let rules = &self.rules;
        let saved = self.variables.iter().filter(|held| !rules.skip_save.contains(&held.name));
        saved
            .map(|held| {
                let is_split = match &held.value {
                    PackValue::Map(map) => map.len() < rules.split_max_keys,
                    _ => true,
                };
                let min_len = if is_split { rules.split_min_len } else { usize::MAX };
                Variable {
                    name: Cow::Borrowed(&held.name),
                    aliases: Vec::new(),
                    field: Cow::Borrowed(&held.name),
                    group: None,
                    entries: None,
                    content: held.value.content(),
                    placement: if rules.separate.contains(&held.name) {
                        Placement::Separate
                    } else {
                        Placement::BySize(rules.separate_min_size)
                    },
                    rule: SplitRule { min_len, int_keys: false },
                    at_default: false,
                }
            })
            .collect()
    }
}
