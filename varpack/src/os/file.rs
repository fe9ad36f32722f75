//! An open file or folder: whatever is done with it goes through the file system that has opened it.

use super::acl::Acl;
use super::identity::DirId;
use super::{Lock, Map, Medium, Sharing, Stat, System};
use crate::{Error, ErrorKind, Result};
use std::io::{self, Read, Write};

#[cfg(unix)]
pub(crate) use by_descriptor::Handle;
#[cfg(not(unix))]
pub(crate) use by_path::{Handle, follow};

#[cfg(unix)]
mod by_descriptor {
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    /// What the system has opened. Only implementations of [`FileSystem`](crate::os::FileSystem) reach through it.
    #[derive(Debug)]
    pub(crate) struct Handle(std::fs::File);

    impl Handle {
        pub(in crate::os) fn new(opened: impl Into<std::fs::File>) -> Self {
            Self(opened.into())
        }

        pub(in crate::os) fn std(&self) -> &std::fs::File {
            &self.0
        }
    }

    impl From<Handle> for OwnedFd {
        fn from(handle: Handle) -> Self {
            handle.0.into()
        }
    }

    impl AsFd for Handle {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }
}

#[cfg(not(unix))]
mod by_path {
    use crate::os::Lock;
    use crate::sync::lock;
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, MutexGuard, Weak};

    /// What the system has opened, and the path to it. Only implementations of
    /// [`FileSystem`](crate::os::FileSystem) reach through it.
    #[derive(Debug)]
    pub(crate) struct Handle {
        path: Arc<Mutex<PathBuf>>,
        /// `None` of a folder, where the system opens none.
        file: Option<File>,
        /// Whoever moves the position and reads there.
        reading: Mutex<()>,
        /// Tells it from all others that this process has open.
        number: u64,
        /// The locks that it has, by their bytes: systems do not convert them.
        locks: Mutex<BTreeMap<i32, Lock>>,
    }

    /// The paths of all that is open, so that it follows when this process renames a folder.
    static OPEN: Mutex<Vec<Weak<Mutex<PathBuf>>>> = Mutex::new(Vec::new());

    /// What is open in a folder is now in another, for that is what the folder is called.
    pub(crate) fn follow(from: &Path, to: &Path) {
        for path in lock(&OPEN).iter().filter_map(Weak::upgrade) {
            let mut path = lock(&path);
            if let Ok(below) = path.strip_prefix(from) {
                let moved = to.components().chain(below.components()).collect();
                *path = moved;
            }
        }
    }

    impl Handle {
        pub(in crate::os) fn at(path: PathBuf, file: Option<File>) -> Self {
            let path = Arc::new(Mutex::new(path));
            let mut open = lock(&OPEN);
            if open.len() == open.capacity() {
                open.retain(|path| path.strong_count() > 0);
            }
            open.push(Arc::downgrade(&path));
            static COUNT: AtomicU64 = AtomicU64::new(0);
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            Self { path, file, reading: Mutex::default(), number, locks: Mutex::default() }
        }

        pub(in crate::os) fn path(&self) -> PathBuf {
            lock(&self.path).clone()
        }

        /// The path to what has this name in the folder; `.` is the folder itself.
        pub(in crate::os) fn below(&self, name: &str) -> PathBuf {
            let path = self.path();
            if name == "." { path } else { path.join(name) }
        }

        pub(in crate::os) fn std(&self) -> io::Result<&File> {
            self.file.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::Unsupported))
        }

        #[cfg_attr(not(windows), allow(dead_code, reason = "without locks nobody asks"))]
        pub(in crate::os) fn number(&self) -> u64 {
            self.number
        }

        /// The locks that it has: of whoever holds this nobody else changes them.
        #[cfg_attr(not(windows), allow(dead_code, reason = "without locks nobody asks"))]
        pub(in crate::os) fn locks(&self) -> MutexGuard<'_, BTreeMap<i32, Lock>> {
            lock(&self.locks)
        }

        /// The same, for a call that moves the position.
        pub(in crate::os) fn alone(&self) -> io::Result<(MutexGuard<'_, ()>, &File)> {
            Ok((lock(&self.reading), self.std()?))
        }
    }
}

/// See the file's first line. Closed when it is dropped.
#[derive(Debug)]
pub(crate) struct File {
    handle: Handle,
    system: System,
}

impl File {
    pub(super) fn new(handle: Handle, system: &System) -> Self {
        Self { handle, system: system.clone() }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(super) fn system(&self) -> &System {
        &self.system
    }

    /// The same open file once more: its locks are there until both are closed.
    pub(crate) fn duplicate(&self) -> io::Result<Self> {
        Ok(Self::new(self.system.duplicate(&self.handle)?, &self.system))
    }

    pub(crate) fn stat(&self) -> io::Result<Stat> {
        self.system.stat_open(&self.handle)
    }

    /// What tells an open folder from every other.
    pub(super) fn folder_id(&self) -> io::Result<DirId> {
        self.system.folder_id(&self.handle)
    }

    /// What it lies on.
    pub(crate) fn medium(&self) -> Medium {
        self.system.medium(&self.handle)
    }

    /// Fills all of the room with what is in the file from `offset` on.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) if there is less.
    pub(crate) fn read_exact_at(&self, mut room: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !room.is_empty() {
            let read = self.system.read_at(&self.handle, room, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            room = room.get_mut(read..).unwrap_or_default();
            offset = offset.saturating_add(read as u64);
        }
        Ok(())
    }

    /// Reads the file from its beginning on.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { file: self, at: 0 }
    }

    /// All of the file, of `size` bytes, if they are no more than `cap`.
    pub(crate) fn read_whole(&self, size: u64, cap: u64) -> Result<Vec<u8>> {
        let over = |found: u64| {
            Error::new(ErrorKind::Limit)
                .with_expected(format!("at most {cap} bytes"))
                .with_found(found.to_string())
        };
        if size > cap {
            return Err(over(size));
        }
        // Zeros that come from the system as they are: nobody writes them before they are read over.
        let len = usize::try_from(size).map_err(|_| over(size))?;
        let mut bytes: Vec<u8> = bytemuck::allocation::try_zeroed_vec(len)
            .map_err(|()| Error::msg(ErrorKind::Limit, "no memory for the file"))?;
        let cannot = |error| Error::msg(ErrorKind::Io, "cannot read").with_source(error);
        let (mut reader, mut read) = (self.reader(), 0);
        while let Some(room) = bytes.get_mut(read..).filter(|room| !room.is_empty()) {
            match reader.read(room).map_err(cannot)? {
                0 => break,
                count => read += count,
            }
        }
        bytes.truncate(read);
        // It may grow while it is read: one byte over the cap tells.
        let more = cap.saturating_add(1).saturating_sub(read as u64);
        let read = read + reader.take(more).read_to_end(&mut bytes).map_err(cannot)?;
        match u64::try_from(read) {
            Ok(read) if read <= cap => Ok(bytes),
            _ => Err(over(cap.saturating_add(1))),
        }
    }

    /// Cuts the file, or makes it longer by zeros, of which no disk has any block yet.
    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        self.system.set_len(&self.handle, len)
    }

    /// Maps the first `len` bytes.
    pub(crate) fn map(&self, len: usize, sharing: Sharing) -> io::Result<Map> {
        Ok(Map::new(self.system.map(&self.handle, len, sharing)?, &self.system))
    }

    /// Copies at most `len` bytes of another file to the same place of this one. See [`FileSystem::copy`].
    pub(crate) fn copy_from(&self, from: &Self, at: u64, len: u64) -> io::Result<u64> {
        self.system.copy(&from.handle, &self.handle, at, len)
    }

    /// Reserves `len` bytes. See [`FileSystem::reserve`].
    pub(crate) fn reserve(&self, len: u64) -> io::Result<bool> {
        self.system.reserve(&self.handle, len)
    }

    /// Whether the file has a hole before `size`, as far as the file system tells.
    pub(crate) fn has_holes(&self, size: u64) -> io::Result<bool> {
        self.system.has_holes(&self.handle, size)
    }

    pub(crate) fn set_owner(&self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        self.system.set_owner(&self.handle, uid, gid)
    }

    pub(crate) fn set_mode(&self, mode: u32) -> io::Result<()> {
        self.system.set_mode(&self.handle, mode)
    }

    /// Its access control list; `None` if the permission bits say all.
    pub(crate) fn acl(&self) -> io::Result<Option<Acl>> {
        self.system.acl(&self.handle, None)
    }

    pub(crate) fn set_acl(&self, acl: Option<&Acl>) -> io::Result<()> {
        self.system.set_acl(&self.handle, acl)
    }

    /// Brings it to the disk, its times included.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.system.sync(&self.handle)
    }

    /// Whether something is mounted there.
    pub(super) fn is_mounted(&self) -> bool {
        self.system.is_mounted(&self.handle, None)
    }

    /// Converts the lock on a byte; `false` if another one is in the way. See [`FileSystem::lock`].
    pub(crate) fn lock(&self, byte: i32, lock: Lock) -> io::Result<bool> {
        self.system.lock(&self.handle, byte, lock)
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.system.write(&self.handle, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes of a file, one after the other.
#[derive(Debug)]
pub(crate) struct Reader<'f> {
    file: &'f File,
    at: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.file.system.read_at(&self.file.handle, room, self.at)?;
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}
