//! Memory for arrays, on the heap or mapped from a file: with [`Map`]s, which are places and no references.

#![allow(unsafe_code, reason = "of maps and views, with `mapping` above: each block has its proof")]

use crate::array::data_lock::{EditLock, KeptLock, SharedLock};
use crate::npy::internal::Aligned;
use crate::os::{Map, Sharing, memory_size};
use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::io;
use std::ptr::NonNull;
use std::slice;
use std::sync::{Arc, Weak};

/// Bytes that any machine has.
const ALWAYS_THERE: usize = 64 << 20;

/// Bytes that an array lives in, aligned to at least [`MAX_ALIGNMENT`]: a map is to a page.
///
/// Invariant: `start` points to `len` initialised bytes that `owner` keeps alive and in place, however
/// the `Memory` is moved; nothing in this process reaches them but through `start`, here and in each `Memory` that shares
/// the map, and where they are mapped a lock keeps them as they are (see the ways to map). If `owner` is writable, so is
/// `start`.
pub(crate) struct Memory {
    start: NonNull<u8>,
    len: usize,
    owner: Owner,
}

/// Who keeps the bytes alive. `Aligned`, a `Vec`, and the maps hold pointers: moving them moves no byte.
enum Owner {
    Heap {
        _bytes: Aligned,
    },
    ReadOnly {
        map: Arc<LockedMap>,
    },
    /// Written while it is not shared.
    CopyOnWrite {
        map: Arc<LockedMap>,
    },
    /// The lock is there as long as the file is open to be edited; without it nothing is written.
    File {
        map: Map,
        lock: Weak<EditLock>,
        _kept: KeptLock,
    },
}

/// A map, for as long as anyone has it, and what keeps its file's lock.
struct LockedMap {
    _map: Map,
    _kept: KeptLock,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} bytes, mapped: {})", self.len, self.is_mapped())
    }
}

// SAFETY: `Memory` owns its bytes, alone or with those that share the map (see the invariant), and they have no thread
// affinity: `Aligned` and `Map` are `Send` and `Sync`, and `start` only points into them. What is shared is only read.
unsafe impl Send for Memory {}
// SAFETY: through `&Memory` the bytes are only read, and msync reads them too.
unsafe impl Sync for Memory {}

impl Memory {
    /// Zeroed bytes on the heap.
    ///
    /// # Errors
    /// If there is not so much memory.
    pub(crate) fn zeroed(len: usize) -> Result<Self> {
        Aligned::zeroed(len).map(Self::from)
    }

    /// A copy on the heap.
    pub(crate) fn copy_of(bytes: &[u8]) -> Result<Self> {
        Aligned::copy_of(bytes).map(Self::from)
    }

    /// The first `len` bytes of a file, mapped read-only.
    ///
    /// The contract of a safe `load` (its documentation states it): no program truncates or edits the file
    /// while it is mapped, but one that has locked it alone.
    /// `kept`: what keeps the lock of that file, made for it.
    pub(in crate::array) fn map_read_only(
        file: &SharedLock<'_>,
        len: usize,
        kept: KeptLock,
    ) -> io::Result<Self> {
        // Nobody changes the bytes while they are mapped. The map keeps the shared lock that `SharedLock` stands for: it
        // belongs to the open file description, which lives as long as the map (mmap(2), fcntl(2)) or, where it does not,
        // as `kept` beside it. This crate writes into files only through maps in place, which have the exclusive lock
        // (`map_in_place`), and into files that nobody maps: those of a save have not their whole length
        // before the last byte, or are locked alone until they are closed. Saves replace files. What a program that knows
        // nothing of the lock may do is stated on `load`.
        let map = file.file().map(len, Sharing::ReadOnly)?;
        let start = pointer(&map, len, Sharing::ReadOnly)?;
        Ok(Self { start, len, owner: Owner::ReadOnly { map: LockedMap::new(map, kept) } })
    }

    /// The same, copy-on-write: writes stay in this process.
    pub(in crate::array) fn map_copy_on_write(
        file: &SharedLock<'_>,
        len: usize,
        kept: KeptLock,
    ) -> io::Result<Self> {
        // As in `map_read_only`; writes go to private pages.
        let map = file.file().map(len, Sharing::Private)?;
        let start = pointer(&map, len, Sharing::Private)?;
        Ok(Self { start, len, owner: Owner::CopyOnWrite { map: LockedMap::new(map, kept) } })
    }

    /// The same, shared with the file: for writing while `file` is locked alone.
    pub(in crate::array) fn map_in_place(file: &Arc<EditLock>, len: usize) -> io::Result<Self> {
        let kept = file.keep()?;
        // As in `map_read_only`: an `EditLock` holds at least the shared lock, or its file has no
        // name and no other descriptor, and is mapped only here, once (`array::scratch`). The bytes are
        // written through `bytes_mut` alone, while the lock is exclusive: then no other map of the file
        // holds its own, in this process or any other, so none is there.
        let map = file.file().map(len, Sharing::File)?;
        let start = pointer(&map, len, Sharing::File)?;
        Ok(Self { start, len, owner: Owner::File { map, lock: Arc::downgrade(file), _kept: kept } })
    }

    /// Where the bytes begin: good for writing where they [are written to](Self::bytes_mut).
    pub(super) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: by the invariant `start` points to `len` initialised bytes that live as long as
        // `self`. They are not written meanwhile: every writer borrows `self` mutably, and a map has its lock.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    /// The same bytes once more, for another array: a map of a file that is not edited in place is shared, and written by
    /// nobody until it is not shared any more. `None` of other memory.
    pub(in crate::array) fn share(&self) -> Option<Self> {
        let owner = match &self.owner {
            Owner::ReadOnly { map } => Owner::ReadOnly { map: Arc::clone(map) },
            Owner::CopyOnWrite { map } => Owner::CopyOnWrite { map: Arc::clone(map) },
            Owner::Heap { .. } | Owner::File { .. } => return None,
        };
        Some(Self { start: self.start, len: self.len, owner })
    }

    /// Whether the bytes may be written where they are.
    ///
    /// # Errors
    /// `Limit` if each page that is written takes memory, and there is not so much as all of them would take.
    pub(in crate::array) fn is_writable(&mut self) -> Result<bool> {
        if matches!(self.owner, Owner::CopyOnWrite { .. }) {
            self.check_room()?;
        }
        Ok(self.bytes_mut().is_some())
    }

    /// A copy on the heap of the bytes from an offset on.
    ///
    /// # Errors
    /// `Limit` if they are more than the machine has memory; if there is not so much at the moment.
    pub(in crate::array) fn to_heap(&self, offset: usize) -> Result<Self> {
        self.check_room()?;
        Self::copy_of(self.bytes().get(offset..).unwrap_or_default())
    }

    /// That all bytes have room in memory, should they be written.
    fn check_room(&self) -> Result<()> {
        // The system is asked about large ones alone: views are taken in loops.
        if self.len <= ALWAYS_THERE || self.len as u64 <= memory_size() {
            return Ok(());
        }
        let message = "writes to an array that is mapped copy-on-write take memory until a save: load with `edit` \
                       to write what is larger to the file itself";
        Err(Error::msg(ErrorKind::Limit, message)
            .with_expected(format!("at most the {} bytes of this machine's memory", memory_size()))
            .with_found(format!("{} bytes", self.len)))
    }

    /// The bytes for writing; `None` if they are mapped read-only, from a file that is not locked alone, or shared.
    pub(crate) fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        let is_writable = match &mut self.owner {
            Owner::Heap { .. } => true,
            // What others have read before they let go of the map comes before what is written now: the count tells.
            Owner::CopyOnWrite { map } => Arc::get_mut(map).is_some(),
            Owner::ReadOnly { .. } => false,
            Owner::File { lock, .. } => lock.upgrade().is_some_and(|lock| lock.is_alone()),
        };
        if !is_writable {
            return None;
        }
        // SAFETY: as in `bytes`; the owner is writable, so `start` may be written through, and the
        // mutable borrow of `self`, which alone has the bytes, makes this the only reference: while it lasts nobody can
        // `share` them. The exclusive lock is given back by the
        // array's `Binding`, which whoever borrows the elements mutably has borrowed too (`flush` and saves
        // take `&self`): not while the result lives.
        Some(unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) })
    }

    /// Whether the bytes are mapped from a file.
    pub(crate) fn is_mapped(&self) -> bool {
        !matches!(self.owner, Owner::Heap { .. })
    }

    /// Waits until what was written in place is on the disk.
    pub(crate) fn flush(&self) -> io::Result<()> {
        match &self.owner {
            Owner::File { map, .. } => map.flush(),
            _ => Ok(()),
        }
    }
}

impl LockedMap {
    fn new(map: Map, kept: KeptLock) -> Arc<Self> {
        Arc::new(Self { _map: map, _kept: kept })
    }
}

impl From<Aligned> for Memory {
    fn from(mut bytes: Aligned) -> Self {
        // Never null; from a mutable borrow, and of as many bytes as there are.
        let (start, len) = (NonNull::from(bytes.bytes_mut()).cast(), bytes.bytes().len());
        Self { start, len, owner: Owner::Heap { _bytes: bytes } }
    }
}

/// Where a map begins, if it is what was asked for. That is asked of the map itself, which cannot be made otherwise, and
/// not believed of the file system that has given it.
fn pointer(map: &Map, len: usize, sharing: Sharing) -> io::Result<NonNull<u8>> {
    if map.len() != len || map.sharing() != sharing {
        return Err(io::Error::other("the map is not the one that was asked for"));
    }
    NonNull::new(map.start()).ok_or_else(|| io::Error::other("the map starts at address zero"))
}
