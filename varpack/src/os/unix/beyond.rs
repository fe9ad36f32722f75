//! Calls that Linux and the systems of Apple have beyond POSIX, and have alike.

use super::{is_unsupported, rename};
use crate::os::{Lock, NameAt};
use nix::libc;
use std::io;

/// Moves a file where nothing stands under the new name or, where the file system cannot tell, over it.
pub(in crate::os) fn rename_or_not(
    from: NameAt<'_>,
    to: NameAt<'_>,
    replaces: bool,
) -> io::Result<()> {
    if !replaces {
        let flags = rustix::fs::RenameFlags::NOREPLACE;
        let renamed = rustix::io::retry_on_intr(|| {
            rustix::fs::renameat_with(from.0, from.1, to.0, to.1, flags)
        });
        match renamed.map_err(io::Error::from) {
            Err(error) if is_unsupported(&error) => {}
            other => return other,
        }
    }
    rename(from, to)
}

/// Whether there is a hole before `size`, by the one call that tells (lseek(2)).
pub(in crate::os) fn has_hole(first: io::Result<i64>, size: u64) -> io::Result<bool> {
    match first {
        Ok(first) => Ok(u64::try_from(first).is_ok_and(|first| first < size)),
        // The file is empty, or the file system does not tell.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) || is_unsupported(&error) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// A lock on one byte, for the calls on open-file-description locks (fcntl(2)).
pub(in crate::os) fn lock_of(byte: i32, lock: Lock) -> io::Result<libc::flock> {
    let kind = match lock {
        Lock::Shared => libc::F_RDLCK,
        Lock::Exclusive => libc::F_WRLCK,
        Lock::Unlocked => libc::F_UNLCK,
    };
    #[allow(
        clippy::useless_conversion,
        clippy::unnecessary_fallible_conversions,
        reason = "the widths differ between systems"
    )]
    Ok(libc::flock {
        l_type: kind.try_into().map_err(io::Error::other)?,
        l_whence: libc::SEEK_SET.try_into().map_err(io::Error::other)?,
        l_start: byte.into(),
        l_len: 1,
        // Must be zero for such a lock.
        l_pid: 0,
    })
}

/// What came of asking for it: `false` if another is in the way.
pub(in crate::os) fn is_locked<T>(result: io::Result<T>) -> io::Result<bool> {
    match result {
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
