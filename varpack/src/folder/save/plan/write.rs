//! What is written of the variables that do not stay as the folder has them: files of arrays, pickles, entries.

use super::Plan;
use crate::array::{ArraySource, Standing};
use crate::folder::baseline::{Mine, Sight};
use crate::folder::content::{Content, ContentKind, Key, Variable, item_path};
use crate::folder::save::merged::{Merged, Piece};
use crate::folder::save::planned::{PlannedArray, WrittenVariable};
use crate::folder::split::Split;
use crate::layout::manifest::Entry;
use crate::layout::name;
use crate::npy::Header;
use crate::npy::internal::tell_of_ndim;
use crate::{Error, ErrorKind, Result, text};
use std::collections::HashMap;

impl<'a> Plan<'a, '_> {
    /// Plans the variables that do not stay as the folder has them, in its order: so pickles of what
    /// has not changed come out the same.
    pub(crate) fn variables(&mut self, variables: &[Variable<'a>]) -> Result<()> {
        let by_name: HashMap<_, _> =
            variables.iter().map(|variable| (variable.name.as_ref(), variable)).collect();
        let present = self.existing.entries().filter_map(|(name, _)| by_name.get(name).copied());
        let new = variables.iter().filter(|variable| !self.existing.has(&variable.name));
        for variable in present.chain(new) {
            if !self.keeps(variable) && !self.dropped.contains(variable.name.as_ref()) {
                self.variable(variable).map_err(|error| {
                    error.with_variable(variable.name.as_ref()).with_path(self.path)
                })?;
            }
        }
        Ok(())
    }

    fn variable(&mut self, variable: &Variable<'a>) -> Result<()> {
        let mut keys = None;
        let entry = match &variable.content.0 {
            ContentKind::Absent => {
                self.check_skipped_items(variable)?;
                None
            }
            ContentKind::Array(array) => Some(self.top_level_array(variable, *array)?),
            ContentKind::Value(_) | ContentKind::Node(_) => {
                self.check_arrays_beside(variable)?;
                let mut entry = self.pickled(variable, Split::default())?;
                if let Some(there) = self.moved.get(variable.name.as_ref())
                    && let Some(old) = self.existing.entry(there)
                {
                    entry.keep_arrays(old, self.existing.arrays_beside(there));
                }
                Some(entry)
            }
            ContentKind::Dict(..) => {
                let merged = self.merged.remove(variable.name.as_ref());
                let split = self.split(variable, merged)?;
                keys = split.own_keys(variable)?;
                Some(self.pickled(variable, split)?)
            }
        };
        let name = variable.name.as_ref().to_owned();
        let aliases = variable.aliases.iter().map(|alias| alias.clone().into_owned()).collect();
        self.written.push(WrittenVariable { name, aliases, entry: entry.clone(), keys });
        let Some(entry) = entry else { return Ok(()) };
        self.entries.push((variable.name.as_ref().to_owned(), entry));
        Ok(())
    }

    /// Refuses to take a map away of which some items were not loaded.
    fn check_skipped_items(&self, variable: &Variable<'_>) -> Result<()> {
        let skips_some = self.sight.as_deref().is_some_and(|it| it.skips_items_of(variable));
        let is_there = self.existing.first(variable.names()).is_some();
        if !skips_some || !is_there || self.overwrites_field(variable) {
            return Ok(());
        }
        let message = format!(
            "items of it were skipped on load, and would be removed with the rest: leave an empty map, or save with \
             `overwrite_field({:?})`",
            text::bounded_name(&variable.name),
        );
        Err(Error::msg(ErrorKind::Usage, message))
    }

    /// Refuses to write a value in the place of a dictionary of which the folder has arrays in files, where its field
    /// does not hold them: the save would remove them.
    fn check_arrays_beside(&self, variable: &Variable<'_>) -> Result<()> {
        let name = variable.name.as_ref();
        // A pack holds all that there is, and remembers nothing more of it. What a struct's arrays were loaded with says
        // nothing of its fields: they may be another type's.
        let holds_them = |sight: &Sight| match sight.mine(name) {
            Some(mine) => matches!(mine, Mine::Dict(_)),
            None => sight.is_of_all,
        };
        if self.moved.contains_key(name)
            || self.options.prune
            || self.is_written_over(variable)
            || self.is_own && self.base().is_some_and(holds_them)
            || self.is_nested_there(variable)?
        {
            return Ok(());
        }
        let is_array = |name: &str| self.existing.entry(name).is_some_and(Entry::is_array);
        let names = variable.names().filter(|name| !is_array(name));
        let mut files = names.flat_map(|name| self.existing.arrays_beside(name));
        let Some(file) = files.next() else { return Ok(()) };
        let message = format!(
            "the folder has an array of it in a file of its own, {}, which is not in this field and which the save \
             would remove: make the field a `nested` struct, a map of arrays or `ArrayOr` under `mmap`, or save with \
             `overwrite_field({:?})`",
            text::bounded_name(file),
            text::bounded_name(name),
        );
        Err(Error::msg(ErrorKind::Exists, message))
    }

    fn top_level_array(
        &mut self,
        variable: &Variable<'_>,
        array: &'a dyn ArraySource,
    ) -> Result<Entry> {
        let name = variable.name.as_ref();
        name::check_stem(name)?;
        let file = name::array_file(name);
        let is_said = self.is_written_over(variable);
        if !is_said {
            // Under its older name, too.
            let comes_from = |file: &str| {
                let of = array.binding().zip(self.existing.dir_id);
                of.is_some_and(|(binding, dir)| binding.comes_from(dir, file))
            };
            let older = variable.names().filter_map(|name| self.existing.entry(name));
            let mut older = older.filter(|older| !comes_from(&older.filename));
            older.try_for_each(|older| self.check_edited_beside(&older.filename))?;
        }
        let (is_new, size) = self.array(|| name.to_owned(), file.clone(), array, is_said)?;
        let header = array.header()?;
        let mut entry = Entry::array(file.clone(), &header, size);
        if let Some(logical) = array.logical_name() {
            entry.logical_dtypes.insert(file.clone(), logical.to_owned());
        }
        if is_new {
            self.check_free(&file, Some(variable))?;
        } else if let Some(old) = self.existing.entry(name) {
            entry.keep_dtype(old, &header.dtype);
        }
        Ok(entry)
    }

    /// Plans files for the arrays of a dictionary that are split off. `merged`: what a merged one is made of.
    fn split(&mut self, variable: &Variable<'a>, merged: Option<Merged>) -> Result<Split> {
        let mut split = Split::default();
        let ContentKind::Dict(items, _) = &variable.content.0 else { return Ok(split) };
        let name = variable.name.as_ref();
        let is_said = self.is_written_over(variable);
        let present = self.existing.placeholders(name, &mut self.pickles.nodes.borrow_mut());
        let present = match present {
            // What cannot be read is what it is to be written over for.
            Err(_) if is_said => HashMap::new(),
            present => present?,
        };
        let mut is_left_out = vec![false; items.len()];
        if let Some(merged) = &merged {
            is_left_out.fill(true);
            for piece in &merged.pieces {
                if let Piece::Mine(number) | Piece::Within(number, ..) = piece
                    && let Some(is_left_out) = is_left_out.get_mut(*number)
                {
                    *is_left_out = false;
                }
            }
        }
        let arrays = items.iter().zip(is_left_out).map(|((key, content), is_left_out)| {
            let array = variable.rule.array(key, content).filter(|_| !is_left_out);
            array.map(|array| (array, key.text()))
        });
        let arrays: Vec<_> = arrays.collect();
        // The name that the folder has for a key stays, and with it the file if it is the same: before others get names that
        // are new.
        let own = arrays.iter().map(|array| {
            let file = array.as_ref().and_then(|(_, text)| present.get(text.as_ref()));
            file.filter(|file| self.taken.insert(file)).cloned()
        });
        let own: Vec<Option<String>> = own.collect();
        self.note_refiled(items, &present, &own);
        for (array, own) in arrays.into_iter().zip(own) {
            let Some((array, text)) = array else {
                split.files.push(None);
                continue;
            };
            let file = own.map_or_else(|| self.free_file(name, &text), Ok)?;
            if let Some(logical) = array.logical_name() {
                split.logical_dtypes.insert(file.clone(), logical.to_owned());
            }
            split.files.push(Some(file.clone()));
            let path = || item_path(name, &text);
            let planned = self.array(path, file, array, is_said);
            planned.map_err(|error| error.with_variable(path()))?;
        }
        if let Some(merged) = merged {
            let entry = variable.names().find_map(|name| self.existing.entry(name));
            split.merge(merged, entry);
        }
        Ok(split)
    }

    /// Notes the files of a map's arrays that are in the map still, and elsewhere: in its pickle, or in another file.
    /// `present`: the folder's files by the texts of their keys; `own`: those that stay, item by item.
    fn note_refiled(
        &mut self,
        items: &[(Key<'_>, Content<'_>)],
        present: &HashMap<String, String>,
        own: &[Option<String>],
    ) {
        if present.is_empty() || !self.is_reported {
            return;
        }
        let elsewhere = items.iter().zip(own).filter(|(_, own)| own.is_none());
        let files = elsewhere.filter_map(|((key, _), _)| present.get(key.text().as_ref()));
        self.refiled.extend(files.cloned());
    }

    /// That a file is not someone else's: no variable's that stays, and no foreign one, unless the caller has
    /// said that this variable's is to be written whatever there is.
    pub(super) fn check_free(&self, file: &str, variable: Option<&Variable<'_>>) -> Result<()> {
        let taken = |message: String| {
            Err(Error::msg(ErrorKind::Exists, message).with_path(self.path.join(file)))
        };
        if let Some(owner) = self.kept_files.get(file) {
            return taken(format!(
                "the file is one of `{}`, which stays in the folder: a save through `Pack`, or of a struct that has \
                 that variable too, gives each a file of its own",
                text::bounded_name(owner),
            ));
        }
        if variable.is_some_and(|variable| self.overwrites_field(variable))
            || self.existing.owns(file)
            || self.stat(file)?.is_none()
        {
            return Ok(());
        }
        let mut message =
            "the folder has a file of that name which belongs to no variable".to_owned();
        if let Some(variable) = variable {
            let name = text::bounded_name(&variable.name);
            message += &format!(": move it away, or save with `overwrite_field({name:?})`");
        }
        taken(message)
    }

    /// A name for an array of a map that no variable has, nor a foreign file.
    fn free_file(&mut self, variable: &str, key: &str) -> Result<String> {
        loop {
            let file = self.taken.map_file(variable, key);
            if self.existing.owns(&file) || self.stat(&file)?.is_none() {
                return Ok(file);
            }
        }
    }

    /// Plans an array: not at all if its file is the same, else a new file. Gives whether it is new, and
    /// its length. `is_said`: whether the caller has said that its variable is written whatever the folder has.
    fn array(
        &mut self,
        variable: impl Fn() -> String,
        file: String,
        array: &'a dyn ArraySource,
        is_said: bool,
    ) -> Result<(bool, u64)> {
        let replaces = self.stat(&file)?;
        if !self.options.overwrite
            && let Some(binding) = array.binding()
        {
            match binding.standing(self.existing.dir_id, &file, replaces.map(|stat| stat.identity))
            {
                Standing::Same => {
                    if self.base().is_none() || !self.is_file_as_seen(&file)? {
                        self.agreed.files.push(file);
                    }
                    return Ok((false, replaces.map_or(0, |stat| stat.identity.size)));
                }
                Standing::Linked(target) if self.existing.leads_to(&file, &target)? => {
                    return Ok((false, target.size));
                }
                Standing::Different | Standing::Behind | Standing::Stale if is_said => {}
                Standing::Different => self.check_edited_beside(&file)?,
                Standing::Behind | Standing::Stale if self.base().is_some() => {
                    self.check_edited(&file, binding)?;
                }
                Standing::Linked(_) | Standing::Behind | Standing::Stale => {
                    return Err(Error::msg(
                        ErrorKind::Stale,
                        "the file was replaced since the array was loaded or saved, or its times or permissions were \
                         changed; load again, or save with `overwrite_field`",
                    )
                    .with_path(self.path.join(file)));
                }
            }
        }
        let header = array.header()?;
        let (data_len, ndim) = (header.data_len()?, header.shape.len());
        let header = self.encoded(&header)?.to_owned();
        let len = (header.len() + data_len) as u64;
        let variable = variable();
        tell_of_ndim(format_args!("`{variable}`"), ndim);
        self.arrays.push(PlannedArray { variable, file, array, header, len, replaces });
        Ok((true, len))
    }

    /// The bytes of a header. One and the same is asked for again and again: arrays of a map are mostly of
    /// one shape.
    fn encoded(&mut self, header: &Header) -> Result<&[u8]> {
        let last = match self.header.take() {
            Some(last) if last.0 == *header => last,
            _ => (header.clone(), header.encode()?),
        };
        Ok(&self.header.insert(last).1)
    }
}
