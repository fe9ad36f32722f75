//! Opening a `.npy` file of a folder: check it whole, then map it or read it.

use super::array_type::ArrayType;
use super::binding::Binding;
use super::data_lock::{KeptLock, SharedLock};
use super::mapping::Memory;
use super::mode::Mode;
use super::native::{gather, swap};
use super::opened::{ArrayFile, Bound};
use super::read::{FileInput, SMALL_FILE, to_len};
use super::read_header::{Headers, Start};
use super::read_reason::{Placed, ReadReason};
use super::repeats::{ReadKind, Repeats};
use super::state::{FolderHandle, Origin, WriteTarget};
use super::witness::Witness;
use crate::npy::internal::cast_elements;
use crate::npy::{Dtype, Header, MAX_ALIGNMENT};
use crate::os::dir::{DirId, Identity};
use crate::os::{File, Medium};
use crate::store::folder::{Folder, Snapshot};
use crate::store::load_progress::Tally;
use crate::store::lock_file::{PATIENCE, poll};
use crate::store::open_file::{OpenFile, Seen};
use crate::sync::lock;
use crate::{Error, ErrorKind, Result, text};
use std::io;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

/// Elements are mapped only at multiples of this: the largest alignment of any element.
const ALIGNMENT: usize = MAX_ALIGNMENT;

/// How a load opens its arrays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenOptions {
    pub(crate) mode: Mode,
    /// How long to wait for an in-place writer of a file.
    pub(crate) wait: Duration,
    /// Whether the caller has set a limit to what is read into memory.
    pub(crate) is_limited: bool,
    /// Whether each file's own lock counts, though the folder may have one: who edits it may know nothing of that.
    pub(crate) locks_each: bool,
}

/// Opens the arrays of one load. Any thread may open a file; one thread binds what came of it, in the
/// order of the folder.
#[derive(Debug)]
pub(crate) struct Opener<'f> {
    folder: &'f Arc<Folder>,
    dir: DirId,
    snapshot: &'f Snapshot<'f>,
    handle: Arc<FolderHandle>,
    /// Shared by all arrays of the load, and by nobody else.
    witness: Weak<dyn Witness>,
    mode: Mode,
    /// How long to wait for an in-place writer of a file.
    wait: Duration,
    locks_each: bool,
    tally: &'f Tally,
    /// What was read before is not mapped: mapping a file twice would let a write to one array show in another,
    /// behind the back of the borrow checker.
    repeats: Repeats,
    headers: Headers,
    /// What the file looked at last lies on, and the number of that device.
    medium: Mutex<Option<(u64, Medium)>>,
}

impl<'f> Opener<'f> {
    pub(crate) fn new(
        folder: &'f Arc<Folder>,
        dir: DirId,
        snapshot: &'f Snapshot<'f>,
        options: OpenOptions,
        tally: &'f Tally,
        witness: Weak<dyn Witness>,
    ) -> Self {
        let OpenOptions { mode, wait, is_limited, locks_each } = options;
        let handle = FolderHandle::new(folder, dir);
        Self {
            folder,
            dir,
            snapshot,
            handle,
            witness,
            mode,
            wait,
            locks_each,
            tally,
            repeats: Repeats::new(is_limited),
            headers: Headers::default(),
            medium: Mutex::default(),
        }
    }

    /// Opens a file, checks its header against its size and `array_type`, maps or reads it, and closes it.
    /// `logical`: what our metadata calls the dtype. A large file is read on at most `threads` threads.
    pub(crate) fn open(
        &self,
        name: &str,
        array_type: ArrayType,
        logical: Option<&str>,
        threads: usize,
    ) -> Result<ArrayFile> {
        let OpenFile { file, seen } = self.snapshot.open_file(name)?;
        self.tally.found(name, seen.identity.size);
        let input = FileInput { file: &file, tally: self.tally, threads };
        self.place(&input, name, seen, array_type, logical)
            .map_err(|error| error.with_path(self.folder.dir().path().join(name)))
    }

    /// Notes that a file has been read, a pickle too; gives whether it was before.
    ///
    /// # Errors
    /// As of [`Repeats::note`].
    pub(crate) fn note_read(&self, file: &Identity, kind: ReadKind) -> Result<bool> {
        self.repeats.note(file, kind)
    }

    fn place(
        &self,
        input: &FileInput<'_>,
        name: &str,
        seen: Seen,
        array_type: ArrayType,
        logical: Option<&str>,
    ) -> Result<ArrayFile> {
        // For a small file of a load the lock of the folder does, where it has one: it is read in one call.
        let is_large = to_len(seen.identity.size)? > SMALL_FILE;
        let lock = match is_large || self.locks_each || self.folder.unlocked_because().is_some() {
            true => self.lock(input)?,
            false => None,
        };
        // Only once it is locked nobody edits or cuts it any more: its length before that counts for no map.
        let seen = if lock.is_some() { seen.again(input.file)? } else { seen };
        let Seen { identity, link, .. } = seen;
        let len = to_len(identity.size)?;
        let Start { memory: start, header, data_start } =
            self.headers.read(input, len, self.snapshot.budget())?;
        let (array_type, cast) = array_type.checked(&header, logical)?;
        if let Some(dtype) = cast {
            let memory = self.read(input, start, len, &header)?;
            let cast = self.cast(Stored { identity, link, header, data_start, memory }, dtype)?;
            return self.gathered(cast, array_type);
        }
        let reason = self.read_reason(input, &seen, &header, data_start, array_type)?;
        let mapped = match (reason, &lock) {
            (Some(reason), _) => Err(reason),
            (None, None) => Err(ReadReason::NoLock),
            (None, Some(lock)) => self.map(lock, name, len, identity.dev)?,
        };
        let (mut memory, placed) = match mapped {
            Ok(memory) => {
                input.tally.done(identity.size)?;
                (memory, Placed::Mapped)
            }
            Err(reason) => (self.read(input, start, len, &header)?, Placed::Read(reason)),
        };
        let mut offset = data_start;
        if !offset.is_multiple_of(ALIGNMENT) {
            memory = Memory::copy_of(memory.bytes().get(offset..).unwrap_or_default())?;
            offset = 0;
        }
        if array_type.is_turned(&header.dtype) {
            swap(&header.dtype, &mut memory, offset)?;
        }
        let stored = None;
        let file = ArrayFile { identity, link, header, stored, data_start, memory, offset, placed };
        self.gathered(file, array_type)
    }

    /// A file in memory, its elements each in one piece.
    fn gathered(&self, mut file: ArrayFile, array_type: ArrayType) -> Result<ArrayFile> {
        if array_type.is_scattered(&file.header) {
            let len = file.header.data_len()? as u64;
            self.snapshot.budget().take(len)?;
            file.memory = gather(&mut file.header, &file.memory, file.offset)?;
            file.offset = 0;
            self.snapshot.budget().give_back(len);
        }
        Ok(file)
    }

    /// A file in memory, as an array of another dtype.
    fn cast(&self, file: Stored, dtype: Dtype) -> Result<ArrayFile> {
        let Stored { identity, link, header: old, data_start, memory } = file;
        let header = Header { dtype, ..old.clone() };
        let len = header.data_len()?;
        self.snapshot.budget().take(len as u64)?;
        let mut cast = Memory::zeroed(len)?;
        let place = cast.bytes_mut().unwrap_or_default();
        let elements = memory.bytes().get(data_start..).unwrap_or_default();
        cast_elements(&old, elements, &header.dtype, place)?;
        drop(memory);
        self.snapshot.budget().give_back(identity.size);
        let (stored, placed) = (Some(old.dtype), Placed::Read(ReadReason::Cast));
        Ok(ArrayFile {
            identity,
            link,
            header,
            stored,
            data_start,
            memory: cast,
            offset: 0,
            placed,
        })
    }

    /// Why an array is not mapped, whatever its file's lock.
    fn read_reason(
        &self,
        input: &FileInput<'_>,
        seen: &Seen,
        header: &Header,
        data_start: usize,
        array_type: ArrayType,
    ) -> Result<Option<ReadReason>> {
        let Identity { dev, size, .. } = seen.identity;
        Ok(if self.mode == Mode::InMemory {
            Some(ReadReason::Asked)
        } else if seen.link.is_some() {
            Some(ReadReason::Link)
        } else if !array_type.is_mappable(&header.dtype) {
            Some(ReadReason::Checked)
        } else if !header.dtype.is_native() {
            Some(ReadReason::ByteOrder)
        } else if array_type.is_scattered(header) {
            Some(ReadReason::FortranOrder)
        } else if !data_start.is_multiple_of(ALIGNMENT) {
            Some(ReadReason::Unaligned)
        } else if to_len(size)? <= SMALL_FILE {
            Some(ReadReason::Small)
        } else if seen.stands.links > 1 && !self.medium(input.file, dev).links_are_one_file() {
            Some(ReadReason::HardLinks)
        } else if self.medium(input.file, dev) == Medium::Memory
            && !seen.is_full()
            && input.file.has_holes(size).map_err(|error| {
                Error::msg(ErrorKind::Io, "cannot look for holes in the file").with_source(error)
            })?
        {
            Some(ReadReason::Holes)
        } else {
            None
        })
    }

    /// What a file lies on. The files of a folder mostly are on one device.
    fn medium(&self, file: &File, dev: u64) -> Medium {
        let mut last = lock(&self.medium);
        match *last {
            Some((device, medium)) if device == dev => medium,
            _ => {
                let medium = file.medium();
                *last = Some((dev, medium));
                medium
            }
        }
    }

    /// Maps a file that is locked, or says why it is to be read instead.
    fn map(
        &self,
        lock: &SharedLock<'_>,
        name: &str,
        len: usize,
        dev: u64,
    ) -> Result<Result<Memory, ReadReason>> {
        let keep = || {
            KeptLock::of(lock.file(), self.medium(lock.file(), dev)).map_err(|error| {
                Error::msg(ErrorKind::Io, "cannot keep the file's lock").with_source(error)
            })
        };
        let Some(kept) = keep()? else { return Ok(Err(ReadReason::NoLock)) };
        let mut mapped = match self.mode {
            Mode::CopyOnWrite => Memory::map_copy_on_write(lock, len, kept),
            _ => Memory::map_read_only(lock, len, kept),
        };
        // The system may count all of a private map as memory, written or not: one to read is copied at the first write.
        if mapped.is_err() && self.mode == Mode::CopyOnWrite {
            let Some(kept) = keep()? else { return Ok(Err(ReadReason::NoLock)) };
            mapped = Memory::map_read_only(lock, len, kept);
        }
        Ok(mapped.map_err(|error| {
            let folder = text::path(self.folder.dir().path());
            log::debug!("cannot map {} of {folder}: {error}", text::name(name));
            ReadReason::Unmappable
        }))
    }

    /// Locks a file against in-place writers, for as long as it is open or mapped; `None` where the file system
    /// has no such locks.
    fn lock<'i>(&self, input: &FileInput<'i>) -> Result<Option<SharedLock<'i>>> {
        let taken = poll(self.wait.max(PATIENCE), || match SharedLock::take(input.file) {
            Ok(taken) => Ok(taken.map(Some)),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Some(None)),
            Err(error) => {
                Err(Error::msg(ErrorKind::Io, "cannot lock the array's file").with_source(error))
            }
        })?;
        taken.ok_or_else(|| {
            let message = "someone edits the array in place, until it is flushed or dropped: try again \
                           when that is over, or set the option `wait`";
            Error::msg(ErrorKind::Busy, message)
        })
    }

    /// The whole file in memory, of which `start` is read.
    fn read(
        &self,
        input: &FileInput<'_>,
        start: Memory,
        len: usize,
        header: &Header,
    ) -> Result<Memory> {
        match header.dtype.has_objects() {
            true => self.snapshot.take_pickle(len as u64)?,
            false => self.snapshot.budget().take(len as u64)?,
        }
        if start.bytes().len() == len {
            input.tally.done(len as u64)?;
            return Ok(start);
        }
        input.read(len)
    }

    /// Ties an opened file to its array. `name` is the file's, `variable` what errors will call the array.
    pub(crate) fn bind(&self, opened: ArrayFile, name: &str, variable: &str) -> Result<Bound> {
        let ArrayFile {
            identity,
            link,
            header,
            stored,
            data_start,
            mut memory,
            offset,
            mut placed,
        } = opened;
        let is_repeated = self.note_read(&identity, ReadKind::Elements)?;
        let can_be_mapped = matches!(placed, Placed::Mapped | Placed::Read(ReadReason::Small));
        if can_be_mapped && is_repeated {
            if placed == Placed::Mapped {
                self.snapshot.budget().take(identity.size)?;
                memory = Memory::copy_of(memory.bytes())?;
            }
            placed = Placed::Read(ReadReason::SameFile);
        }
        // What a foreign byte order, say, keeps in memory stays there.
        let writes_to = match (self.mode, &placed) {
            (Mode::ReadOnly, _) => WriteTarget::Refused,
            (Mode::ReadWrite, Placed::Mapped | Placed::Read(ReadReason::Small)) => {
                WriteTarget::InPlace(Arc::clone(&self.handle))
            }
            (Mode::ReadWrite, Placed::Read(reason)) => WriteTarget::Unmapped(*reason),
            _ => WriteTarget::Memory,
        };
        let name = name.to_owned();
        let origin =
            Origin { dir: self.dir, name, identity, link: link.map(Box::new), offset: data_start };
        let is_mapped = placed == Placed::Mapped;
        let witness = self.witness.upgrade();
        if let Some(witness) = &witness {
            witness.note_file(self.dir, &origin.name, *origin.stands_as());
        }
        let variable = variable.to_owned();
        let binding = match stored {
            None => Binding::loaded(self.folder, variable, origin, writes_to, is_mapped),
            Some(_) => Binding::cast(self.folder, variable, &origin, writes_to),
        };
        if let Some(witness) = witness {
            binding.remember(witness);
        }
        Ok(Bound { header, stored, memory, offset, binding, placed })
    }
}

/// A file that is in memory as it is.
struct Stored {
    identity: Identity,
    link: Option<Identity>,
    header: Header,
    data_start: usize,
    memory: Memory,
}
