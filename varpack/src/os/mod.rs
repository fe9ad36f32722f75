//! What the folder code asks of the operating system: one small interface, so that a test can record
//! every operation, stop after any of them, and fail each in turn.
//!
//! A new Unix needs a file beside `linux` and `apple` with what it has beyond POSIX (`unix::Extensions`), its line in `NativeSystem` and
//! `memory_size` below, and its name at `unix::beyond` if it has those calls; any other system a file beside `windows`, on `paths`. Then
//! `.ci/ports`, and the list of files with unsafe code in CONTRIBUTING.

pub(crate) mod acl;
#[cfg(target_vendor = "apple")]
mod apple;
pub(crate) mod dir;
#[cfg(not(any(unix, windows)))]
mod elsewhere;
pub(crate) mod file;
mod identity;
#[cfg(target_os = "linux")]
mod linux;
pub(crate) mod map;
#[cfg(not(unix))]
mod paths;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use acl::Acl;
pub(crate) use file::File;
use file::Handle;
use identity::{DirId, Identity};
use map::RawMap;
pub(crate) use map::{Map, Sharing};
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What stands under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "the standard library does not tell them"))]
pub(crate) enum FileKind {
    Regular,
    Folder,
    SymbolicLink,
    Fifo,
    Socket,
    Device,
    Unseen,
}

impl FileKind {
    /// With its article, for messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Regular => "a regular file",
            Self::Folder => "a folder",
            Self::SymbolicLink => "a symbolic link",
            Self::Fifo => "a FIFO",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Unseen => "what may not be looked at",
        }
    }
}

/// What the system knows of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    pub(crate) identity: Identity,
    pub(crate) kind: FileKind,
    /// The nine permission bits.
    pub(crate) mode: u32,
    /// The set-user-ID, set-group-ID and sticky bits.
    pub(crate) special: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// The number of its names: hard links.
    pub(crate) links: u64,
    /// Bytes of the blocks that it has.
    pub(crate) allocated: u64,
    /// Bytes that the file system likes to be read or written at once; in memory, those of a page, a huge one too.
    pub(crate) block: u64,
    /// Whether another file system is mounted there: it says itself whose its files are, and may be a user's program.
    pub(crate) is_mounted: bool,
}

impl Stat {
    /// Of what stands under a name and may not be looked at: a file system that a user has mounted keeps others out, root
    /// too.
    pub(crate) fn unseen() -> Self {
        let identity = Identity { dev: 0, ino: 0, size: 0, ctime: None, mtime: (0, 0) };
        let (kind, mode, special, links) = (FileKind::Unseen, 0, 0, 0);
        let (uid, gid) = (u32::MAX, u32::MAX);
        Self {
            identity,
            kind,
            mode,
            special,
            uid,
            gid,
            links,
            allocated: 0,
            block: 0,
            is_mounted: true,
        }
    }
}

/// How a file is opened. Never blocking, and never through a link but to follow one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    /// For reading, through a link.
    Follow,
    ReadWrite,
    /// For reading and writing; fails if something stands there. The permission bits are subject to the
    /// umask.
    CreateNew(u32),
}

/// What a folder lies on, as far as a save has to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no other system is asked"))]
pub(crate) enum Medium {
    /// Memory: a write tells whether there is room, and to reserve it first takes longer in all. On a
    /// disk the blocks come in one piece for it, which takes less.
    Memory,
    /// A disk of this host: once a file is written its times are settled.
    Disk,
    /// An overlay over other file systems of this host: a disk as far as writes go, but a map of a file of it is
    /// one of the file beneath.
    Overlay,
    /// A network, a file system of a user's program, or an unknown one: they may be settled when the
    /// file is closed.
    Other,
}

impl Medium {
    /// Whether a map of a file keeps the open file alive that it was made from, and with it its lock, once the
    /// descriptor is closed. A map of an overlay's file keeps one of another layer open instead; of file systems
    /// that are not known nothing is taken for granted.
    pub(crate) fn maps_keep_locks(self) -> bool {
        matches!(self, Self::Memory | Self::Disk)
    }

    /// Whether all the names of a file lead to one inode, with the same locks. A user's program may show each as a
    /// file of its own.
    pub(crate) fn links_are_one_file(self) -> bool {
        self != Self::Other
    }
}

/// An open folder, and a name in it.
pub(crate) type NameAt<'a> = (&'a Handle, &'a str);

/// A lock on one byte of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    Shared,
    Exclusive,
    Unlocked,
}

/// The operations on folders and files. Names are single path components, checked by the caller.
///
/// An operation interrupted by a signal is tried again by the implementation. A panic leaves it usable: a loaded array
/// holds one, and is to be `RefUnwindSafe`.
pub(crate) trait FileSystem: fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Opens a folder; links on the way to it and to it are followed.
    fn open_folder(&self, path: &Path) -> io::Result<Handle>;
    /// Opens a folder below another; a link is not followed.
    fn open_folder_at(&self, dir: &Handle, name: &str) -> io::Result<Handle>;
    fn open_file(&self, dir: &Handle, name: &str, access: Access) -> io::Result<Handle>;
    /// Of what stands under a name, be it a link.
    fn stat(&self, dir: &Handle, name: &str) -> io::Result<Stat>;
    fn stat_open(&self, file: &Handle) -> io::Result<Stat>;
    /// What tells an open folder from every other.
    fn folder_id(&self, folder: &Handle) -> io::Result<DirId>;
    /// What a file or folder lies on.
    fn medium(&self, file: &Handle) -> Medium;
    /// The names in a folder, at most `cap` of them, in no order.
    fn list(&self, dir: &Handle, cap: usize) -> io::Result<Vec<OsString>>;
    /// Fails if something stands there. The permission bits are subject to the umask.
    fn make_folder(&self, dir: &Handle, name: &str, mode: u32) -> io::Result<()>;
    /// Makes a file, for reading and writing, that no folder has a name for: it is gone once it is closed,
    /// however the process ends. [`Unsupported`](io::ErrorKind::Unsupported) where the folder's file
    /// system knows no such files.
    fn make_unnamed(&self, dir: &Handle, mode: u32) -> io::Result<Handle>;
    /// Gives a file that [`make_unnamed`](Self::make_unnamed) made its one name. Fails if the file ever had
    /// one, if something stands under the name, or on another file system.
    fn link_unnamed(&self, file: &Handle, dir: &Handle, name: &str) -> io::Result<()>;
    /// The same open file once more: its locks are there until both are closed.
    fn duplicate(&self, file: &Handle) -> io::Result<Handle>;
    /// Reads at most as many bytes as there is room for, from `offset` on; gives their number, 0 at the end of the file.
    fn read_at(&self, file: &Handle, room: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes after what was written last through this open file.
    fn write(&self, file: &Handle, bytes: &[u8]) -> io::Result<usize>;
    /// Cuts the file, or makes it longer by zeros, of which no disk has any block yet.
    fn set_len(&self, file: &Handle, len: u64) -> io::Result<()>;
    /// Maps the first `len` bytes.
    fn map(&self, file: &Handle, len: usize, sharing: Sharing) -> io::Result<RawMap>;
    /// Brings what was written through a map to the disk.
    fn flush(&self, map: &RawMap) -> io::Result<()>;
    /// Copies at most `len` bytes from one file to the same place of another, which may come to share
    /// the blocks. Gives their number, 0 at the end of `from`.
    /// [`Unsupported`](io::ErrorKind::Unsupported) if this kernel or file system cannot, or not between
    /// these two.
    fn copy(&self, from: &Handle, to: &Handle, at: u64, len: u64) -> io::Result<u64>;
    /// Reserves `len` bytes for the file alone, so that no write to them fails for want of space; `false`,
    /// and nothing happens, where the file system cannot.
    fn reserve(&self, file: &Handle, len: u64) -> io::Result<bool>;
    /// Whether the file has a hole before `size`, as far as the file system tells. Moves its position.
    fn has_holes(&self, file: &Handle, size: u64) -> io::Result<bool>;
    fn set_owner(&self, file: &Handle, uid: Option<u32>, gid: Option<u32>) -> io::Result<()>;
    fn set_mode(&self, file: &Handle, mode: u32) -> io::Result<()>;
    /// The access control list of an open file or folder, or of what stands under a name in it; `None` if the
    /// permission bits say all.
    fn acl(&self, of: &Handle, name: Option<&str>) -> io::Result<Option<Acl>>;
    /// Gives a file or folder that list, or takes away the one that it has.
    fn set_acl(&self, file: &Handle, acl: Option<&Acl>) -> io::Result<()>;
    /// Brings a file or folder to the disk, its times included: the commit record relies on them.
    fn sync(&self, file: &Handle) -> io::Result<()>;
    /// Brings the whole file system that `file` lies on to the disk.
    /// [`Unsupported`](io::ErrorKind::Unsupported) where there is no such call.
    fn sync_all(&self, file: &Handle) -> io::Result<()>;
    /// Moves a file, over what stands under the new name or, unless it `replaces`, failing then: as far as the
    /// file system can.
    fn rename(&self, from: NameAt<'_>, to: NameAt<'_>, replaces: bool) -> io::Result<()>;
    /// Moves a folder inside `dir`; fails if a file or a folder that is not empty stands there.
    fn rename_folder(&self, dir: &Handle, name: &str, new_name: &str) -> io::Result<()>;
    fn remove_file(&self, dir: &Handle, name: &str) -> io::Result<()>;
    /// Whether a file that is replaced may be given another name first, so that its place is empty if this process ends
    /// there.
    fn sets_aside(&self) -> bool {
        false
    }
    fn remove_folder(&self, dir: &Handle, name: &str) -> io::Result<()>;
    /// Whether something is mounted on what stands under a name, or on what is open, which lies on another device than
    /// its folder.
    fn is_mounted(&self, at: &Handle, name: Option<&str>) -> bool;
    /// Whether the system would let this process remove, or replace, the file of that name. Nothing happens to it.
    fn may_remove(&self, dir: &Handle, name: &str) -> io::Result<bool>;
    /// Converts the lock that this open file has on a byte; `false` if another one is in the way: then it keeps the
    /// one that it had. Between the two it never is without a lock that both imply. The lock
    /// belongs to the open file and not to the process: it lasts until the last descriptor *and the last
    /// map* of it are gone, in forked children too, and conflicts with those of other opens by the same
    /// process. [`Unsupported`](io::ErrorKind::Unsupported) where the file system has no such locks.
    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool>;
}

#[cfg(target_os = "linux")]
type NativeSystem = unix::Unix<linux::Linux>;
#[cfg(target_vendor = "apple")]
type NativeSystem = unix::Unix<apple::Apple>;
#[cfg(all(unix, not(any(target_os = "linux", target_vendor = "apple"))))]
type NativeSystem = unix::Unix<unix::Posix>;

#[cfg(windows)]
type NativeSystem = paths::Paths<windows::Windows>;
#[cfg(not(any(unix, windows)))]
type NativeSystem = paths::Paths<elsewhere::Elsewhere>;

/// The memory of the machine, in bytes, and of swap where the system tells; no limit where it tells nothing.
pub(crate) fn memory_size() -> u64 {
    #[cfg(target_os = "linux")]
    return linux::memory_size();
    #[cfg(target_vendor = "apple")]
    return apple::memory_size();
    #[cfg(windows)]
    return windows::memory_size();
    #[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
    return u64::MAX;
}

/// How many files this process may have open at a time.
pub(crate) fn descriptor_limit() -> usize {
    #[cfg(unix)]
    return unix::descriptor_limit();
    #[cfg(not(unix))]
    return usize::MAX;
}

/// The user that this process acts as; 0 where users have no numbers.
pub(crate) fn effective_user() -> u32 {
    #[cfg(unix)]
    return unix::effective_user();
    #[cfg(not(unix))]
    return 0;
}

/// The number that stands for every user whom this process's user namespace does not know, if there are such.
pub(crate) fn unmapped_user() -> Option<u32> {
    #[cfg(target_os = "linux")]
    {
        static USER: OnceLock<Option<u32>> = OnceLock::new();
        *USER.get_or_init(linux::unmapped_user)
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// What a load or a save works on: by default this machine's own file systems. It is handed in with the options of the
/// call, and whatever is opened carries it on.
#[derive(Clone, Debug)]
pub(crate) struct System(Arc<dyn FileSystem>);

impl System {
    /// Another one than the machine's own.
    #[cfg(test)]
    pub(crate) fn new(file_system: Arc<dyn FileSystem>) -> Self {
        Self(file_system)
    }
}

impl Default for System {
    fn default() -> Self {
        static MACHINE: OnceLock<Arc<NativeSystem>> = OnceLock::new();
        Self(Arc::clone(MACHINE.get_or_init(Arc::default)) as Arc<dyn FileSystem>)
    }
}

impl Deref for System {
    type Target = dyn FileSystem;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}
