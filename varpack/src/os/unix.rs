//! What all Unix systems have: the calls of POSIX, each relative to an open folder. What one system has beyond them it
//! says in its [`Extensions`].

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) mod beyond;

use super::acl::Acl;
use super::file::Handle;
use super::identity::{DirId, Identity};
use super::map::RawMap;
use super::{Access, FileKind, FileSystem, Lock, Medium, NameAt, Sharing, Stat};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, renameat};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{AccessFlags, UnlinkatFlags, faccessat, fsync, geteuid, unlinkat, write};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::Permissions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, fchown};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::Path;

const FOLDER: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);
/// `O_NONBLOCK` keeps a FIFO from blocking the open; a regular file does not mind it.
const FILE: OFlag = OFlag::O_NOFOLLOW
    .union(OFlag::O_CLOEXEC)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_NOCTTY)
    .union(LARGE);

/// Without it, which means nothing to a 64-bit machine, a 32-bit Linux opens and writes up to 2 GiB. All others have
/// long files by default.
#[cfg(target_os = "linux")]
pub(super) const LARGE: OFlag = OFlag::O_LARGEFILE;
#[cfg(not(target_os = "linux"))]
pub(super) const LARGE: OFlag = OFlag::empty();

/// The unit of `st_blocks` in bytes, whatever the file system's blocks are (inode(7), stat(2)).
pub(super) const BLOCK: u64 = 512;

/// The operations for which POSIX has no call, or a lesser one. The defaults are what can be done by its calls alone.
/// Each is described at [`FileSystem`].
pub(crate) trait Extensions:
    fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static
{
    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat> {
        stat(dir, name)
    }

    fn stat_open(&self, file: &Handle) -> io::Result<Stat> {
        stat_open(file)
    }

    fn list(&self, dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
        list(dir, cap)
    }

    fn medium(&self, _file: &Handle) -> Medium {
        Medium::Other
    }

    fn make_unnamed(&self, _dir: &Handle, _mode: u32) -> io::Result<Handle> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn link_unnamed(&self, _file: &Handle, _dir: &Handle, _name: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn copy(&self, _from: &Handle, _to: &Handle, _at: u64, _len: u64) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn reserve(&self, _file: &Handle, _len: u64) -> io::Result<bool> {
        Ok(false)
    }

    /// A file without as many blocks as its size takes may have holes.
    fn has_holes(&self, file: &Handle, size: u64) -> io::Result<bool> {
        Ok(self.stat_open(file)?.allocated < size)
    }

    fn acl(&self, _of: &Handle, _name: Option<&str>) -> io::Result<Option<Acl>> {
        Ok(None)
    }

    fn set_acl(&self, _file: &Handle, _acl: Option<&Acl>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&self, file: &Handle) -> io::Result<()> {
        sync(file)
    }

    fn sync_all(&self, _file: &Handle) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn rename(&self, from: NameAt<'_>, to: NameAt<'_>, _replaces: bool) -> io::Result<()> {
        rename(from, to)
    }

    /// It lies on another device than its folder, or nobody would ask.
    fn is_mounted(&self, _at: &Handle, _name: Option<&str>) -> bool {
        true
    }

    /// Who may write to the folder may remove; of a sticky one only who owns that, or the file.
    fn may_remove(&self, dir: &Handle, name: &str) -> io::Result<bool> {
        let rights = AccessFlags::W_OK | AccessFlags::X_OK;
        match retry(|| faccessat(dir, ".", rights, AtFlags::AT_EACCESS)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => return Err(error),
            _ => {}
        }
        let folder = self.stat_open(dir)?;
        if folder.special & STICKY == 0 {
            return Ok(true);
        }
        let owner = match self.stat(dir, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            found => found?.uid,
        };
        Ok([0, folder.uid, owner].contains(&effective_user()))
    }

    fn lock(&self, _file: &Handle, _byte: i32, _lock: Lock) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

const STICKY: u32 = 0o1000;

/// A Unix system with its own extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unix<E>(pub(super) E);

/// Tries again while a signal interrupts the call.
pub(super) fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other.map_err(io::Error::from),
        }
    }
}

pub(super) fn kind(mode: u32) -> FileKind {
    #[allow(clippy::useless_conversion, reason = "the widths differ between systems")]
    let is = |kind: SFlag| mode & u32::from(SFlag::S_IFMT.bits()) == u32::from(kind.bits());
    match () {
        () if is(SFlag::S_IFREG) => FileKind::Regular,
        () if is(SFlag::S_IFDIR) => FileKind::Folder,
        () if is(SFlag::S_IFLNK) => FileKind::SymbolicLink,
        () if is(SFlag::S_IFIFO) => FileKind::Fifo,
        () if is(SFlag::S_IFSOCK) => FileKind::Socket,
        () => FileKind::Device,
    }
}

/// The nine permission bits, and the three special ones.
pub(super) fn permissions(mode: u32) -> (u32, u32) {
    (mode & 0o777, mode & 0o7000)
}

/// The permission bits for a call.
pub(super) fn mode(bits: u32) -> Mode {
    Mode::from_bits_truncate(libc::mode_t::try_from(bits & 0o7777).unwrap_or_default())
}

fn to_stat(stat: &FileStat) -> io::Result<Stat> {
    #[allow(clippy::useless_conversion, reason = "the widths differ between systems")]
    let bits = u32::from(stat.st_mode);
    let (mode, special) = permissions(bits);
    let size = u64::try_from(stat.st_size).map_err(|_| io::Error::from(Errno::EOVERFLOW))?;
    #[allow(
        clippy::useless_conversion,
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        reason = "the widths differ between systems; a device is a pattern of bits"
    )]
    Ok(Stat {
        identity: Identity {
            dev: stat.st_dev as u64,
            ino: stat.st_ino.into(),
            size,
            ctime: Some((stat.st_ctime.into(), stat.st_ctime_nsec.into())),
            mtime: (stat.st_mtime.into(), stat.st_mtime_nsec.into()),
        },
        kind: kind(bits),
        mode,
        special,
        uid: stat.st_uid,
        gid: stat.st_gid,
        links: stat.st_nlink.into(),
        allocated: u64::try_from(stat.st_blocks).unwrap_or_default().saturating_mul(BLOCK),
        block: u64::try_from(stat.st_blksize).unwrap_or_default(),
        is_mounted: false,
    })
}

pub(super) fn stat(dir: &Handle, name: &str) -> io::Result<Stat> {
    to_stat(&retry(|| fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW))?)
}

pub(super) fn stat_open(file: &Handle) -> io::Result<Stat> {
    to_stat(&retry(|| fstat(file))?)
}

pub(super) fn sync(file: &Handle) -> io::Result<()> {
    match retry(|| fsync(file)) {
        // Some network and FUSE file systems have no such call for folders (fsync(2), EINVAL).
        Err(error) if is_unsupported(&error) => Ok(()),
        other => other,
    }
}

fn rename((from, name): NameAt<'_>, (to, new_name): NameAt<'_>) -> io::Result<()> {
    retry(|| renameat(from, name, to, new_name))
}

/// The soft limit (getrlimit(2)).
pub(super) fn descriptor_limit() -> usize {
    getrlimit(Resource::RLIMIT_NOFILE)
        .map_or(usize::MAX, |(soft, _)| usize::try_from(soft).unwrap_or(usize::MAX))
}

/// The effective user ID (geteuid(2)).
pub(super) fn effective_user() -> u32 {
    geteuid().as_raw()
}

/// Errors of a file system or kernel that does not know a call, as opposed to one that failed.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    // Two numbers on Apple's systems, one on the others.
    [libc::EOPNOTSUPP, libc::ENOTSUP, libc::ENOSYS, libc::EINVAL]
        .iter()
        .any(|&errno| error.raw_os_error() == Some(errno))
}

fn open_folder_at(dir: &Handle, name: &str) -> io::Result<Handle> {
    retry(|| openat(dir, name, FOLDER | OFlag::O_NOFOLLOW, Mode::empty())).map(Handle::new)
}

pub(super) fn list(dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
    // A descriptor of its own: reading moves the position, which a duplicate would share.
    let mut dir = nix::dir::Dir::from_fd(open_folder_at(dir, ".")?.into())?;
    let mut names = Vec::new();
    for entry in dir.iter() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        if names.len() == cap {
            break;
        }
        names.push(OsStr::from_bytes(name).to_owned());
    }
    Ok(names)
}

impl<E: Extensions> FileSystem for Unix<E> {
    fn open_folder(&self, path: &Path) -> io::Result<Handle> {
        retry(|| open(path, FOLDER, Mode::empty())).map(Handle::new)
    }

    fn open_folder_at(&self, dir: &Handle, name: &str) -> io::Result<Handle> {
        open_folder_at(dir, name)
    }

    fn open_file(&self, dir: &Handle, name: &str, access: Access) -> io::Result<Handle> {
        let (flags, bits) = match access {
            Access::Read | Access::Follow => (OFlag::O_RDONLY, 0),
            Access::ReadWrite => (OFlag::O_RDWR, 0),
            Access::CreateNew(bits) => (OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL, bits),
        };
        let common = if access == Access::Follow { FILE - OFlag::O_NOFOLLOW } else { FILE };
        retry(|| openat(dir, name, common | flags, mode(bits))).map(Handle::new)
    }

    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat> {
        self.0.stat(dir, name)
    }

    fn stat_open(&self, file: &Handle) -> io::Result<Stat> {
        self.0.stat_open(file)
    }

    fn folder_id(&self, folder: &Handle) -> io::Result<DirId> {
        // One call, which gives the time of birth too where there is one.
        let found = folder.std().metadata()?;
        Ok(DirId { dev: found.dev(), ino: found.ino(), born: found.created().ok() })
    }

    fn medium(&self, file: &Handle) -> Medium {
        self.0.medium(file)
    }

    fn list(&self, dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
        self.0.list(dir, cap)
    }

    fn make_folder(&self, dir: &Handle, name: &str, bits: u32) -> io::Result<()> {
        retry(|| mkdirat(dir, name, mode(bits)))
    }

    fn make_unnamed(&self, dir: &Handle, bits: u32) -> io::Result<Handle> {
        self.0.make_unnamed(dir, bits)
    }

    fn link_unnamed(&self, file: &Handle, dir: &Handle, name: &str) -> io::Result<()> {
        self.0.link_unnamed(file, dir, name)
    }

    fn duplicate(&self, file: &Handle) -> io::Result<Handle> {
        file.std().try_clone().map(Handle::new)
    }

    fn read_at(&self, file: &Handle, room: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match file.std().read_at(room, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn write(&self, file: &Handle, bytes: &[u8]) -> io::Result<usize> {
        retry(|| write(file, bytes))
    }

    fn set_len(&self, file: &Handle, len: u64) -> io::Result<()> {
        file.std().set_len(len)
    }

    fn map(&self, file: &Handle, len: usize, sharing: Sharing) -> io::Result<RawMap> {
        RawMap::new(file.std(), len, sharing)
    }

    fn flush(&self, map: &RawMap) -> io::Result<()> {
        map.flush()
    }

    fn copy(&self, from: &Handle, to: &Handle, at: u64, len: u64) -> io::Result<u64> {
        self.0.copy(from, to, at, len)
    }

    fn reserve(&self, file: &Handle, len: u64) -> io::Result<bool> {
        self.0.reserve(file, len)
    }

    fn has_holes(&self, file: &Handle, size: u64) -> io::Result<bool> {
        self.0.has_holes(file, size)
    }

    fn set_owner(&self, file: &Handle, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        fchown(file, uid, gid)
    }

    fn set_mode(&self, file: &Handle, mode: u32) -> io::Result<()> {
        file.std().set_permissions(Permissions::from_mode(mode))
    }

    fn acl(&self, of: &Handle, name: Option<&str>) -> io::Result<Option<Acl>> {
        self.0.acl(of, name)
    }

    fn set_acl(&self, file: &Handle, acl: Option<&Acl>) -> io::Result<()> {
        self.0.set_acl(file, acl)
    }

    fn sync(&self, file: &Handle) -> io::Result<()> {
        self.0.sync(file)
    }

    fn sync_all(&self, file: &Handle) -> io::Result<()> {
        self.0.sync_all(file)
    }

    fn rename(&self, from: NameAt<'_>, to: NameAt<'_>, replaces: bool) -> io::Result<()> {
        self.0.rename(from, to, replaces)
    }

    fn rename_folder(&self, dir: &Handle, name: &str, new_name: &str) -> io::Result<()> {
        // Onto a file or a folder that is not empty, a folder's plain rename fails as well; what it
        // replaces is at most an empty folder.
        self.0.rename((dir, name), (dir, new_name), false)
    }

    fn remove_file(&self, dir: &Handle, name: &str) -> io::Result<()> {
        retry(|| unlinkat(dir, name, UnlinkatFlags::NoRemoveDir))
    }

    fn remove_folder(&self, dir: &Handle, name: &str) -> io::Result<()> {
        retry(|| unlinkat(dir, name, UnlinkatFlags::RemoveDir))
    }

    fn is_mounted(&self, at: &Handle, name: Option<&str>) -> bool {
        self.0.is_mounted(at, name)
    }

    fn may_remove(&self, dir: &Handle, name: &str) -> io::Result<bool> {
        self.0.may_remove(dir, name)
    }

    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        self.0.lock(file, byte, lock)
    }
}

/// Nothing but POSIX: for the systems that have no file here. The tests run it everywhere.
#[cfg(any(test, not(any(target_os = "linux", target_vendor = "apple"))))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Posix;

#[cfg(any(test, not(any(target_os = "linux", target_vendor = "apple"))))]
impl Extensions for Posix {}
