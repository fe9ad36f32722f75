//! A `.npy` file by itself: opened where it lies, and written by itself, whatever folder it is in.

use super::array_type::ArrayType;
use super::mode::Mode;
use super::open::{OpenOptions, Opener};
use super::opened::Bound;
use super::source::ArraySource;
use super::state::Origin;
use super::witness::nobody;
use super::{AnyArray, MmapArray, Standing};
use crate::npy::Element;
use crate::os::System;
use crate::os::dir::Identity;
use crate::store::folder::Folder;
use crate::store::load_progress::Tally;
use crate::store::single_file::{Placed, SingleFile, settled};
use crate::store::staging::Staging;
use crate::store::trust::Trust;
use crate::{Error, ErrorKind, Result};
use ndarray::Dimension;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often to look again where saves of the folder come in between.
const TRIES: u32 = 100;

/// From so many bytes on, an array is copied from a file that holds its elements, if there is one.
const COPY_MIN: u64 = 1 << 20;

impl<T: Element, D: Dimension> MmapArray<T, D> {
    /// Opens a `.npy` file by itself, as a load opens those of its folder: checked whole, then mapped under a lock on the
    /// file, or read where it cannot be mapped (see [`Mode`] and [`ReadReason`](crate::ReadReason)). Links are not followed:
    /// give the path that [`canonicalize`](std::fs::canonicalize) gives.
    ///
    /// In mode `r+` [`view_mut`](Self::view_mut) and [`flush`](Self::flush) work as on an array of a load: an edit in place
    /// has the file alone. [`save_npy`](Self::save_npy) writes the array to a file. The contract of
    /// [`load`](crate::Varpack#method.load) holds here, too: no other program may truncate or edit a file while it is
    /// mapped.
    ///
    /// **In a varpack folder** the file is opened under the locks of the folder, and as a load would see it: its arrays may be
    /// saved meanwhile, and an edit in place has the folder alone. What such an edit changes, those who have loaded the folder
    /// before see as changed by someone else. The metadata of the folder are not looked at: an array of `bfloat16`, of which
    /// NumPy knows nothing, is [`AnyArray`] of dtype `|V2` here, and as an `MmapArray` what its type says.
    ///
    /// # Errors
    /// Each names the file.
    /// - [`NotFound`](ErrorKind::NotFound), [`Io`](ErrorKind::Io), [`FileType`](ErrorKind::FileType): there is no such file, it
    ///   cannot be read, or it is a link, a folder or the like.
    /// - [`Npy`](ErrorKind::Npy): it is no `.npy` file, or has not as many data as its header says.
    /// - [`Dtype`](ErrorKind::Dtype), [`Shape`](ErrorKind::Shape): it is of another dtype, or number of axes.
    /// - [`Limit`](ErrorKind::Limit): it has to be read, and is larger than memory.
    /// - [`Busy`](ErrorKind::Busy): someone edits the file, or the folder, in place.
    /// - [`Usage`](ErrorKind::Usage), [`Name`](ErrorKind::Name): the path is none of a file, or its name is no text.
    ///
    /// ```
    /// use varpack::{MmapArray2, Mode};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("weights.npy");
    /// MmapArray2::<f32>::ones((300, 400)).save_npy(&path)?; // or `np.save`
    ///
    /// let mut weights = MmapArray2::<f32>::open(&path, Mode::ReadWrite)?;
    /// assert!(weights.is_mapped());
    /// assert_eq!(weights.row(0).sum(), 400.0);
    /// weights.view_mut()?[[0, 0]] = 2.0; // in the file at once
    /// weights.flush()?; // and on the disk
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>, mode: Mode) -> Result<Self> {
        Self::open_on(&System::default(), path.as_ref(), mode)
    }

    /// The same on another system.
    pub(crate) fn open_on(system: &System, path: &Path, mode: Mode) -> Result<Self> {
        let opened = open(system, path, mode, ArrayType::of::<T, D>());
        opened.and_then(Bound::typed).map_err(|error| error.with_path(path))
    }

    /// Writes the array to a `.npy` file by itself, which is made beside its place, brought to the disk and moved there: another
    /// program finds the old file or the new one, and never half of it. A file that stands there is replaced, and keeps
    /// its owner and permissions; whoever has it mapped keeps what it was. A kill on the way may leave a file
    /// `.varpack-scratch-…` beside it, which may be deleted.
    ///
    /// An array that was opened from this file, or saved to it, is written if it has changed; edits in place are flushed. So
    /// load in mode `c`, edit, and save to the same path: that is all or nothing, and an edit in place is not. The file of
    /// [`zeros_in`](Self::zeros_in) is moved there, as a save of a folder does.
    ///
    /// # Errors
    /// Each names the file, and leaves it as it was, but for the last.
    /// - [`Stale`](ErrorKind::Stale): someone else has replaced the file since the array was opened from it or saved to it.
    /// - [`Busy`](ErrorKind::Busy): someone edits the file in place; or it is in a varpack folder, and someone edits that in
    ///   place, or saves it.
    /// - [`Exists`](ErrorKind::Exists): the file belongs to a variable of a varpack folder (save that; any other name there may
    ///   be taken), or to a stranger in a folder to which strangers may write.
    /// - [`FileType`](ErrorKind::FileType): a link, a folder or the like stands there.
    /// - [`Name`](ErrorKind::Name), [`Usage`](ErrorKind::Usage): the name is one of varpack's own, as `varpack.json`, or no text;
    ///   the path is none of a file.
    /// - [`Dtype`](ErrorKind::Dtype), [`Limit`](ErrorKind::Limit): no file can have such elements, or such a header.
    /// - [`NotFound`](ErrorKind::NotFound), [`ReadOnly`](ErrorKind::ReadOnly), [`Io`](ErrorKind::Io): there is no such folder, the
    ///   system does not let the file be replaced, or it cannot be written.
    /// - [`DurabilityUnknown`](ErrorKind::DurabilityUnknown): the file is in its place, but a sync has failed.
    ///
    /// ```
    /// use varpack::{MmapArray1, Mode};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("losses.npy");
    /// MmapArray1::from(vec![0.5, 0.25]).save_npy(&path)?;
    ///
    /// let mut losses = MmapArray1::<f64>::open(&path, Mode::CopyOnWrite)?;
    /// losses.view_mut()?[0] = 1.0; // in this process alone
    /// losses.save_npy(&path)?; // whole or not at all
    /// assert_eq!(MmapArray1::<f64>::open(&path, Mode::ReadOnly)?.to_vec(), [1.0, 0.25]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn save_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        save(&System::default(), path.as_ref(), self)
    }

    /// The same on another system.
    #[cfg(test)]
    pub(crate) fn save_npy_on(&self, system: &System, path: &Path) -> Result<()> {
        save(system, path, self)
    }
}

impl AnyArray {
    /// Opens a `.npy` file of any dtype and shape by itself. What [`MmapArray::open`] says holds here.
    ///
    /// # Errors
    /// Those of [`MmapArray::open`]; [`Dtype`](ErrorKind::Dtype) also if the elements are Python objects.
    ///
    /// ```
    /// use varpack::{AnyArray, MmapArray1, Mode};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("x.npy");
    /// MmapArray1::from(vec![1.5f32, 2.5]).save_npy(&path)?;
    /// let array = AnyArray::open(&path, Mode::ReadOnly)?;
    /// assert_eq!((array.dtype().name(), array.shape()), ("float32".to_owned(), &[2][..]));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>, mode: Mode) -> Result<Self> {
        let path = path.as_ref();
        let opened = open(&System::default(), path, mode, ArrayType::any());
        opened.map(|bound| bound.any(None)).map_err(|error| error.with_path(path))
    }

    /// Writes the array to a `.npy` file by itself, in its own byte order and order of axes. What [`MmapArray::save_npy`] says
    /// holds here.
    ///
    /// # Errors
    /// Those of [`MmapArray::save_npy`].
    ///
    /// ```
    /// use varpack::{AnyArray, MmapArray1, Mode};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("x.npy");
    /// let array = AnyArray::try_from(MmapArray1::from(vec![1.5f32, 2.5]))?;
    /// array.save_npy(&path)?;
    /// assert_eq!(AnyArray::open(&path, Mode::InMemory)?, array);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn save_npy(&self, path: impl AsRef<Path>) -> Result<()> {
        save(&System::default(), path.as_ref(), self)
    }
}

/// The folder of a file, and its name there.
fn split(path: &Path) -> Result<(&Path, &str)> {
    let Some(name) = path.file_name() else {
        return Err(Error::new(ErrorKind::Usage)
            .with_path(path)
            .with_expected("the path of a file")
            .with_found("one that ends in no name"));
    };
    let name = name.to_str().ok_or_else(|| {
        Error::new(ErrorKind::Name)
            .with_path(path)
            .with_expected("a file name in UTF-8")
            .with_found("other bytes")
    })?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")), name))
}

/// What errors call an array that is in no folder of variables: its file, without the suffix.
fn stem(name: &str) -> &str {
    name.strip_suffix(".npy").unwrap_or(name)
}

fn open(system: &System, path: &Path, mode: Mode, array_type: ArrayType) -> Result<Bound> {
    let (parent, name) = split(path)?;
    for attempt in 0..TRIES {
        let folder = Folder::open_same(system, parent, None, None)?;
        let dir = folder.dir().id()?;
        let snapshot = folder.snapshot(Trust::default(), attempt > 0)?;
        let options =
            OpenOptions { mode, wait: Duration::ZERO, is_limited: false, locks_each: true };
        let tally = Tally::new(None, dir);
        let opener = Opener::new(&folder, dir, &snapshot, options, &tally, nobody());
        let opened = opener.open(name, array_type, None, 0);
        let bound = opened.and_then(|opened| opener.bind(opened, name, stem(name)));
        // Where a file is replaced in two steps, its place is empty in between.
        let is_missing = bound.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound);
        let is_replaced = is_missing && folder.dir().system().sets_aside();
        if is_replaced && settled(folder.dir(), name)?.is_some() {
            continue;
        }
        if snapshot.is_stable()? {
            let bound = bound.map_err(|error| error.with_path(folder.dir().file_path(name)))?;
            // Nothing of the folder is locked, and each array would keep a descriptor of it.
            return Ok(if folder.is_not_ours() { bound.without_folder() } else { bound });
        }
    }
    let message = "the folder of the file changes faster than it can be read";
    Err(Error::msg(ErrorKind::Busy, message))
}

/// Writes an array to a file by itself.
fn save(system: &System, path: &Path, array: &dyn ArraySource) -> Result<()> {
    save_at(system, path, array).map_err(|error| error.with_path(path))
}

fn save_at(system: &System, path: &Path, array: &dyn ArraySource) -> Result<()> {
    let (parent, name) = split(path)?;
    let header = array.header()?;
    let (start, data_len) = (header.encode()?, header.data_len()?);
    array.flush()?;
    let folder = Folder::open_same(system, parent, None, None)?;
    let dir = folder.dir().id()?;
    let place = SingleFile::begin(&folder, name)?;
    if let Some(binding) = array.binding() {
        match binding.standing(Some(dir), name, place.replaces()) {
            Standing::Same => return Ok(()),
            Standing::Behind | Standing::Stale => return Err(stale()),
            Standing::Linked(_) | Standing::Different => {}
        }
    }
    let len = u64::try_from(start.len().saturating_add(data_len)).unwrap_or(u64::MAX);
    let Placed { identity, outcome } =
        place.write(|staging, made| write(&folder, staging, made, array, &start, len))?;
    if let Some(binding) = array.binding() {
        let offset = start.len();
        let origin = Origin { dir, name: name.to_owned(), identity, link: None, offset };
        binding.mark_saved_alone(origin, stem(name), &folder);
    }
    outcome
}

/// Makes the file under a name that it has until it is moved.
fn write(
    folder: &Arc<Folder>,
    staging: &Staging<'_>,
    made: &str,
    array: &dyn ArraySource,
    start: &[u8],
    len: u64,
) -> Result<Identity> {
    let binding = array.binding();
    let mut moved = None;
    if let Some(binding) = binding {
        binding.give_name(start, |own| {
            moved = staging.link_unnamed(made, own)?;
            Ok(moved.is_some())
        })?;
    }
    if let Some(identity) = moved {
        return Ok(identity);
    }
    let dir = folder.dir();
    let original = binding.filter(|_| len >= COPY_MIN);
    let original = match original {
        Some(binding) => binding.original(dir, dir.id()?),
        None => None,
    };
    staging.write(made, len, |out| {
        if let Some(original) = original
            && out.copy(&original, start)?
        {
            return Ok(());
        }
        out.put(start)?;
        array.write_data(out)
    })
}

fn stale() -> Error {
    let message = "was replaced or changed by someone else since it was opened or saved: open it again, or save to another path";
    Error::msg(ErrorKind::Stale, message)
        .with_expected("the file as it was")
        .with_found("another file, or other content")
}
