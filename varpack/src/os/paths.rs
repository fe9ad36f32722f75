//! What the standard library has on every system: an open folder is its path, and all below it is reached by names. For
//! systems that are not Unix, each with its own [`Extensions`].

use super::acl::Acl;
use super::file::{Handle, follow};
use super::identity::{DirId, Identity};
use super::map::RawMap;
use super::{Access, FileKind, FileSystem, Lock, Medium, NameAt, Sharing, Stat};
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the standard library does not tell, or cannot do. The defaults are what can be done without.
pub(crate) trait Extensions:
    fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static
{
    /// Opens a folder, if folders can be opened.
    fn open_folder(&self, _path: &Path) -> io::Result<Option<File>> {
        Ok(None)
    }

    /// What tells a file from all others, and what else the system knows of it alone.
    fn number(&self, path: &Path, _file: Option<&File>) -> io::Result<FileNumber>;

    /// How files are opened.
    fn open_options(&self) -> OpenOptions {
        OpenOptions::new()
    }

    fn rename(&self, from: &Path, to: &Path, replaces: bool) -> io::Result<()>;

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// See [`FileSystem::sets_aside`].
    fn sets_aside(&self) -> bool {
        false
    }

    /// Whether a file may have less on the disk than its length says.
    fn may_have_holes(&self, _file: &Metadata) -> bool {
        false
    }

    fn lock(&self, _file: &Handle, _byte: i32, _lock: Lock) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// See [`Extensions::number`].
#[derive(Clone, Copy, Debug)]
pub(super) struct FileNumber {
    pub(super) dev: u64,
    pub(super) ino: u64,
    /// The number of its names.
    pub(super) links: u64,
    /// When it was changed or moved last, in seconds and nanoseconds.
    pub(super) ctime: Option<(i64, i64)>,
}

/// A system with its own extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paths<E>(pub(super) E);

/// Since the epoch, in seconds and nanoseconds.
fn time(time: io::Result<SystemTime>) -> (i64, i64) {
    let since = time.ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let since = since.unwrap_or_default();
    (i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos().into())
}

fn kind(metadata: &Metadata) -> FileKind {
    let kind = metadata.file_type();
    match () {
        () if kind.is_symlink() => FileKind::SymbolicLink,
        () if kind.is_dir() => FileKind::Folder,
        () if kind.is_file() => FileKind::Regular,
        () => FileKind::Device,
    }
}

/// Nobody is told from anybody else: every file belongs to this user, and others may read it.
fn to_stat(metadata: &Metadata, number: FileNumber) -> Stat {
    let FileNumber { dev, ino, links, ctime } = number;
    let kind = kind(metadata);
    Stat {
        identity: Identity {
            dev,
            ino,
            size: metadata.len(),
            ctime,
            mtime: time(metadata.modified()),
        },
        kind,
        mode: if kind == FileKind::Folder { 0o755 } else { 0o644 },
        special: 0,
        uid: super::effective_user(),
        gid: 0,
        links,
        allocated: metadata.len(),
        block: 0,
        is_mounted: false,
    }
}

fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

impl<E: Extensions> Paths<E> {
    fn opened(&self, path: PathBuf) -> io::Result<Handle> {
        if !fs::symlink_metadata(&path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        let file = self.0.open_folder(&path)?;
        Ok(Handle::at(path, file))
    }
}

impl<E: Extensions> FileSystem for Paths<E> {
    fn open_folder(&self, path: &Path) -> io::Result<Handle> {
        self.opened(fs::canonicalize(path)?)
    }

    fn open_folder_at(&self, dir: &Handle, name: &str) -> io::Result<Handle> {
        self.opened(dir.below(name))
    }

    fn open_file(&self, dir: &Handle, name: &str, access: Access) -> io::Result<Handle> {
        let path = dir.below(name);
        let mut options = self.0.open_options();
        options.read(true);
        match access {
            Access::Follow => {}
            Access::CreateNew(_) => {
                options.write(true).create_new(true);
            }
            Access::Read | Access::ReadWrite => {
                if !fs::symlink_metadata(&path)?.is_file() {
                    return Err(io::Error::other("not a regular file"));
                }
                options.write(access == Access::ReadWrite);
            }
        }
        let file = options.open(&path)?;
        Ok(Handle::at(path, Some(file)))
    }

    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat> {
        let path = dir.below(name);
        let metadata = fs::symlink_metadata(&path)?;
        Ok(to_stat(&metadata, self.0.number(&path, None)?))
    }

    fn stat_open(&self, file: &Handle) -> io::Result<Stat> {
        let metadata = match file.std() {
            Ok(file) => file.metadata()?,
            Err(_) => fs::metadata(file.path())?,
        };
        Ok(to_stat(&metadata, self.0.number(&file.path(), file.std().ok())?))
    }

    fn folder_id(&self, folder: &Handle) -> io::Result<DirId> {
        let path = folder.path();
        let FileNumber { dev, ino, .. } = self.0.number(&path, folder.std().ok())?;
        // Where files have numbers they have them for good: NTFS counts how often one was given.
        Ok(DirId { dev, ino, born: None })
    }

    fn medium(&self, _file: &Handle) -> Medium {
        Medium::Other
    }

    fn list(&self, dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
        fs::read_dir(dir.path())?.take(cap).map(|entry| Ok(entry?.file_name())).collect()
    }

    fn make_folder(&self, dir: &Handle, name: &str, _mode: u32) -> io::Result<()> {
        fs::create_dir(dir.below(name))
    }

    fn make_unnamed(&self, _dir: &Handle, _mode: u32) -> io::Result<Handle> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn link_unnamed(&self, _file: &Handle, _dir: &Handle, _name: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn duplicate(&self, file: &Handle) -> io::Result<Handle> {
        Ok(Handle::at(file.path(), Some(file.std()?.try_clone()?)))
    }

    fn read_at(&self, file: &Handle, room: &mut [u8], offset: u64) -> io::Result<usize> {
        // Of threads that read one file each moves the position. A file is not read while it is written.
        let (_alone, mut file) = file.alone()?;
        file.seek(SeekFrom::Start(offset))?;
        retry(|| file.read(room))
    }

    fn write(&self, file: &Handle, bytes: &[u8]) -> io::Result<usize> {
        let mut file = file.std()?;
        retry(|| file.write(bytes))
    }

    fn set_len(&self, file: &Handle, len: u64) -> io::Result<()> {
        file.std()?.set_len(len)
    }

    fn map(&self, file: &Handle, len: usize, sharing: Sharing) -> io::Result<RawMap> {
        RawMap::new(file.std()?, len, sharing)
    }

    fn flush(&self, map: &RawMap) -> io::Result<()> {
        map.flush()
    }

    fn copy(&self, _from: &Handle, _to: &Handle, _at: u64, _len: u64) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn reserve(&self, _file: &Handle, _len: u64) -> io::Result<bool> {
        Ok(false)
    }

    fn has_holes(&self, file: &Handle, _size: u64) -> io::Result<bool> {
        Ok(self.0.may_have_holes(&file.std()?.metadata()?))
    }

    fn set_owner(&self, _file: &Handle, _uid: Option<u32>, _gid: Option<u32>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn set_mode(&self, _file: &Handle, _mode: u32) -> io::Result<()> {
        Ok(())
    }

    fn acl(&self, _of: &Handle, _name: Option<&str>) -> io::Result<Option<Acl>> {
        Ok(None)
    }

    fn set_acl(&self, _file: &Handle, _acl: Option<&Acl>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&self, file: &Handle) -> io::Result<()> {
        // A folder cannot be, nor need be.
        match file.std() {
            Ok(opened) if !opened.metadata()?.is_dir() => opened.sync_all(),
            _ => Ok(()),
        }
    }

    fn sync_all(&self, _file: &Handle) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn rename(
        &self,
        (from, name): NameAt<'_>,
        (to, new_name): NameAt<'_>,
        replaces: bool,
    ) -> io::Result<()> {
        self.0.rename(&from.below(name), &to.below(new_name), replaces)
    }

    fn rename_folder(&self, dir: &Handle, name: &str, new_name: &str) -> io::Result<()> {
        let (from, to) = (dir.below(name), dir.below(new_name));
        self.0.rename(&from, &to, false)?;
        follow(&from, &to);
        Ok(())
    }

    fn remove_file(&self, dir: &Handle, name: &str) -> io::Result<()> {
        self.0.remove_file(&dir.below(name))
    }

    fn sets_aside(&self) -> bool {
        self.0.sets_aside()
    }

    fn remove_folder(&self, dir: &Handle, name: &str) -> io::Result<()> {
        fs::remove_dir(dir.below(name))
    }

    fn is_mounted(&self, _at: &Handle, _name: Option<&str>) -> bool {
        false
    }

    fn may_remove(&self, dir: &Handle, name: &str) -> io::Result<bool> {
        match fs::symlink_metadata(dir.below(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            found => Ok(!found?.permissions().readonly()),
        }
    }

    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        self.0.lock(file, byte, lock)
    }
}
