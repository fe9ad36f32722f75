//! Linux: what it has beyond POSIX.

mod wide;

use super::acl::Acl;
use super::file::Handle;
use super::unix::{self, Extensions, LARGE, beyond, is_unsupported, mode, retry};
use super::{Lock, Medium, NameAt, Stat};
use nix::errno::Errno;
use nix::fcntl::{
    AtFlags, FallocateFlags, FcntlArg, OFlag, copy_file_range, fallocate, fcntl, openat,
};
use nix::libc;
use nix::sys::statfs::{
    BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, F2FS_SUPER_MAGIC, FsType, OVERLAYFS_SUPER_MAGIC,
    TMPFS_MAGIC, fstatfs,
};
use nix::sys::sysinfo::sysinfo;
use nix::unistd::{UnlinkatFlags, Whence, linkat, lseek64, syncfs, unlinkat};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// The system calls that are Linux's own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Linux;

/// Not among the constants for every C library (statfs(2)).
const XFS_MAGIC: FsType = FsType(0x5846_5342);

/// Who may do what with a file beside its permission bits (acl(5)).
const ACL: &str = "system.posix_acl_access";

/// For a list as people make them, and for a longer one than a file system holds (XFS, the longest: 8191 entries).
const ACL_ROOMS: [usize; 2] = [256, 64 << 10];

/// RAM and swap (sysinfo(2)); no limit if the system does not tell.
pub(super) fn memory_size() -> u64 {
    sysinfo().map_or(u64::MAX, |info| info.ram_total().saturating_add(info.swap_total()))
}

/// See user_namespaces(7): the lines of the map are a first user, which one that is outside, and how many follow.
pub(super) fn unmapped_user() -> Option<u32> {
    const ALL: u64 = u32::MAX as u64;
    let map = std::fs::read_to_string("/proc/self/uid_map").ok()?;
    let counts = map.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok());
    if counts.sum::<u64>() >= ALL {
        return None;
    }
    std::fs::read_to_string("/proc/sys/kernel/overflowuid").ok()?.trim().parse().ok()
}

impl Extensions for Linux {
    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat> {
        match wide::IS_NEEDED {
            true => wide::stat(dir, name),
            false => unix::stat(dir, name),
        }
    }

    fn stat_open(&self, file: &Handle) -> io::Result<Stat> {
        match wide::IS_NEEDED {
            true => wide::stat_open(file),
            false => unix::stat_open(file),
        }
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
        match wide::IS_NEEDED {
            true => wide::list(dir, cap),
            false => unix::list(dir, cap),
        }
    }

    fn make_unnamed(&self, dir: &Handle, bits: u32) -> io::Result<Handle> {
        let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_CLOEXEC | LARGE;
        match retry(|| openat(dir, ".", flags, mode(bits))) {
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
        beyond::has_hole(retry(|| lseek64(file, 0, Whence::SeekHole)), size)
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

    fn sync_all(&self, file: &Handle) -> io::Result<()> {
        retry(|| syncfs(file))
    }

    fn rename(&self, from: NameAt<'_>, to: NameAt<'_>, replaces: bool) -> io::Result<()> {
        beyond::rename_or_not(from, to, replaces)
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
        let range = beyond::lock_of(byte, lock)?;
        beyond::is_locked(retry(|| fcntl(file, FcntlArg::F_OFD_SETLK(&range))))
    }
}
