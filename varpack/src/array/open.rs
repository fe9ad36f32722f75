//! Opening a `.npy` file of a folder: check it whole, then map it or read it.

use super::binding::{Access, Binding, FolderHandle, Origin};
use super::mapping::Memory;
use super::placed::{Placed, ReadReason};
use super::{AnyArray, MmapArray};
use crate::npy::{Dtype, Element, Header};
use crate::pack::fs::{DirId, Identity};
use crate::pack::lock::{Folder, Snapshot};
use crate::pack::open_file::OpenFile;
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use ndarray::Dimension;
use std::collections::HashSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};

/// How arrays are opened on load.
///
/// The names are NumPy's for `np.load(mmap_mode=…)`. Whatever the mode, an array that cannot be mapped
/// (in a foreign byte order, not aligned, of `bool`, or behind a symbolic link) is read into memory, and so is a file of up to
/// 64 KiB, for reading it is faster; the [`LoadReport`](crate::LoadReport) says why.
///
/// ```
/// use varpack::{LoadOptions, MmapArray1, Mode, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f64>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// Run { x: vec![1.0; 100_000].into() }.save(folder)?;
/// let run = Run::load_with(folder, &LoadOptions::new().mode(Mode::InMemory))?;
/// assert!(!run.x.is_mapped());
/// assert!(Run::load(folder)?.x.is_mapped()); // in mode `ReadWrite`, the default
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `r+`: mapped; a write through [`MmapArray::view_mut`] is a write to the file. The first one opens
    /// the file for writing, until then it is mapped read-only.
    #[default]
    ReadWrite,
    /// `r`: mapped read-only; `view_mut` is refused.
    ReadOnly,
    /// `c`: mapped copy-on-write; writes stay in this process until a save.
    CopyOnWrite,
    /// Read into memory: nothing stays open, mapped or locked.
    InMemory,
}

/// Files up to this size are read: half the cost of mapping them, and a process may have only
/// 65,530 maps.
const SMALL_FILE: u64 = 64 * 1024;

/// Read of a larger file to see its header: all but the strangest headers are shorter.
const FIRST_READ: u64 = 4096;

/// Elements are mapped only at multiples of this: the largest alignment of any element.
const ALIGNMENT: usize = 16;

/// Opens the arrays of one load.
#[derive(Debug)]
pub(crate) struct Opener<'f> {
    folder: &'f Arc<Folder>,
    dir: DirId,
    snapshot: &'f Snapshot<'f>,
    handle: Arc<FolderHandle>,
    mode: Mode,
    /// Device and inode of what is mapped, or will be on a write: mapping a file twice would let a write
    /// to one array show in another, behind the back of the borrow checker.
    mapped: Mutex<HashSet<(u64, u64)>>,
}

impl<'f> Opener<'f> {
    pub(crate) fn new(
        folder: &'f Arc<Folder>,
        snapshot: &'f Snapshot<'f>,
        mode: Mode,
    ) -> Result<Self> {
        let (dir, handle) = (folder.dir().id()?, FolderHandle::new(folder));
        Ok(Self { folder, dir, snapshot, handle, mode, mapped: Mutex::default() })
    }

    /// Opens a file and checks its header against its size. No element is touched yet.
    /// `variable` is what errors will call the array.
    pub(crate) fn open(&self, name: &str, variable: &str) -> Result<ArrayFile<'_>> {
        let located = |error: Error| error.with_path(self.folder.dir().path().join(name));
        let file = self.open_any(name, variable)?;
        file.check().map_err(located)?;
        Ok(file)
    }

    /// The pickle inside a file whose elements are Python objects; `None` for any other file.
    pub(crate) fn objects(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let file = self.open_any(name, "")?;
        if file.header.dtype != Dtype::Object {
            return Ok(None);
        }
        self.snapshot.take_pickle(file.identity.size)?;
        let memory = read(&file.file, to_len(file.identity.size)?)?;
        Ok(Some(memory.bytes().get(file.offset..).unwrap_or_default().to_vec()))
    }

    fn open_any(&self, name: &str, variable: &str) -> Result<ArrayFile<'_>> {
        let path = self.folder.dir().path().join(name);
        let opened = self.snapshot.open_file(name)?;
        ArrayFile::read(self, name, variable, opened).map_err(|error| error.with_path(path))
    }
}

/// A `.npy` file whose header fits its size.
#[derive(Debug)]
pub(crate) struct ArrayFile<'o> {
    opener: &'o Opener<'o>,
    name: String,
    variable: String,
    file: File,
    identity: Identity,
    /// The link that led to the file.
    link: Option<Identity>,
    header: Header,
    /// Bytes before the elements.
    offset: usize,
    /// What has been read so far.
    start: Memory,
}

impl<'o> ArrayFile<'o> {
    fn read(opener: &'o Opener<'o>, name: &str, variable: &str, opened: OpenFile) -> Result<Self> {
        let OpenFile { file, identity, link } = opened;
        let first = if identity.size <= SMALL_FILE { identity.size } else { FIRST_READ };
        let mut start = read(&file, to_len(first)?)?;
        let offset = Header::encoded_len(start.bytes())?;
        if to_len(identity.size)? < offset {
            return Err(Error::new(ErrorKind::Npy)
                .with_expected(format!("a header of {offset} bytes"))
                .with_found(format!("a file of {} bytes", identity.size)));
        }
        if start.bytes().len() < offset {
            start = read(&file, offset)?;
        }
        let header = Header::parse(start.bytes().get(..offset).unwrap_or_default())?;
        let (name, variable) = (name.to_owned(), variable.to_owned());
        Ok(Self { opener, name, variable, file, identity, link, header, offset, start })
    }

    /// Whether the data are plain bytes, as many as the header says.
    fn check(&self) -> Result<()> {
        let header = &self.header;
        if header.dtype == Dtype::Object {
            return Err(Error::msg(
                ErrorKind::Dtype,
                "Python objects are pickled inside the file; keep them in a dict instead",
            )
            .with_expected("a dtype of plain bytes")
            .with_found("dtype object"));
        }
        let (expected, found) = (header.data_len()?, to_len(self.identity.size)? - self.offset);
        if expected != found {
            return Err(Error::new(ErrorKind::Npy)
                .with_expected(format!(
                    "{expected} bytes of data (dtype {}, shape {:?})",
                    header.dtype.name(),
                    header.shape
                ))
                .with_found(format!("{found}")));
        }
        Ok(())
    }

    /// What the file says of its array.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// As an array of a known type. `logical`: what our metadata calls the dtype.
    pub(crate) fn typed<T, D>(self, logical: Option<&str>) -> Result<(MmapArray<T, D>, Placed)>
    where
        T: Element,
        D: Dimension,
    {
        let path = self.path();
        self.typed_inner(logical).map_err(|error| error.with_path(path))
    }

    fn typed_inner<T, D>(self, logical: Option<&str>) -> Result<(MmapArray<T, D>, Placed)>
    where
        T: Element,
        D: Dimension,
    {
        T::check_dtype(&self.header.dtype, logical)?;
        let mut header = self.header.clone();
        let (mut memory, offset, binding, placed) = self.place(T::is_mappable())?;
        if !header.dtype.is_native() {
            swap(&header.dtype, &mut memory, offset)?;
            header.dtype = header.dtype.to_native();
        }
        Ok((MmapArray::from_memory(&header, memory, offset, binding)?, placed))
    }

    /// As an array of whatever type it is.
    pub(crate) fn any(self, logical: Option<&str>) -> Result<(AnyArray, Placed)> {
        let path = self.path();
        let header = self.header.clone();
        let is_mappable = header.dtype != Dtype::Bool;
        let (memory, offset, binding, placed) =
            self.place(is_mappable).map_err(|error| error.with_path(path))?;
        Ok((AnyArray::from_memory(header, memory, offset, binding, logical), placed))
    }

    fn path(&self) -> std::path::PathBuf {
        self.opener.folder.dir().path().join(&self.name)
    }

    /// The whole file in memory.
    fn take_whole(&mut self) -> Result<Memory> {
        self.opener.snapshot.budget().take(self.identity.size)?;
        let len = to_len(self.identity.size)?;
        if self.start.bytes().len() == len {
            return Ok(std::mem::replace(&mut self.start, Memory::zeroed(0)?));
        }
        read(&self.file, len)
    }

    /// Maps or reads the file. Gives the memory, where the elements start in it, and what ties it to
    /// the file.
    fn place(mut self, is_mappable: bool) -> Result<(Memory, usize, Binding, Placed)> {
        let opener = self.opener;
        let len = to_len(self.identity.size)?;
        let inode = (self.identity.dev, self.identity.ino);
        let reason = if opener.mode == Mode::InMemory {
            Some(ReadReason::Asked)
        } else if self.link.is_some() {
            Some(ReadReason::Link)
        } else if !is_mappable {
            Some(ReadReason::Checked)
        } else if !self.header.dtype.is_native() {
            Some(ReadReason::ByteOrder)
        } else if !self.offset.is_multiple_of(ALIGNMENT) {
            Some(ReadReason::Unaligned)
        } else if !lock(&opener.mapped).insert(inode) {
            Some(ReadReason::SameFile)
        } else if self.identity.size <= SMALL_FILE {
            Some(ReadReason::Small)
        } else {
            None
        };
        let mapped = match (reason, opener.mode) {
            (Some(reason), _) => Err(reason),
            (None, Mode::CopyOnWrite) => Ok(Memory::map_copy_on_write(&self.file, len)),
            (None, _) => Ok(Memory::map_read_only(&self.file, len)),
        };
        let (memory, placed) = match mapped {
            Ok(Ok(memory)) => (memory, Placed::Mapped),
            Ok(Err(error)) => {
                log::debug!("cannot map {}: {error}", self.path().display());
                (self.take_whole()?, Placed::Read(ReadReason::Unmappable))
            }
            Err(reason) => (self.take_whole()?, Placed::Read(reason)),
        };
        let is_mapped = placed == Placed::Mapped;
        // What a foreign byte order, say, keeps in memory stays there; a small array moves into a
        // map when it is first written to.
        let access = match opener.mode {
            Mode::ReadOnly => Access::Refused,
            Mode::ReadWrite if is_mapped || reason == Some(ReadReason::Small) => {
                Access::InPlace(Arc::clone(&opener.handle))
            }
            _ => Access::Memory,
        };
        let origin = Origin {
            dir: opener.dir,
            name: self.name,
            identity: self.identity,
            link: self.link,
            offset: self.offset,
        };
        let (memory, offset) = if is_mapped || self.offset.is_multiple_of(ALIGNMENT) {
            (memory, self.offset)
        } else {
            (Memory::copy_of(memory.bytes().get(self.offset..).unwrap_or_default())?, 0)
        };
        let binding = Binding::loaded(opener.folder, self.variable, origin, access, is_mapped);
        Ok((memory, offset, binding, placed))
    }
}

/// Turns the elements to this machine's byte order.
pub(super) fn swap(dtype: &Dtype, memory: &mut Memory, offset: usize) -> Result<()> {
    let bytes = memory.bytes_mut().ok_or_else(unwritable)?;
    dtype.swap_bytes(bytes.get_mut(offset..).unwrap_or_default());
    Ok(())
}

/// For a write that nothing has prepared.
pub(super) fn unwritable() -> Error {
    Error::msg(ErrorKind::ReadOnly, "the array is mapped read-only")
}

fn read(file: &File, len: usize) -> Result<Memory> {
    let mut memory = Memory::zeroed(len)?;
    if let Some(bytes) = memory.bytes_mut() {
        file.read_exact_at(bytes, 0)
            .map_err(|error| Error::msg(ErrorKind::Io, "cannot read").with_source(error))?;
    }
    Ok(memory)
}

fn to_len(size: u64) -> Result<usize> {
    usize::try_from(size).ok().filter(|&len| isize::try_from(len).is_ok()).ok_or_else(|| {
        Error::msg(ErrorKind::Limit, "the file is larger than the address space")
            .with_found(format!("{size} bytes"))
    })
}
