//! What has 64 bits on every machine: the standard library asks by statx(2) and getdents64(2), where those of a
//! 32-bit C library that are short fail for a file over 2 GiB, a time after 2038 or an inode number over 32 bits.

use crate::os::Stat;
use crate::os::file::Handle;
use crate::os::identity::Identity;
use crate::os::unix::{BLOCK, kind, permissions, retry};
use nix::fcntl::{OFlag, openat};
use nix::libc;
use nix::sys::stat::Mode;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;

/// Whether the C library's own calls are too short: those take one call each, these up to three.
pub(super) const IS_NEEDED: bool =
    size_of::<libc::off_t>() < 8 || size_of::<libc::ino_t>() < 8 || size_of::<libc::time_t>() < 8;

/// Of what stands under a name, be it a link.
pub(super) fn stat(dir: &Handle, name: &str) -> io::Result<Stat> {
    // Led to, and not opened: a FIFO does not block, and no permission is asked for.
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let found = match retry(|| openat(dir, name, flags, Mode::empty())) {
        Ok(found) => File::from(found).metadata(),
        Err(error) if is_out_of_descriptors(&error) => {
            fs::symlink_metadata(format!("{}/{name}", path(dir)))
        }
        Err(error) => Err(error),
    };
    found.map(|metadata| to_stat(&metadata))
}

pub(super) fn stat_open(file: &Handle) -> io::Result<Stat> {
    let found = match file.std().try_clone() {
        Ok(again) => again.metadata(),
        Err(error) if is_out_of_descriptors(&error) => fs::metadata(path(file)),
        Err(error) => Err(error),
    };
    found.map(|metadata| to_stat(&metadata))
}

/// A way to what is open that takes no descriptor, where `/proc` is mounted.
fn path(open: &Handle) -> String {
    format!("/proc/self/fd/{}", open.as_fd().as_raw_fd())
}

/// A save that fails for want of descriptors still has to look at what it cleans up.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// The names in a folder, at most `cap` of them, in no order.
pub(super) fn list(dir: &Handle, cap: usize) -> io::Result<Vec<OsString>> {
    fs::read_dir(path(dir))?.take(cap).map(|entry| Ok(entry?.file_name())).collect()
}

fn to_stat(metadata: &Metadata) -> Stat {
    let (mode, special) = permissions(metadata.mode());
    Stat {
        identity: Identity {
            dev: metadata.dev(),
            ino: metadata.ino(),
            size: metadata.size(),
            ctime: Some((metadata.ctime(), metadata.ctime_nsec())),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
        },
        kind: kind(metadata.mode()),
        mode,
        special,
        uid: metadata.uid(),
        gid: metadata.gid(),
        links: metadata.nlink(),
        allocated: metadata.blocks().saturating_mul(BLOCK),
        block: metadata.blksize(),
        is_mounted: false,
    }
}

#[cfg(test)]
mod tests;
