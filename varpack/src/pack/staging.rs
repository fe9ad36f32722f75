//! One file on its way into a commit: its target checked, made, written, given its owner, synced.

use super::fs::{Dir, Identity};
use super::os::{FileKind, FileSystem, Medium, Stat};
use super::output::Output;
use super::progress::Meter;
use crate::{Error, ErrorKind, Result};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Below this many bytes no space is reserved: one write tells as well whether there is room.
const RESERVE_MIN: u64 = 1 << 20;

/// How a file is staged.
pub(crate) struct Staging<'a> {
    /// The folder that it is written to.
    pub(crate) dir: &'a Dir,
    /// What that lies on.
    pub(crate) medium: Medium,
    /// What it will replace: its permissions and owner are taken over.
    pub(crate) target: Option<&'a Stat>,
    /// Whether to sync this file by itself.
    pub(crate) sync: bool,
    /// Who is told of it.
    pub(crate) meter: &'a Meter,
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
        fill: impl FnOnce(&mut Output<'_>) -> Result<()>,
    ) -> Result<Identity> {
        let io = |action: &'static str| {
            move |error: io::Error| Error::io(action, self.dir.file_path(name), error)
        };
        let fs = self.dir.fs().as_ref();
        let mode = self.target.map_or(0o666, |target| target.mode);
        let file = self.dir.create_file(name, mode)?;
        let made = Made { dir: self.dir, name };
        let reserve = len >= RESERVE_MIN && self.medium != Medium::Memory;
        let mut output = Output::new(fs, &file, len, reserve, self.meter);
        let filled = fill(&mut output);
        let unreported = output.end(filled).map_err(|error| self.locate(error, name))?;
        let mut stat = fs.stat_open(file.as_fd()).map_err(io("cannot examine"))?;
        if let Some(target) = self.target
            && take_over(fs, &file, &stat, target).map_err(io("cannot set the permissions of"))?
        {
            stat = fs.stat_open(file.as_fd()).map_err(io("cannot examine"))?;
        }
        if self.sync {
            fs.sync(file.as_fd()).map_err(io("cannot sync"))?;
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
        let fs = self.dir.fs().as_ref();
        let before = fs.stat_open(file.as_fd()).map_err(io("cannot examine"))?;
        if let Some(target) = self.target {
            // First, so that nobody can open it meanwhile who might not.
            take_over(fs, file, &before, target).map_err(io("cannot set the permissions of"))?;
        }
        if let Err(error) = self.dir.link_unnamed(file, name) {
            log::debug!("copied and not moved: {error}");
            if let Some(target) = self.target {
                take_over(fs, file, target, &before)
                    .map_err(io("cannot set the permissions of"))?;
            }
            return Ok(None);
        }
        let made = Made { dir: self.dir, name };
        if self.sync {
            // What was written through a map counts as written to the file (msync(2)).
            fs.sync(file.as_fd()).map_err(io("cannot sync"))?;
        }
        let identity = fs.stat_open(file.as_fd()).map_err(io("cannot examine"))?.identity;
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
struct Made<'a> {
    dir: &'a Dir,
    name: &'a str,
}

impl Made<'_> {
    fn keep(self) {
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

/// Gives a file the owner and permissions of another, as far as this process may. Gives whether there
/// was anything to do.
fn take_over(fs: &dyn FileSystem, file: &File, made: &Stat, target: &Stat) -> io::Result<bool> {
    let mut mode = target.mode;
    if made.uid != target.uid {
        // Only root gives files away; anyone else's save makes the file theirs.
        let _ = fs.set_owner(file, Some(target.uid), None);
    }
    if made.gid != target.gid && fs.set_owner(file, None, Some(target.gid)).is_err() {
        // What one group might do is not granted to another.
        mode &= !0o070;
    }
    if made.mode == mode && made.uid == target.uid && made.gid == target.gid {
        return Ok(false);
    }
    fs.set_mode(file, mode)?;
    Ok(true)
}

/// Checks that what stands under a name is what the save was told to replace.
///
/// # Errors
/// [`ErrorKind::Exists`] if something stands where nothing should; [`ErrorKind::Stale`] if what should
/// stand there was replaced, changed or removed.
pub(crate) fn check_target(folder: &Dir, name: &str, expected: Option<&Identity>) -> Result<()> {
    let found = folder.stat(name)?;
    let wrong = match (expected, found) {
        (None, None) => return Ok(()),
        (Some(expected), Some(found))
            if found.kind == FileKind::Regular && expected.is_still(&found.identity) =>
        {
            return Ok(());
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
