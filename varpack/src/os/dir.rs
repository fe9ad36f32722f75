//! The file system as the folder code sees it: one directory descriptor, file names below it, and the
//! identity of what stands there.

use super::acl::Acl;
use super::file::{File, Handle};
pub(crate) use super::identity::{DirId, Identity};
use super::{Access, FileKind, Medium, Stat, System};
use crate::layout::name::check_component;
use crate::layout::own::{ASIDE, SCRATCH, called_before};
use crate::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// An open folder. Everything in it is reached through its descriptor, so a change of the working
/// directory or a rename of the folder does not matter.
#[derive(Debug)]
pub(crate) struct Dir {
    path: PathBuf,
    folder: File,
    /// The device that it lies on, once it is asked for.
    dev: OnceLock<u64>,
}

impl Dir {
    /// Opens a folder. A link to one is followed.
    pub(crate) fn open(system: &System, path: &Path) -> Result<Self> {
        if path.as_os_str().is_empty() {
            return Err(Error::msg(ErrorKind::Usage, "the path of the folder is empty"));
        }
        // Without a working directory there is no absolute path, but the open may still succeed.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        match system.open_folder(&path) {
            Ok(handle) => Ok(Self::new(File::new(handle, system), path)),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Err(Error::new(ErrorKind::FileType)
                    .with_path(path)
                    .with_expected("a folder")
                    .with_found("a file"))
            }
            Err(error) => Err(Error::io("cannot open the folder", path, error)),
        }
    }

    /// Opens a folder that has to be this one, if it is known which.
    ///
    /// # Errors
    /// [`ErrorKind::Stale`] if another stands at the path, or none.
    pub(crate) fn open_same(system: &System, path: &Path, expected: Option<DirId>) -> Result<Self> {
        let Some(expected) = expected else { return Self::open(system, path) };
        match Self::open(system, path) {
            Ok(dir) if dir.id()? == expected => Ok(dir),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => {
                let message = "the folder that was loaded is no longer there: another stands in its place, \
                               or none; load again, or save to another folder";
                Err(Error::msg(ErrorKind::Stale, message).with_path(path))
            }
        }
    }

    /// The folder's absolute path, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same folder, going by another path in messages.
    pub(crate) fn with_path(mut self, path: PathBuf) -> Self {
        self.path = path;
        self
    }

    /// What it was opened in.
    pub(crate) fn system(&self) -> &System {
        self.folder.system()
    }

    /// Opens a regular file for reading: no link is followed, nothing blocks.
    pub(crate) fn open_file(&self, name: &str) -> Result<File> {
        self.open_as(name, Access::Read).map(|(file, _)| file)
    }

    /// Opens a regular file to be edited in place, which no other folder may show: what is saved there would
    /// change with it.
    ///
    /// # Errors
    /// [`ErrorKind::ReadOnly`] if it has another name.
    pub(crate) fn open_to_edit(&self, name: &str) -> Result<File> {
        let (file, stat) = self.open_as(name, Access::ReadWrite)?;
        if stat.links > 1 {
            let message = "an edit in place would change the file's other names too: load it by \
                           `Mode::CopyOnWrite` and save";
            return Err(Error::msg(ErrorKind::ReadOnly, message)
                .with_path(self.file_path(name))
                .with_expected("a file with one name")
                .with_found(format!("{} names (hard links)", stat.links)));
        }
        Ok(file)
    }

    /// Makes a file, for reading and writing. The permission bits are subject to the umask.
    pub(crate) fn create_file(&self, name: &str, mode: u32) -> Result<File> {
        self.call("cannot make", name, |system, dir| {
            system.open_file(dir, name, Access::CreateNew(mode)).map(|file| self.opened(file))
        })
    }

    /// Gives a file that [`make_unnamed`](Self::make_unnamed) made a name in this folder.
    pub(crate) fn link_unnamed(&self, file: &File, name: &str) -> Result<()> {
        self.call("cannot link", name, |system, dir| system.link_unnamed(file.handle(), dir, name))
    }

    /// Makes a file that no folder has a name for, on the file system of this one. Where
    /// there are no such files it had a name for a moment, when nobody else may open it, and can never be given
    /// one.
    pub(crate) fn make_unnamed(&self, mode: u32) -> Result<File> {
        let dir = self.handle();
        let made = match self.system().make_unnamed(dir, mode) {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let name = format!("{SCRATCH}{:016x}", unforeseeable());
                // While it has a name nobody else is to open it.
                let file = self.system().open_file(dir, &name, Access::CreateNew(mode & 0o600));
                file.and_then(|file| self.system().remove_file(dir, &name).map(|()| file))
            }
            other => other,
        };
        made.map(|file| self.opened(file))
            .map_err(|error| Error::io("cannot make a file in", &self.path, error))
    }

    /// Opens a regular file; gives what the system knows of it too.
    pub(crate) fn open_as(&self, name: &str, access: Access) -> Result<(File, Stat)> {
        self.check(name)?;
        let file = match self.system().open_file(self.handle(), name, access) {
            Ok(file) => self.opened(file),
            Err(error) => {
                // A link gives ELOOP, a socket ENXIO, a folder opened for writing EISDIR: say which.
                return Err(match self.system().stat(self.handle(), name) {
                    Ok(stat) if stat.kind == FileKind::SymbolicLink && access == Access::Follow => {
                        Error::io("cannot follow the link", self.file_path(name), error)
                    }
                    Ok(stat) if stat.kind != FileKind::Regular => self.not_regular(name, stat.kind),
                    // Whatever stood there is gone.
                    Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
                        Error::io("cannot open", self.file_path(name), gone)
                    }
                    _ => Error::io("cannot open", self.file_path(name), error),
                });
            }
        };
        let stat = file
            .stat()
            .map_err(|error| Error::io("cannot examine", self.file_path(name), error))?;
        if stat.kind != FileKind::Regular {
            let error = self.not_regular(name, stat.kind);
            return Err(match access {
                Access::Follow => error.with_found(format!("a link to {}", stat.kind.noun())),
                _ => error,
            });
        }
        let stat = match access {
            // What a link leads to may lie anywhere.
            Access::Follow => stat,
            _ => self.with_mount(stat, || file.is_mounted()),
        };
        Ok((file, stat))
    }

    /// What stands under a name; `None` if nothing does.
    pub(crate) fn identity(&self, name: &str) -> Result<Option<Identity>> {
        Ok(self.stat(name)?.map(|stat| stat.identity))
    }

    fn new(folder: File, path: PathBuf) -> Self {
        Self { path, folder, dev: OnceLock::new() }
    }

    /// What was opened in the same file system.
    fn opened(&self, handle: Handle) -> File {
        File::new(handle, self.system())
    }

    fn handle(&self) -> &Handle {
        self.folder.handle()
    }

    /// A call of the system on a name in the folder; `action`: what an error says that it could not do.
    fn call<T>(
        &self,
        action: &str,
        name: &str,
        call: impl FnOnce(&System, &Handle) -> io::Result<T>,
    ) -> Result<T> {
        self.check(name)?;
        call(self.system(), self.handle())
            .map_err(|error| Error::io(action, self.file_path(name), error))
    }

    /// What is on another device than the folder may be mounted there.
    fn with_mount(&self, stat: Stat, is_mounted: impl FnOnce() -> bool) -> Stat {
        let known = self.dev.get().copied();
        let dev = known.or_else(|| Some(self.folder.stat().ok()?.identity.dev));
        let Some(dev) = dev else { return stat };
        let _ = self.dev.set(dev);
        Stat { is_mounted: dev != stat.identity.dev && is_mounted(), ..stat }
    }

    /// What stands under a name, be it a link; `None` if nothing does.
    pub(crate) fn stat(&self, name: &str) -> Result<Option<Stat>> {
        self.check(name)?;
        let dir = self.handle();
        match self.system().stat(dir, name) {
            Ok(stat) => {
                Ok(Some(self.with_mount(stat, || self.system().is_mounted(dir, Some(name)))))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("cannot examine", self.file_path(name), error)),
        }
    }

    /// The same of a name that strangers may have mounted something on, which keeps others out: then it is
    /// [unseen](Stat::unseen).
    pub(crate) fn stat_or_unseen(&self, name: &str) -> Result<Option<Stat>> {
        let found = self.stat(name);
        let is_closed = found.as_ref().is_err_and(|error| {
            matches!(
                error.os_kind(),
                Some(io::ErrorKind::PermissionDenied | io::ErrorKind::NotConnected)
            )
        });
        // Where the folder lets us look, it is what stands there that does not.
        match is_closed && self.system().stat(self.handle(), ".").is_ok() {
            true => Ok(Some(Stat::unseen())),
            false => found,
        }
    }

    /// A whole file of at most `cap` bytes.
    pub(crate) fn read_file(&self, name: &str, cap: u64) -> Result<(Vec<u8>, Identity)> {
        let (file, stat) = self.open_as(name, Access::Read)?;
        let bytes = file
            .read_whole(stat.identity.size, cap)
            .map_err(|error| error.with_path(self.file_path(name)))?;
        Ok((bytes, stat.identity))
    }

    /// The folder itself, as the system knows it.
    pub(crate) fn stat_self(&self) -> Result<Stat> {
        self.folder
            .stat()
            .map_err(|error| Error::io("cannot examine the folder", &self.path, error))
    }

    /// What the folder lies on.
    pub(crate) fn medium(&self) -> Medium {
        self.folder.medium()
    }

    /// What tells the folder from every other.
    pub(crate) fn id(&self) -> Result<DirId> {
        self.folder
            .folder_id()
            .map_err(|error| Error::io("cannot examine the folder", &self.path, error))
    }

    /// Opens a folder below this one; a link is refused.
    pub(crate) fn open_folder(&self, name: &str) -> Result<Self> {
        self.check(name)?;
        match self.system().open_folder_at(self.handle(), name) {
            Ok(fd) => Ok(Self::new(self.opened(fd), self.file_path(name))),
            Err(error) => Err(match self.system().stat(self.handle(), name) {
                Ok(stat) if stat.kind != FileKind::Folder => Error::new(ErrorKind::FileType)
                    .with_path(self.file_path(name))
                    .with_expected("a folder")
                    .with_found(stat.kind.noun()),
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
                    Error::io("cannot open the folder", self.file_path(name), gone)
                }
                _ => Error::io("cannot open the folder", self.file_path(name), error),
            }),
        }
    }

    /// The same folder through a descriptor of its own.
    pub(crate) fn reopen(&self) -> Result<Self> {
        match self.system().open_folder_at(self.handle(), ".") {
            Ok(fd) => Ok(Self::new(self.opened(fd), self.path.clone())),
            Err(error) => Err(Error::io("cannot open the folder", &self.path, error)),
        }
    }

    /// Makes a folder below this one. The permission bits are subject to the umask.
    pub(crate) fn make_folder(&self, name: &str, mode: u32) -> Result<()> {
        self.check(name)?;
        let action = "cannot make the folder";
        self.system().make_folder(self.handle(), name, mode).map_err(|error| {
            // Said of a folder that was removed meanwhile; and, of one that is still there, by `/proc` and the like.
            let path = self.file_path(name);
            let again = |id| Self::open_same(self.system(), &self.path, Some(id));
            match error.kind() == io::ErrorKind::NotFound && self.id().and_then(again).is_ok() {
                true => Error::msg(ErrorKind::Io, action).with_path(path).with_source(error),
                false => Error::io(action, path, error),
            }
        })
    }

    /// The names in the folder, at most `cap` of them.
    pub(crate) fn list(&self, cap: usize) -> Result<Vec<OsString>> {
        self.system()
            .list(self.handle(), cap)
            .map_err(|error| Error::io("cannot list the folder", &self.path, error))
    }

    /// Moves a file under the same name into another folder, over what stands there or, unless it `replaces`
    /// something, only where nothing does: as far as the file system can tell.
    pub(crate) fn move_file(&self, name: &str, to: &Self, replaces: bool) -> Result<()> {
        self.check(name)?;
        self.system()
            .rename((self.handle(), name), (to.handle(), name), replaces)
            .map_err(|error| Error::io("cannot move into place", to.file_path(name), error))
    }

    /// Renames a file of the folder, over what stands under the new name or, unless it `replaces` something, only where
    /// nothing does: as far as the file system can tell.
    pub(crate) fn rename_file(&self, name: &str, new_name: &str, replaces: bool) -> Result<()> {
        self.check(name)?;
        self.call("cannot move into place", new_name, |system, dir| {
            system.rename((dir, name), (dir, new_name), replaces)
        })
    }

    /// Renames a folder below this one; [`ErrorKind::Exists`] if the name is taken.
    pub(crate) fn rename_folder(&self, name: &str, new_name: &str) -> Result<()> {
        self.check(name)?;
        self.check(new_name)?;
        self.system().rename_folder(self.handle(), name, new_name).map_err(|error| {
            let path = self.file_path(new_name);
            match error.kind() {
                io::ErrorKind::AlreadyExists
                | io::ErrorKind::DirectoryNotEmpty
                | io::ErrorKind::NotADirectory => {
                    Error::msg(ErrorKind::Exists, "the name was taken in the meantime")
                        .with_path(path)
                        .with_source(error)
                }
                _ => Error::io("cannot move the folder into place", path, error),
            }
        })
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) fn remove_file(&self, name: &str) -> Result<()> {
        self.call("cannot remove", name, |system, dir| unless_gone(system.remove_file(dir, name)))
    }

    /// Removes what could not be when it was replaced, for it was mapped, if it can be now: for the holder of the writer lock,
    /// when no save of the folder is unfinished.
    pub(crate) fn sweep(&self) {
        self.sweep_those(|_| true);
    }

    /// The same beside files that are saved by themselves. What has its place empty stays: it is still to be replaced, or whoever
    /// was at that has died, and there is nothing else of it.
    pub(crate) fn sweep_replaced(&self) {
        self.sweep_those(|name| {
            let place = called_before(name).map(|before| self.stat(before));
            place.is_none_or(|place| matches!(place, Ok(Some(_))))
        });
    }

    fn sweep_those(&self, goes: impl Fn(&str) -> bool) {
        let aside = self.aside().unwrap_or_else(|error| {
            log::debug!("not swept: {error}");
            Vec::new()
        });
        for name in aside.iter().filter(|name| goes(name)) {
            if let Err(error) = self.remove_file(name) {
                log::debug!("left until it is no longer mapped: {error}");
            }
        }
    }

    /// Whether a file that had this name is aside, for another is to take its place.
    pub(crate) fn is_set_aside(&self, name: &str) -> Result<bool> {
        Ok(self.aside()?.iter().any(|aside| called_before(aside) == Some(name)))
    }

    /// The names of the files that are aside.
    fn aside(&self) -> Result<Vec<String>> {
        if !self.system().sets_aside() {
            return Ok(Vec::new());
        }
        let names = self.list(usize::MAX)?.into_iter().filter_map(|name| name.into_string().ok());
        Ok(names.filter(|name| name.starts_with(ASIDE)).collect())
    }

    /// Gives the folder itself these permission and special bits.
    pub(crate) fn set_mode(&self, mode: u32) -> Result<()> {
        self.folder.set_mode(mode).map_err(|error| {
            Error::io("cannot set the permissions of the folder", &self.path, error)
        })
    }

    /// The access control list of the folder, or of what stands under a name in it.
    pub(crate) fn acl(&self, name: Option<&str>) -> Result<Option<Acl>> {
        name.map_or(Ok(()), |name| self.check(name))?;
        self.system().acl(self.handle(), name).map_err(|error| {
            let path = name.map_or_else(|| self.path.clone(), |name| self.file_path(name));
            Error::io("cannot read the access control list of", path, error)
        })
    }

    /// The folder's descriptor.
    pub(crate) fn file(&self) -> &File {
        &self.folder
    }

    /// Whether the system would let this process replace or remove a file of the folder.
    pub(crate) fn may_remove(&self, name: &str) -> Result<bool> {
        self.call("cannot tell whether it may be replaced", name, |system, dir| {
            system.may_remove(dir, name)
        })
    }

    /// Whether what stands under a name is this very folder or file.
    pub(crate) fn is_there(&self, name: &str, identity: &Identity) -> Result<bool> {
        Ok(self.identity(name)?.is_some_and(|there| there.is_same_file(identity)))
    }

    /// Removes an empty folder; one that is gone already is no error.
    pub(crate) fn remove_folder(&self, name: &str) -> Result<()> {
        self.call("cannot remove the folder", name, |system, dir| {
            unless_gone(system.remove_folder(dir, name))
        })
    }

    /// Brings the folder's entries to the disk.
    pub(crate) fn sync(&self) -> Result<()> {
        self.folder.sync().map_err(|error| Error::io("cannot sync the folder", &self.path, error))
    }

    /// Brings a file of the folder to the disk, whoever has written it.
    pub(crate) fn sync_file(&self, name: &str) -> Result<()> {
        self.open_file(name)?
            .sync()
            .map_err(|error| Error::io("cannot sync", self.file_path(name), error))
    }

    /// Brings all of the file system that the folder lies on to the disk.
    ///
    /// # Errors
    /// [`Unsupported`](io::ErrorKind::Unsupported) of the system's where it has no such call.
    pub(crate) fn sync_all(&self) -> Result<()> {
        self.system()
            .sync_all(self.handle())
            .map_err(|error| Error::io("cannot sync the file system of", &self.path, error))
    }

    /// The path of a file of the folder, for messages.
    pub(crate) fn file_path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn check(&self, name: &str) -> Result<()> {
        check_component(name).map_err(|error| error.with_path(&self.path))
    }

    fn not_regular(&self, name: &str, kind: FileKind) -> Error {
        Error::new(ErrorKind::FileType)
            .with_path(self.file_path(name))
            .with_expected(FileKind::Regular.noun())
            .with_found(kind.noun())
    }
}

/// What is gone already need not be removed.
fn unless_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// What was found, or that it is none. What the system has failed to give may be there all the same, and is no answer.
///
/// # Errors
/// [`ErrorKind::Io`] then.
pub(crate) fn answered<T>(found: Result<T>) -> Result<Result<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::Io => Err(error),
        answer => Ok(answer),
    }
}

/// A number for a name that nobody can foresee, and so have taken beforehand: the hasher's keys are from the
/// system.
pub(crate) fn unforeseeable() -> u64 {
    RandomState::new().build_hasher().finish()
}
