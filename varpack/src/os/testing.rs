//! What tests ask of what the system has opened.

use super::file::Handle;
use super::{FileSystem, Lock, NativeSystem, unix};
use std::io;
use std::sync::Arc;

/// The file systems of this machine.
pub(crate) const MACHINE: NativeSystem = unix::Unix(super::linux::Linux);

/// The same, shared.
pub(crate) fn machine() -> Arc<dyn FileSystem> {
    Arc::new(MACHINE)
}

/// The same, by nothing but the calls of POSIX.
pub(crate) fn posix() -> Arc<dyn FileSystem> {
    Arc::new(unix::Unix(unix::Posix))
}

/// The same, with the locks of open file descriptions: as macOS is seen by the library.
pub(crate) fn posix_with_locks() -> Arc<dyn FileSystem> {
    Arc::new(unix::Unix(Locking))
}

#[derive(Debug)]
struct Locking;

impl unix::Extensions for Locking {
    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        unix::Extensions::lock(&super::linux::Linux, file, byte, lock)
    }
}

/// What the system has opened.
pub(crate) fn std_file(opened: &Handle) -> &std::fs::File {
    opened.std()
}
