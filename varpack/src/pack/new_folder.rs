//! A folder that does not exist yet: made beside its place, and renamed into it when it is whole.

use super::fs::{Dir, check_component};
use super::lock::{Folder, busy};
use super::lock_file::{Guard, LOCK_FILE};
use super::staging::clear;
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A folder under its temporary name, locked by this save.
#[derive(Debug)]
pub(crate) struct NewFolder {
    parent: Dir,
    name: String,
    temporary: String,
    /// The folders made above it, outermost first, each with its parent.
    made: Vec<(Dir, String)>,
}

/// A prepared folder, its lock and the writer byte of it.
pub(crate) type Prepared = (NewFolder, Arc<Folder>, Option<Guard>);

impl NewFolder {
    /// Makes the folder beside its place, or takes over what a killed save left there. `None` if the
    /// place was taken, or the temporary folder went, in the meantime: look again.
    pub(crate) fn prepare(path: &Path, wait: Option<Duration>) -> Result<Option<Prepared>> {
        let path = std::path::absolute(path)
            .map_err(|error| Error::io("cannot tell the absolute path of", path, error))?;
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::msg(ErrorKind::Name, "cannot make a folder of that name").with_path(&path)
        })?;
        check_component(name).map_err(|error| error.with_path(&path))?;
        let mut made = Vec::new();
        let parent = match open_or_make(path.parent().unwrap_or(Path::new("/")), &mut made) {
            Ok(parent) => parent,
            Err(error) => {
                remove_made(&made);
                return Err(error);
            }
        };
        let new = Self { parent, name: name.to_owned(), temporary: temporary_name(name), made };
        let outcome = new.take(&path, wait);
        match outcome {
            Ok(Some((folder, writer))) => Ok(Some((new, folder, writer))),
            Ok(None) => {
                new.remove_made();
                Ok(None)
            }
            Err(error) => {
                new.remove_made();
                Err(error)
            }
        }
    }

    fn take(
        &self,
        path: &Path,
        wait: Option<Duration>,
    ) -> Result<Option<(Arc<Folder>, Option<Guard>)>> {
        if self
            .parent
            .stat(&self.name)?
            .is_some_and(|stat| stat.kind != super::os::FileKind::Folder)
        {
            return Err(Error::new(ErrorKind::FileType)
                .with_path(path)
                .with_expected("a folder, or nothing")
                .with_found("a symbolic link to nothing"));
        }
        match self.parent.make_folder(&self.temporary) {
            Err(error) if is_taken(&error) => {}
            other => other?,
        }
        let attached = self.parent.open_folder(&self.temporary);
        let attached =
            attached.and_then(|dir| Folder::attach(dir.with_path(path.to_owned()), wait));
        let folder = match attached {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                // Only if it is empty. With a lock file in it, it may be another save's by now.
                let _ = self.parent.remove_folder(&self.temporary);
                return Err(error);
            }
            Ok(folder) => folder,
        };
        let writer = match folder.take_writer(wait) {
            Ok(writer) => writer,
            Err(error) => {
                if let Some(lock) = folder.lock() {
                    lock.try_take_back(folder.dir());
                }
                let _ = self.parent.remove_folder(&self.temporary);
                return Err(error);
            }
        };
        let taken = self.take_over(&folder);
        if taken.is_err() {
            // It may be in its place by now, another save's: only what this one has made goes again.
            if let Some(lock) = folder.lock() {
                lock.take_back(folder.dir());
            }
            let _ = self.parent.remove_folder(&self.temporary);
        }
        Ok(taken?.then_some((folder, writer)))
    }

    /// Empties the folder, whose writer byte is held; `false` if it or its place went meanwhile.
    fn take_over(&self, folder: &Folder) -> Result<bool> {
        // Whoever held the lock before has moved the folder into its place, or removed it.
        let here = folder.dir().stat_self()?.identity;
        let there = self.parent.identity(&self.temporary)?;
        if !there.is_some_and(|there| there.is_same_file(&here)) {
            return Ok(false);
        }
        clear(folder.dir(), Some(LOCK_FILE))?;
        if self.parent.stat(&self.name)?.is_some() {
            self.discard(folder.dir(), std::iter::empty());
            return Ok(false);
        }
        Ok(true)
    }

    /// Moves the folder into its place: the commit point.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] if the place was taken by a program that does not know of our locks.
    pub(crate) fn place(&self) -> Result<()> {
        self.parent.rename_folder(&self.temporary, &self.name)
    }

    /// Brings the new folder's own entry to the disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.parent.sync()?;
        self.made.iter().rev().try_for_each(|(parent, _)| parent.sync())
    }

    /// Removes the folder with these files in it, by name as [`discard_staged`] does. The lock file goes
    /// too: who waits for it notices, and looks again.
    ///
    /// [`discard_staged`]: super::staging::discard_staged
    pub(crate) fn discard<'n>(&self, dir: &Dir, mut names: impl Iterator<Item = &'n String>) {
        let removed = names
            .try_for_each(|name| dir.remove_file(name))
            .and_then(|()| dir.remove_file(LOCK_FILE))
            .and_then(|()| self.parent.remove_folder(&self.temporary));
        if let Err(error) = removed {
            log::warn!("left behind: {error}");
        }
        self.remove_made();
    }

    fn remove_made(&self) {
        remove_made(&self.made);
    }
}

/// Removes folders that this save has made, if nobody has put anything in them.
fn remove_made(made: &[(Dir, String)]) {
    for (parent, name) in made.iter().rev() {
        if let Err(error) = parent.remove_folder(name) {
            log::debug!("not removed again: {error}");
            return;
        }
    }
}

/// Hidden, beside the folder's place, the same for every save of it.
fn temporary_name(name: &str) -> String {
    const SUFFIX: &str = ".varpack-new";
    let mut stem = name.to_owned();
    while stem.len() + SUFFIX.len() + 1 > 255 {
        stem.pop();
    }
    format!(".{stem}{SUFFIX}")
}

/// Opens a folder, made if it does not exist, with all above it.
fn open_or_make(path: &Path, made: &mut Vec<(Dir, String)>) -> Result<Dir> {
    let mut missing: Vec<PathBuf> = Vec::new();
    let mut existing = path;
    let mut dir = loop {
        match Dir::open(existing) {
            Ok(dir) => break dir,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                missing.push(existing.to_owned());
                existing = existing.parent().ok_or(error)?;
            }
            Err(error) => return Err(error),
        }
    };
    for path in missing.into_iter().rev() {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::msg(ErrorKind::Name, "cannot make a folder of that name").with_path(&path)
        })?;
        let ours = match dir.make_folder(name) {
            Err(error) if is_taken(&error) => false,
            other => other.map(|()| true)?,
        };
        let inner = dir.open_folder(name);
        if ours {
            made.push((dir, name.to_owned()));
        }
        dir = inner?;
    }
    Ok(dir)
}

fn is_taken(error: &Error) -> bool {
    error.os_error().is_some_and(|error| error.kind() == std::io::ErrorKind::AlreadyExists)
}

/// What to say when savers of one new folder keep getting in each other's way.
pub(crate) fn contended(folder: &Path) -> Error {
    busy(folder, "it is being made and removed again and again")
}
