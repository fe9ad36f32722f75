//! Linux: the one file to write anew for a port to another system.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "varpack needs Linux for now: its locks are open-file-description locks, and no other system has them all"
);

mod wide;

use super::acl::Acl;
use super::dir::{DirId, Identity};
use super::file::Handle;
use super::map::RawMap;
use super::{Access, FileKind, FileSystem, Lock, Medium, Sharing, Stat};
use nix::errno::Errno;
use nix::fcntl::{
    AtFlags, FallocateFlags, FcntlArg, OFlag, copy_file_range, fallocate, fcntl, open, openat,
    renameat,
};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::sys::statfs::{
    BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, F2FS_SUPER_MAGIC, FsType, OVERLAYFS_SUPER_MAGIC,
    TMPFS_MAGIC, fstatfs,
};
use nix::sys::sysinfo::sysinfo;
use nix::unistd::{
    UnlinkatFlags, Whence, fsync, geteuid, linkat, lseek64, syncfs, unlinkat, write,
};
use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, fchown};
use std::path::Path;

/// The system calls, each relative to an open folder.
#[derive(Debug, Default)]
pub(crate) struct Linux;

const FOLDER: OFlag = OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_CLOEXEC);
/// `O_NONBLOCK` keeps a FIFO from blocking the open; a regular file does not mind it. Without `O_LARGEFILE`, which
/// means nothing to a 64-bit machine, a 32-bit one opens and writes up to 2 GiB.
const FILE: OFlag = OFlag::O_NOFOLLOW
    .union(OFlag::O_CLOEXEC)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_NOCTTY)
    .union(OFlag::O_LARGEFILE);

/// Not among the constants for every C library (statfs(2)).
const XFS_MAGIC: FsType = FsType(0x5846_5342);

/// Who may do what with a file beside its permission bits (acl(5)).
const ACL: &str = "system.posix_acl_access";

/// For a list as people make them, and for a longer one than a file system holds (XFS, the longest: 8191 entries).
const ACL_ROOMS: [usize; 2] = [256, 64 << 10];

/// The unit of `st_blocks` in bytes, whatever the file system's blocks are (inode(7)).
const BLOCK: u64 = 512;

/// Tries again while a signal interrupts the call.
fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            other => return other.map_err(io::Error::from),
        }
    }
}

fn kind(mode: u32) -> FileKind {
    match SFlag::from_bits_truncate(mode & SFlag::S_IFMT.bits()) {
        SFlag::S_IFREG => FileKind::Regular,
        SFlag::S_IFDIR => FileKind::Folder,
        SFlag::S_IFLNK => FileKind::SymbolicLink,
        SFlag::S_IFIFO => FileKind::Fifo,
        SFlag::S_IFSOCK => FileKind::Socket,
        _ => FileKind::Device,
    }
}

/// The nine permission bits, and the three special ones.
fn permissions(mode: u32) -> (u32, u32) {
    (mode & 0o777, mode & 0o7000)
}

fn to_stat(stat: &FileStat) -> io::Result<Stat> {
    let (mode, special) = permissions(stat.st_mode);
    let size = u64::try_from(stat.st_size).map_err(|_| io::Error::from(Errno::EOVERFLOW))?;
    #[allow(clippy::useless_conversion, reason = "the widths differ between architectures")]
    Ok(Stat {
        identity: Identity {
            dev: stat.st_dev.into(),
            ino: stat.st_ino.into(),
            size,
            ctime: Some((stat.st_ctime.into(), stat.st_ctime_nsec.into())),
            mtime: (stat.st_mtime.into(), stat.st_mtime_nsec.into()),
        },
        kind: kind(stat.st_mode),
        mode,
        special,
        uid: stat.st_uid,
        gid: stat.st_gid,
        links: stat.st_nlink.into(),
        allocated: u64::try_from(stat.st_blocks).unwrap_or_default().saturating_mul(BLOCK),
        is_mounted: false,
    })
}

/// RAM and swap (sysinfo(2)); no limit if the system does not tell.
pub(crate) fn memory_size() -> u64 {
    sysinfo().map_or(u64::MAX, |info| info.ram_total().saturating_add(info.swap_total()))
}

/// The effective user ID (geteuid(2)).
pub(crate) fn effective_user() -> u32 {
    geteuid().as_raw()
}

/// See user_namespaces(7): the lines of the map are a first user, which one that is outside, and how many follow.
pub(crate) fn unmapped_user() -> Option<u32> {
    const ALL: u64 = u32::MAX as u64;
    let map = std::fs::read_to_string("/proc/self/uid_map").ok()?;
    let counts = map.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok());
    if counts.sum::<u64>() >= ALL {
        return None;
    }
    std::fs::read_to_string("/proc/sys/kernel/overflowuid").ok()?.trim().parse().ok()
}

/// Errors of a file system or kernel that does not know a call, as opposed to one that failed.
fn is_unsupported(error: &io::Error) -> bool {
    [Errno::EOPNOTSUPP, Errno::ENOSYS, Errno::EINVAL]
        .iter()
        .any(|&errno| error.raw_os_error() == Some(errno as i32))
}

impl FileSystem for Linux {
    fn open_folder(&self, path: &Path) -> io::Result<Handle> {
        retry(|| open(path, FOLDER, Mode::empty())).map(Handle::new)
    }

    fn open_folder_at(&self, dir: &Handle, name: &str) -> io::Result<Handle> {
        retry(|| openat(dir, name, FOLDER | OFlag::O_NOFOLLOW, Mode::empty())).map(Handle::new)
    }

    fn open_file(&self, dir: &Handle, name: &str, access: Access) -> io::Result<Handle> {
        let (flags, mode) = match access {
            Access::Read | Access::Follow => (OFlag::O_RDONLY, 0),
            Access::ReadWrite => (OFlag::O_RDWR, 0),
            Access::CreateNew(mode) => (OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL, mode),
        };
        let mode = Mode::from_bits_truncate(mode);
        let common = if access == Access::Follow { FILE - OFlag::O_NOFOLLOW } else { FILE };
        retry(|| openat(dir, name, common | flags, mode)).map(Handle::new)
    }

    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat> {
        if wide::IS_NEEDED {
            return wide::stat(dir, name);
        }
        to_stat(&retry(|| fstatat(dir, name, AtFlags::AT_SYMLINK_NOFOLLOW))?)
    }

    fn stat_open(&self, file: &Handle) -> io::Result<Stat> {
        if wide::IS_NEEDED {
            return wide::stat_open(file);
        }
        to_stat(&retry(|| fstat(file))?)
    }

    fn folder_id(&self, folder: &Handle) -> io::Result<DirId> {
        // One call, statx(2), which gives the time of birth too where there is one.
        let found = folder.std().metadata()?;
        Ok(DirId { dev: found.dev(), ino: found.ino(), born: found.created().ok() })
    }

    fn medium(&self, file: &Handle) -> Medium {
        // ext2 and ext3 have the number of ext4.
        const DISKS: [FsType; 4] =
            [EXT4_SUPER_MAGIC, XFS_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC];
        match retry(|| fstatfs(file)).map(|found| found.filesystem_type()) {
            Ok(TMPFS_MAGIC) => Medium::Memory,
            Ok(OVERLAYFS_SUPER_MAGIC) => Medium::Overlay,
            Ok(found) if DISKS.contains(&found) => Medium::Disk,
            _ => Medium::Other,
        }
    }

    fn list(&self, dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
        if wide::IS_NEEDED {
            return wide::list(dir, cap);
        }
        // A descriptor of its own: reading moves the position, which a duplicate would share.
        let mut dir = nix::dir::Dir::from_fd(self.open_folder_at(dir, ".")?.into())?;
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

    fn make_folder(&self, dir: &Handle, name: &str, mode: u32) -> io::Result<()> {
        retry(|| mkdirat(dir, name, Mode::from_bits_truncate(mode)))
    }

    fn make_unnamed(&self, dir: &Handle, mode: u32) -> io::Result<Handle> {
        let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC | OFlag::O_LARGEFILE;
        match retry(|| openat(dir, ".", flags, Mode::from_bits_truncate(mode))) {
            Ok(file) => Ok(Handle::new(file)),
            // Kernels and file systems that know nothing of the flag see a folder opened for writing.
            Err(error) if is_unsupported(&error) || error.raw_os_error() == Some(libc::EISDIR) => {
                Err(io::Error::new(io::ErrorKind::Unsupported, error))
            }
            Err(error) => Err(error),
        }
    }

    fn link_unnamed(&self, file: &Handle, dir: &Handle, name: &str) -> io::Result<()> {
        // By its descriptor alone (AT_EMPTY_PATH) only root may link a file: open(2), O_TMPFILE.
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        retry(|| linkat(dir, path.as_str(), dir, name, AtFlags::AT_SYMLINK_FOLLOW))
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
        RawMap::new(file, len, sharing)
    }

    fn flush(&self, map: &RawMap) -> io::Result<()> {
        map.flush()
    }

    fn copy(&self, from: &Handle, to: &Handle, at: u64, len: u64) -> io::Result<u64> {
        let at = i64::try_from(at).map_err(|_| io::Error::from(Errno::EFBIG))?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let copied = retry(|| {
            let (mut from_at, mut to_at) = (at, at);
            copy_file_range(from, Some(&mut from_at), to, Some(&mut to_at), len)
        });
        match copied {
            Ok(copied) => Ok(u64::try_from(copied).unwrap_or(u64::MAX)),
            Err(error)
                if is_unsupported(&error) || error.kind() == io::ErrorKind::CrossesDevices =>
            {
                Err(io::Error::new(io::ErrorKind::Unsupported, error))
            }
            Err(error) => Err(error),
        }
    }

    fn reserve(&self, file: &Handle, len: u64) -> io::Result<bool> {
        // More than a 32-bit machine maps: what is only copied there finds out as it is written.
        let Ok(len) = libc::off_t::try_from(len) else { return Ok(false) };
        let keep_size = FallocateFlags::FALLOC_FL_KEEP_SIZE;
        // Where blocks are shared with a copy, plain reserving is content with those that there are, and
        // the write that needs its own may fail (XFS).
        let own = keep_size | FallocateFlags::FALLOC_FL_UNSHARE_RANGE;
        for flags in [own, keep_size] {
            match retry(|| fallocate(file, flags, 0, len)) {
                Err(error) if is_unsupported(&error) => {}
                other => return other.map(|()| true),
            }
        }
        Ok(false)
    }

    fn has_holes(&self, file: &Handle, size: u64) -> io::Result<bool> {
        match retry(|| lseek64(file, 0, Whence::SeekHole)) {
            Ok(first) => Ok(u64::try_from(first).is_ok_and(|first| first < size)),
            // The file is empty, or the file system does not tell.
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) || is_unsupported(&error) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn set_owner(&self, file: &Handle, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        fchown(file, uid, gid)
    }

    fn set_mode(&self, file: &Handle, mode: u32) -> io::Result<()> {
        file.std().set_permissions(Permissions::from_mode(mode))
    }

    fn acl(&self, of: &Handle, name: Option<&str>) -> io::Result<Option<Acl>> {
        let path = name.map(|name| {
            // The calls on names take no descriptor (xattr(7)); through this link they do.
            format!("/proc/self/fd/{}/{name}", of.as_fd().as_raw_fd())
        });
        // The kernel clears as much room of its own as it is told of.
        for room in ACL_ROOMS {
            let mut bytes = Vec::with_capacity(room);
            let spare = rustix::buffer::spare_capacity(&mut bytes);
            let read = match &path {
                None => rustix::fs::fgetxattr(of, ACL, spare),
                Some(path) => rustix::fs::lgetxattr(path, ACL, spare),
            };
            match read {
                Ok(_) => return Ok(Some(Acl::new(bytes))),
                Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOENT) => return Ok(None),
                Err(rustix::io::Errno::RANGE) => {}
                Err(error) if is_unsupported(&error.into()) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Errno::ERANGE.into())
    }

    fn set_acl(&self, file: &Handle, acl: Option<&Acl>) -> io::Result<()> {
        match acl {
            Some(acl) => {
                rustix::fs::fsetxattr(file, ACL, acl.bytes(), rustix::fs::XattrFlags::empty())?
            }
            None => rustix::fs::fremovexattr(file, ACL)?,
        }
        Ok(())
    }

    fn sync(&self, file: &Handle) -> io::Result<()> {
        match retry(|| fsync(file)) {
            // Some network and FUSE file systems have no such call for folders (fsync(2), EINVAL).
            Err(error) if is_unsupported(&error) => Ok(()),
            other => other,
        }
    }

    fn sync_all(&self, file: &Handle) -> io::Result<()> {
        retry(|| syncfs(file))
    }

    fn rename(
        &self,
        from: &Handle,
        name: &str,
        to: &Handle,
        new_name: &str,
        replaces: bool,
    ) -> io::Result<()> {
        #[cfg(target_env = "gnu")]
        if !replaces {
            use nix::fcntl::{RenameFlags, renameat2};
            match retry(|| renameat2(from, name, to, new_name, RenameFlags::RENAME_NOREPLACE)) {
                Err(error) if is_unsupported(&error) => {}
                other => return other,
            }
        }
        #[cfg(not(target_env = "gnu"))]
        let _ = replaces;
        retry(|| renameat(from, name, to, new_name))
    }

    fn rename_folder(&self, dir: &Handle, name: &str, new_name: &str) -> io::Result<()> {
        // Onto a file or a folder that is not empty, a folder's plain rename fails as well; what it
        // replaces is at most an empty folder.
        self.rename(dir, name, dir, new_name, false)
    }

    fn remove_file(&self, dir: &Handle, name: &str) -> io::Result<()> {
        retry(|| unlinkat(dir, name, UnlinkatFlags::NoRemoveDir))
    }

    fn remove_folder(&self, dir: &Handle, name: &str) -> io::Result<()> {
        retry(|| unlinkat(dir, name, UnlinkatFlags::RemoveDir))
    }

    fn is_mounted(&self, at: &Handle, name: Option<&str>) -> bool {
        let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW | rustix::fs::AtFlags::NO_AUTOMOUNT;
        let (name, flags) = match name {
            Some(name) => (name, flags),
            None => ("", flags | rustix::fs::AtFlags::EMPTY_PATH),
        };
        // Kernels before 5.8 do not tell.
        rustix::fs::statx(at, name, flags, rustix::fs::StatxFlags::empty()).is_ok_and(|found| {
            found.stx_attributes.contains(rustix::fs::StatxAttributes::MOUNT_ROOT)
        })
    }

    fn may_remove(&self, dir: &Handle, name: &str) -> io::Result<bool> {
        // What is no folder is never removed as one; but first the kernel looks whether it might be removed at all:
        // permissions, the sticky bit, files that are immutable (`may_delete` in fs/namei.c).
        match retry(|| unlinkat(dir, name, UnlinkatFlags::RemoveDir)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotADirectory | io::ErrorKind::NotFound
                ) =>
            {
                return Err(error);
            }
            _ => {}
        }
        // What something is mounted on is busy.
        Ok(!self.is_mounted(dir, Some(name)))
    }

    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        let kind = match lock {
            Lock::Shared => libc::F_RDLCK,
            Lock::Exclusive => libc::F_WRLCK,
            Lock::Unlocked => libc::F_UNLCK,
        };
        let small = |number: i32| i16::try_from(number).map_err(io::Error::other);
        #[allow(clippy::useless_conversion, reason = "the widths differ between architectures")]
        let range = libc::flock {
            l_type: small(kind)?,
            l_whence: small(libc::SEEK_SET)?,
            l_start: byte.into(),
            l_len: 1,
            // Must be zero for an open-file-description lock (fcntl(2)).
            l_pid: 0,
        };
        match retry(|| fcntl(file, FcntlArg::F_OFD_SETLK(&range))) {
            Ok(_) => Ok(true),
            Err(error)
                if error.kind() == io::ErrorKind::WouldBlock
                    || error.raw_os_error() == Some(libc::EACCES) =>
            {
                Ok(false)
            }
            Err(error) if error.raw_os_error() == Some(libc::ENOLCK) || is_unsupported(&error) => {
                Err(io::Error::new(io::ErrorKind::Unsupported, error))
            }
            Err(error) => Err(error),
        }
    }
}
