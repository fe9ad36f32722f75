//! One file on its way into a commit: its target checked, made, written, given its owner, synced.

use super::belonging::Belonging;
use super::output::FileOutput;
use super::progress::ProgressMeter;
use crate::os::dir::{Dir, Identity};
use crate::os::{File, FileKind, Medium, Stat};
use crate::{Error, ErrorKind, Result};
use std::io;

/// Below this many bytes no space is reserved: one write tells as well whether there is room.
const RESERVE_MIN: u64 = 1 << 20;

/// How a file is staged.
pub(crate) struct Staging<'a> {
    /// The folder that it is written to.
    pub(crate) dir: &'a Dir,
    /// What that lies on.
    pub(crate) medium: Medium,
    /// Whom it is to belong to; `None` in a new folder, which is the saver's with all in it.
    pub(crate) belonging: Option<Belonging>,
    /// Whether to sync this file by itself.
    pub(crate) sync: bool,
    /// Who is told of it.
    pub(crate) meter: &'a ProgressMeter,
}

impl Staging<'_> {
    /// Writes a file of exactly `len` bytes. One that fails, by a panic too, is removed.
    ///
    /// # Errors
    /// Those of `fill`; [`ErrorKind::Usage`] if it gives fewer bytes, [`ErrorKind::Io`] if it gives more
    /// or they cannot be written; [`ErrorKind::Cancelled`].
    pub(crate) fn write(
        &self,
        name: &str,
        len: u64,
        fill: impl FnOnce(&mut FileOutput<'_>) -> Result<()>,
    ) -> Result<Identity> {
        let io = |action: &'static str| {
            move |error: io::Error| Error::io(action, self.dir.file_path(name), error)
        };
        let mode = self.belonging.as_ref().map_or(0o666, Belonging::initial);
        let file = self.dir.create_file(name, mode)?;
        let made = Made { dir: self.dir, name };
        let reserve = len >= RESERVE_MIN && self.medium != Medium::Memory;
        let mut output = FileOutput::new(&file, len, reserve, self.meter);
        let filled = fill(&mut output);
        let unreported = output.end(filled).map_err(|error| self.locate(error, name))?;
        let mut stat = file.stat().map_err(io("cannot examine"))?;
        if let Some(belonging) = &self.belonging
            && belonging.give(&file, &stat).map_err(io("cannot set the permissions of"))?
        {
            stat = file.stat().map_err(io("cannot examine"))?;
        }
        if self.sync {
            file.sync().map_err(io("cannot sync"))?;
        }
        drop(file);
        if self.medium == Medium::Other {
            stat = self.dir.stat(name)?.ok_or_else(|| {
                Error::msg(ErrorKind::NotFound, "was removed while it was saved")
                    .with_path(self.dir.file_path(name))
            })?;
        }
        self.meter.advance(1, unreported).map_err(|error| self.locate(error, name))?;
        made.keep();
        Ok(stat.identity)
    }

    /// Gives a whole file that has no name this one, without a copy of its bytes. `None` where that cannot
    /// be: the file is as it was.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if it cannot be examined, synced or given its owner; [`ErrorKind::Cancelled`].
    pub(crate) fn link_unnamed(&self, name: &str, file: &File) -> Result<Option<Identity>> {
        let io = |action: &'static str| {
            move |error: io::Error| Error::io(action, self.dir.file_path(name), error)
        };
        let before = file.stat().map_err(io("cannot examine"))?;
        if let Some(belonging) = &self.belonging {
            // First, so that nobody can open it meanwhile who might not.
            belonging.give(file, &before).map_err(io("cannot set the permissions of"))?;
        }
        if let Err(error) = self.dir.link_unnamed(file, name) {
            log::debug!("copied and not moved: {error}");
            let given = file.stat().map_err(io("cannot examine"))?;
            Belonging::as_before(&before)
                .give(file, &given)
                .map_err(io("cannot set the permissions of"))?;
            return Ok(None);
        }
        let made = Made { dir: self.dir, name };
        if self.sync {
            // What was written through a map counts as written to the file (msync(2)).
            file.sync().map_err(io("cannot sync"))?;
        }
        let identity = file.stat().map_err(io("cannot examine"))?.identity;
        self.meter.advance(1, identity.size).map_err(|error| self.locate(error, name))?;
        made.keep();
        Ok(Some(identity))
    }

    /// A save that is cancelled is not so for the file that it was at.
    fn locate(&self, error: Error, name: &str) -> Error {
        match error.kind() {
            ErrorKind::Cancelled => error.with_path(self.dir.path()),
            _ => error.with_path(self.dir.file_path(name)),
        }
    }
}

/// A file that is removed unless it is kept.
pub(super) struct Made<'a> {
    pub(super) dir: &'a Dir,
    pub(super) name: &'a str,
}

impl Made<'_> {
    pub(super) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.dir.remove_file(self.name) {
            log::warn!("left behind: {error}");
        }
    }
}

/// Checks that a staged file is the one that this save has made.
///
/// # Errors
/// [`ErrorKind::Stale`] if someone has replaced, changed or removed it.
pub(crate) fn check_staged(staging: &Dir, name: &str, made: &Identity) -> Result<()> {
    match staging.stat(name)? {
        Some(found)
            if found.kind == FileKind::Regular && made.is_unmoved_content(&found.identity) =>
        {
            Ok(())
        }
        found => Err(Error::msg(
            ErrorKind::Stale,
            "was replaced or changed by someone else while it was saved",
        )
        .with_path(staging.file_path(name))
        .with_expected("the file that the save has staged")
        .with_found(found.map_or("nothing", |_| "another file, or other content"))),
    }
}

/// Checks that what stands under a name is what the save was told to replace; gives that.
///
/// # Errors
/// [`ErrorKind::Exists`] if something stands where nothing should; [`ErrorKind::Stale`] if what should
/// stand there was replaced, changed or removed.
pub(crate) fn check_target(
    folder: &Dir,
    name: &str,
    expected: Option<&Identity>,
) -> Result<Option<Stat>> {
    let found = folder.stat(name)?;
    let wrong = match (expected, found) {
        (None, None) => return Ok(None),
        (Some(expected), Some(found))
            if found.kind == FileKind::Regular && expected.is_still(&found.identity) =>
        {
            return Ok(Some(found));
        }
        (None, Some(found)) => Error::new(ErrorKind::Exists)
            .with_expected("no file of that name")
            .with_found(found.kind.noun()),
        (Some(_), Some(found)) if found.kind != FileKind::Regular => Error::msg(
            ErrorKind::FileType,
            "a save writes over regular files alone: take it away, and the save makes a file in its \
             place",
        )
        .with_expected(FileKind::Regular.noun())
        .with_found(found.kind.noun()),
        (Some(_), found) => Error::msg(
            ErrorKind::Stale,
            "was replaced or changed by someone else since it was loaded: load it again, or save \
             with the option `overwrite`",
        )
        .with_expected("the file as it was")
        .with_found(found.map_or("nothing", |_| "another file, or other content")),
    };
    Err(wrong.with_path(folder.file_path(name)))
}
