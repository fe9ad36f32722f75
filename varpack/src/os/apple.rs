//! macOS, and the other systems of Apple: what they have beyond POSIX.

#![allow(unsafe_code, reason = "no crate has these calls")]

use super::file::Handle;
use super::unix::{self, Extensions, beyond, is_unsupported, retry};
use super::{Lock, NameAt};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::unistd::{Whence, lseek};
use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// The system calls that are Apple's own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Apple;

/// RAM (`hw.memsize` of sysctl(3)); no limit if the system does not tell.
pub(super) fn memory_size() -> u64 {
    let mut bytes = 0_u64;
    let mut len = size_of_val(&bytes);
    // SAFETY: the name is a C string; `len` says how many bytes there are room for in `bytes`, which has no pointers; and
    // nothing is to be set.
    let result = unsafe {
        libc::sysctlbyname(
            c"hw.memsize".as_ptr(),
            (&raw mut bytes).cast(),
            &raw mut len,
            std::ptr::null_mut(),
            0,
        )
    };
    if result == 0 && len == size_of_val(&bytes) { bytes } else { u64::MAX }
}

impl Extensions for Apple {
    fn has_holes(&self, file: &Handle, size: u64) -> io::Result<bool> {
        beyond::has_hole(retry(|| lseek(file, 0, Whence::SeekHole)), size)
    }

    /// What fsync(2) brings to the drive may stay in its cache: see `F_FULLFSYNC` in fcntl(2).
    fn sync(&self, file: &Handle) -> io::Result<()> {
        match retry(|| fcntl(file, FcntlArg::F_FULLFSYNC)) {
            Err(error) if is_unsupported(&error) || error.raw_os_error() == Some(libc::ENOTTY) => {
                unix::sync(file)
            }
            other => other.map(|_| ()),
        }
    }

    fn rename(&self, from: NameAt<'_>, to: NameAt<'_>, replaces: bool) -> io::Result<()> {
        beyond::rename_or_not(from, to, replaces)
    }

    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        let range = beyond::lock_of(byte, lock)?;
        beyond::is_locked(retry(|| {
            // SAFETY: this command reads a `flock`, which lives for the call; `file` is open for it, too.
            Errno::result(unsafe {
                libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_SETLK, &raw const range)
            })
        }))
    }
}
