//! A folder that does not exist yet: made beside its place, and renamed into it when it is whole.

use super::busy::busy;
use super::folder::Folder;
use super::left_beside::{self, empty, left_by_a_save, open_left, remove_emptied, remove_left};
use super::lock_file::Guard;
use super::made::{make_folder, swapped};
use super::options::CommitOptions;
use super::owners::Owners;
use crate::layout::name::check_component;
use crate::layout::own::{LOCK_FILE, is_temporary, temporary_name};
use crate::os::dir::{Dir, Identity, unforeseeable};
use crate::os::{FileKind, System};
use crate::{Error, ErrorKind, Result};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// So long a leftover may be locked by who removes it.
const PATIENCE: Duration = Duration::from_millis(200);

/// A folder under its temporary name, locked by this save, which has made it.
#[derive(Debug)]
pub(crate) struct NewFolder {
    parent: Dir,
    name: String,
    temporary: String,
    identity: Identity,
    /// The folders made above it, outermost first, each with its parent.
    made: Vec<(Dir, String)>,
    /// Whether it goes when this is dropped.
    is_discarded: bool,
}

/// A prepared folder, its lock and the writer byte of it.
pub(crate) type Prepared = (NewFolder, Arc<Folder>, Option<Guard>);

/// What came of an attempt under one temporary name.
enum MakeAttempt {
    Made(Identity, Arc<Folder>, Option<Guard>),
    /// The place was taken, or a folder under the temporary name went, in the meantime: look again.
    Again,
    /// What stands under the temporary name is not this user's, or holds what no save has put there.
    Foreign,
}

/// What stands under a temporary name.
enum Judged {
    /// The folder that was made, for this save to fill.
    Ready,
    /// Another, or none.
    Gone,
    Foreign,
    /// What a killed save has left, with these files.
    Left(Vec<String>),
}

impl NewFolder {
    /// Makes the folder beside its place, once what a killed save left there is removed. `None` if the
    /// place was taken, or what stood under the temporary name went, in the meantime: look again.
    pub(crate) fn prepare(
        system: &System,
        path: &Path,
        options: &CommitOptions,
    ) -> Result<Option<Prepared>> {
        let path = std::path::absolute(path)
            .map_err(|error| Error::io("cannot tell the absolute path of", path, error))?;
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            Error::msg(ErrorKind::Name, "cannot make a folder of that name").with_path(&path)
        })?;
        check_component(name).map_err(|error| error.with_path(&path))?;
        if is_temporary(name) {
            let message = "a folder has that name while its first save is under way: one that is left so is removed";
            return Err(Error::msg(ErrorKind::Name, message).with_path(&path));
        }
        let mut made = Vec::new();
        let parent = match open_or_make(system, path.parent().unwrap_or(Path::new("/")), &mut made)
        {
            Ok(parent) => parent,
            Err(error) => {
                remove_made(&made);
                return Err(error);
            }
        };
        let mut temporary = temporary_name(name, "");
        let place = NewPlace { parent: &parent, name, path: &path };
        let attempt = match place.attempt(&temporary, options) {
            Ok(MakeAttempt::Foreign) => {
                temporary = temporary_name(name, &format!("-{:016x}", unforeseeable()));
                place.attempt(&temporary, options)
            }
            other => other,
        };
        match attempt {
            Ok(MakeAttempt::Made(identity, folder, writer)) => {
                left_beside::sweep(&parent, &temporary);
                let name = name.to_owned();
                let is_discarded = false;
                let new = Self { parent, name, temporary, identity, made, is_discarded };
                Ok(Some((new, folder, writer)))
            }
            Ok(MakeAttempt::Again) => {
                remove_made(&made);
                Ok(None)
            }
            // Nobody could foresee the name.
            Ok(MakeAttempt::Foreign) => {
                remove_made(&made);
                Err(swapped(&parent, &temporary))
            }
            Err(error) => {
                remove_made(&made);
                Err(error)
            }
        }
    }

    /// Moves the folder into its place: the commit point.
    ///
    /// # Errors
    /// [`ErrorKind::Exists`] if the place was taken by a program that does not know of our locks;
    /// [`ErrorKind::Stale`] if another folder stands under the temporary name, or has been moved in its
    /// stead.
    pub(crate) fn place(&self) -> Result<()> {
        let swapped = || {
            let message = "another folder stands in the place of the one that was made";
            Error::msg(ErrorKind::Stale, message).with_path(self.parent.file_path(&self.name))
        };
        if !self.parent.is_there(&self.temporary, &self.identity)? {
            return Err(swapped());
        }
        self.parent.rename_folder(&self.temporary, &self.name)?;
        match self.parent.is_there(&self.name, &self.identity) {
            Ok(false) => Err(swapped()),
            // It was there before, and the rename has gone well.
            Ok(true) | Err(_) => Ok(()),
        }
    }

    /// Brings the new folder's own entry to the disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.parent.sync()?;
        self.made.iter().rev().try_for_each(|(parent, _)| parent.sync())
    }

    /// Removes these files of the folder, by name as a
    /// [`StagingFolder`](super::staging_folder::StagingFolder) does, and the lock file: who waits for it
    /// notices, and looks again. The folder itself goes when this is dropped: not before the lock file is closed, which
    /// some systems keep until then.
    pub(crate) fn discard<'n>(&mut self, dir: &Dir, names: impl Iterator<Item = &'n String>) {
        match empty(dir, names.map(String::as_str)) {
            Ok(()) => self.is_discarded = true,
            Err(error) => log::warn!("left behind: {error}"),
        }
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if self.is_discarded {
            if let Err(error) = remove_emptied(&self.parent, &self.temporary, &self.identity) {
                log::warn!("left behind: {error}");
            }
            remove_made(&self.made);
        }
    }
}

/// Where a new folder is to stand.
struct NewPlace<'a> {
    parent: &'a Dir,
    name: &'a str,
    path: &'a Path,
}

impl NewPlace<'_> {
    fn attempt(&self, temporary: &str, options: &CommitOptions) -> Result<MakeAttempt> {
        let taken = self.parent.stat(self.name)?;
        if taken.is_some_and(|stat| stat.kind != FileKind::Folder) {
            return Err(Error::new(ErrorKind::FileType)
                .with_path(self.path)
                .with_expected("a folder, or nothing")
                .with_found("a symbolic link to nothing"));
        }
        let owners = Owners::of(self.parent)?;
        let (opened, is_made) = match make_folder(self.parent, temporary, 0o777, &owners) {
            Err(error) if is_taken(&error) => (open_left(self.parent, temporary, &owners), false),
            other => (other.map(Some), true),
        };
        let (dir, identity) = match opened {
            Ok(Some((dir, found))) => (dir.with_path(self.path.to_owned()), found.identity),
            Ok(None) => return Ok(MakeAttempt::Foreign),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(MakeAttempt::Again),
            // A file or a link, or a folder that is closed to us.
            Err(error) => return if is_made { Err(error) } else { Ok(MakeAttempt::Foreign) },
        };
        // Another save beside this one may be about to remove what a killed one has left.
        let patience = if is_made { Duration::ZERO } else { PATIENCE };
        let wait = Some(options.wait.unwrap_or_default().max(patience));
        let attached = Folder::attach(dir, wait).and_then(|folder| {
            match is_made || folder.writable_lock().is_ok() {
                true => folder.take_writer(wait, options.without_lock).map(|it| Some((folder, it))),
                // Nobody can tell whether its save was killed.
                false => Ok(None),
            }
        });
        let (folder, writer) = match attached {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(MakeAttempt::Again),
            Err(error) if is_made && error.kind() == ErrorKind::ReadOnly => {
                // There are no locks, so nobody can have taken it over.
                let opened = self.parent.open_folder(temporary);
                if opened.is_ok_and(|dir| empty(&dir, std::iter::empty()).is_ok()) {
                    let _ = remove_emptied(self.parent, temporary, &identity);
                }
                return Err(error);
            }
            Err(error) => {
                // Only if it is empty. With a lock file in it, it may be another save's by now.
                let _ = self.parent.remove_folder(temporary);
                return Err(error);
            }
            Ok(None) => return Ok(MakeAttempt::Foreign),
            Ok(Some(attached)) => attached,
        };
        match self.judge(temporary, &identity, folder.dir(), is_made) {
            Ok(Judged::Ready) => Ok(MakeAttempt::Made(identity, folder, writer)),
            Ok(Judged::Gone) => Ok(MakeAttempt::Again),
            Ok(Judged::Foreign) => Ok(MakeAttempt::Foreign),
            Ok(Judged::Left(names)) => {
                remove_left(self.parent, temporary, &identity, (folder, writer), &names)?;
                Ok(MakeAttempt::Again)
            }
            Err(error) => {
                if is_made && empty(folder.dir(), std::iter::empty()).is_ok() {
                    drop((folder, writer));
                    let _ = remove_emptied(self.parent, temporary, &identity);
                }
                Err(error)
            }
        }
    }

    /// What stands under the temporary name, now that it is locked.
    fn judge(
        &self,
        temporary: &str,
        identity: &Identity,
        dir: &Dir,
        is_made: bool,
    ) -> Result<Judged> {
        // Whoever held the lock before has moved the folder into its place, or removed it.
        if !self.parent.is_there(temporary, identity)? {
            return Ok(Judged::Gone);
        }
        // What was made here is this save's, whosever the file system shows it to be.
        let is_empty = is_made && dir.list(2)?.iter().all(|name| name == LOCK_FILE);
        if !is_empty {
            return Ok(left_by_a_save(dir)?.map_or(Judged::Foreign, Judged::Left));
        }
        match self.parent.stat(self.name)? {
            None => Ok(Judged::Ready),
            Some(_) => Ok(Judged::Left(vec![LOCK_FILE.to_owned()])),
        }
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

/// Opens a folder, made if it does not exist, with all above it.
fn open_or_make(system: &System, path: &Path, made: &mut Vec<(Dir, String)>) -> Result<Dir> {
    let mut missing: Vec<PathBuf> = Vec::new();
    let mut existing = path;
    let mut dir = loop {
        match Dir::open(system, existing) {
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
        let ours = match dir.make_folder(name, 0o777) {
            Err(error) if is_taken(&error) => false,
            other => other.map(|()| true)?,
        };
        let inner = dir.open_folder(name).and_then(|inner| {
            let found = inner.stat_self()?;
            // A umask may take its maker's own permissions. Where others could have put another folder there, it stays.
            if ours && found.mode & 0o700 != 0o700 && Owners::of(&dir)?.is_alone() {
                inner.set_mode(found.mode | found.special | 0o700)?;
            }
            Ok(inner)
        });
        if ours {
            made.push((dir, name.to_owned()));
        }
        dir = inner?;
    }
    Ok(dir)
}

fn is_taken(error: &Error) -> bool {
    error.os_kind() == Some(io::ErrorKind::AlreadyExists)
}

/// What to say when savers of one new folder keep getting in each other's way.
pub(crate) fn contended(folder: &Path) -> Error {
    busy(folder, "it is being made and removed again and again")
}
