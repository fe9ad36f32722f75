//! An array of a known type.

use super::binding::Binding;
use super::construct::shape_refused;
use super::edit::wait_for;
use super::layout::Layout;
use super::mapping::{Memory, TypedView};
use super::order::header;
use super::scratch::{Scratch, header_of_shape};
use crate::npy::internal::is_mappable;
use crate::npy::{Element, Header};
use crate::os::System;
use crate::{Error, ErrorKind, Result};
use ndarray::{Array, ArrayRef, ArrayViewMut, Dimension, Ix1, ShapeBuilder};
use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

/// An array of elements `T` with dimension `D`, owned or memory-mapped from a `.npy` file.
///
/// It dereferences to [`ndarray::ArrayRef`], so every method that reads an `ndarray` array works on it.
/// Writing is explicit and can fail: [`view_mut`](Self::view_mut). Generic functions of `ndarray` take
/// [`.view()`](ArrayRef::view).
///
/// ```
/// use ndarray::array;
/// use varpack::MmapArray2;
///
/// let mut weights = MmapArray2::from(array![[1.0, 2.0], [3.0, 4.0]]);
/// weights.view_mut()?[[0, 0]] = 10.0;
/// assert_eq!(weights.sum(), 19.0);
/// assert_eq!(&weights * 2.0, array![[20.0, 4.0], [6.0, 8.0]]);
/// assert_eq!(array![1.0, 0.0].dot(&weights), array![10.0, 2.0]);
/// # Ok::<(), varpack::Error>(())
/// ```
///
/// ## Beside `ndarray`
///
#[doc = include_str!("../../docs/ndarray.md")]
pub struct MmapArray<T, D> {
    elements: Elements<T, D>,
    binding: Box<Binding>,
}

/// Where the elements are: in an array that the caller made, or in memory filled or mapped from a file.
pub(super) enum Elements<T, D> {
    Owned(Array<T, D>),
    Viewed(TypedView<T, D>),
}

impl<T: Element, D: Dimension> MmapArray<T, D> {
    /// The array that `header` describes, its elements in `memory` from `offset` on, in native byte order.
    pub(super) fn from_memory(
        header: &Header,
        memory: Memory,
        offset: usize,
        binding: Box<Binding>,
    ) -> Result<Self> {
        let layout = Layout::of_header::<T, D>(header)?;
        let elements = Elements::Viewed(TypedView::new(memory, offset, &layout)?);
        Ok(Self { elements, binding })
    }

    /// An array of zeros that lives in a file and not in memory, so that it may be larger than memory. The
    /// shape is given as to [`Array::zeros`]; elements that are arrays lie in C order, whichever it says.
    ///
    /// The file lies on the file system of `folder`, or of the nearest folder above that exists, and has no
    /// name: nobody else can open it, and the system frees its space once the array is dropped or the process
    /// ends, be it killed. (On a file system that knows no such files it has one for a moment, beginning with
    /// `.varpack-scratch-`: a kill just then leaves it behind, empty.) Its space is reserved now, so that a full disk is an error and not a signal on a
    /// later write; on a file system that cannot do so (ext4, XFS and tmpfs can; Btrfs and some on a network
    /// cannot) a disk that fills up ends the process with that signal, `SIGBUS`. Each such array holds a
    /// descriptor until it is saved.
    ///
    /// A save into a folder of the same file system **moves** the file there: no byte is copied, whatever
    /// the size. From then on the array is one that was loaded from that folder in mode `r+`: the next
    /// [`view_mut`](Self::view_mut) takes the folder for itself alone and writes to its file, a save back
    /// only flushes, and a save elsewhere copies. A first save into another file system, or one where the
    /// system cannot link such a file, or after a save that failed halfway, copies the elements, and the
    /// array keeps its file without a name. A [`clone`](Clone::clone) is a copy in memory.
    ///
    /// # Errors
    /// - [`Dtype`](ErrorKind::Dtype): an element that cannot be mapped, `bool` above all, for not every byte
    ///   of a file is one. A load reads such arrays into memory; here that would defeat the purpose. Take
    ///   [`Bool8`](crate::npy::Bool8).
    /// - [`Shape`](ErrorKind::Shape), [`Limit`](ErrorKind::Limit): more elements or bytes than can be
    ///   addressed.
    /// - [`Io`](ErrorKind::Io): the folder may not be written, the disk is too full, or the system cannot map
    ///   so much.
    /// - [`FileType`](ErrorKind::FileType): the folder, or one above it, is a file.
    ///
    /// ```
    /// use varpack::{MmapArray2, Varpack};
    ///
    /// #[derive(Varpack)]
    /// struct Simulation {
    ///     #[varpack(mmap)]
    ///     field: MmapArray2<f32>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().join("run");
    /// let mut field = MmapArray2::zeros_in(&folder, (1000, 1000))?; // a terabyte does as well
    /// for (i, mut row) in field.view_mut()?.rows_mut().into_iter().enumerate() {
    ///     row.fill(i as f32);
    /// }
    /// let mut simulation = Simulation { field };
    /// simulation.save(&folder)?; // moves the file
    /// assert_eq!(simulation.field.path(), Some(folder.join("field.npy").as_path()));
    ///
    /// simulation.field.view_mut()?[[7, 0]] = 0.5; // in the folder's file at once
    /// simulation.save(&folder)?; // and now on the disk
    /// assert_eq!(Simulation::load(&folder)?.field[[7, 0]], 0.5);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn zeros_in<Sh: ShapeBuilder<Dim = D>>(
        folder: impl AsRef<Path>,
        shape: Sh,
    ) -> Result<Self> {
        Self::zeros_on(&System::default(), folder.as_ref(), shape)
    }

    /// The same on another system.
    pub(crate) fn zeros_on<Sh: ShapeBuilder<Dim = D>>(
        system: &System,
        folder: &Path,
        shape: Sh,
    ) -> Result<Self> {
        let made = || {
            if !is_mappable::<T>() {
                let found = T::dtype().name();
                return Err(Error::msg(ErrorKind::Dtype, "such elements cannot live in a file")
                    .with_expected(
                        "elements of which every byte pattern is one (`Bool8` for `bool`)",
                    )
                    .with_found(format!("dtype {found}")));
            }
            let header = header_of_shape::<T, D>(shape)?;
            let (scratch, memory, offset) = Scratch::zeros(system, folder, &header)?;
            Self::from_memory(&header, memory, offset, Binding::scratch(scratch))
        };
        made().map_err(|error| error.with_path(folder))
    }

    /// The elements for writing.
    ///
    /// In mode `c`, as [`load`](crate::Varpack::load) maps, what is written stays in this process until a save. Each page that is
    /// written takes memory.
    ///
    /// In mode `r+`, as [`edit`](crate::Varpack::edit) maps, a write is a write to the file, seen by every program at once; it
    /// reaches the disk with [`flush`](Self::flush) or a save, and is no part of a save's all or nothing.
    ///
    /// The first call in mode `r+` takes the file and its folder for this load alone until the next flush,
    /// finishes an interrupted save if there is one, opens the file for writing and reserves its blocks. Until
    /// then it holds a descriptor.
    ///
    /// An array that could not be mapped, which the [`LoadReport`](crate::LoadReport) says with the
    /// reason, is changed in memory in every mode: only a save brings it to the file, and a
    /// [`flush`](Self::flush) before that is an error. (Small arrays can be mapped: the first write does it.)
    ///
    /// # Errors
    /// - [`ReadOnly`](crate::ErrorKind::ReadOnly): loaded in mode `r`, the folder cannot be locked, or the
    ///   file has other names (hard links), which an edit in place would change too.
    /// - [`Io`](crate::ErrorKind::Io): the file cannot be written, or an earlier flush failed.
    /// - [`Busy`](crate::ErrorKind::Busy): another load of the folder is alive, or the file is mapped by
    ///   whoever else has come by it: a child that was forked off, say. The array is as readable as before.
    /// - [`InterruptedSaveConflict`](crate::ErrorKind::InterruptedSaveConflict): an interrupted save has to be
    ///   finished first, and cannot be.
    /// - [`Stale`](crate::ErrorKind::Stale): the file was replaced since the load, or a save that has moved
    ///   the file of [`zeros_in`](Self::zeros_in) did not come to its end.
    /// - [`Limit`](crate::ErrorKind::Limit): mapped in mode `c`, and larger than the machine's memory.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use varpack::MmapArray1;
    /// let mut counts = MmapArray1::from(array![1, 2, 3]);
    /// counts.view_mut()?.mapv_inplace(|n| n * n);
    /// *counts.view_mut()?.last_mut().unwrap() += 1;
    /// assert_eq!(counts.to_vec(), [1, 4, 10]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn view_mut(&mut self) -> Result<ArrayViewMut<'_, T, D>> {
        self.prepare_write()?;
        self.prepared()
    }

    /// The same for edits in place, that waits while others have the file or the folder: as [`view_mut`](Self::view_mut) does at
    /// once in every other mode. It waits with its own map locked, so two that both wait for each other are both told.
    ///
    /// # Errors
    /// Those of [`view_mut`](Self::view_mut); [`Busy`](crate::ErrorKind::Busy) after `at_most`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().to_owned();
    /// # Run { x: vec![0.0; 100_000].into() }.save(&folder)?;
    /// let reader = Run::load(&folder)?;
    /// let mut run = Run::edit(&folder)?;
    /// assert_eq!(run.x.view_mut().unwrap_err().kind(), varpack::ErrorKind::Busy);
    /// let reading = std::thread::spawn(move || drop(reader));
    /// run.x.view_mut_wait(Duration::from_secs(60))?[0] = 1.0;
    /// run.x.flush()?;
    /// # reading.join().unwrap();
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn view_mut_wait(&mut self, at_most: Duration) -> Result<ArrayViewMut<'_, T, D>> {
        wait_for(at_most, || self.prepare_write())?;
        self.prepared()
    }

    /// The elements for writing, once they are where that may be.
    fn prepared(&mut self) -> Result<ArrayViewMut<'_, T, D>> {
        match &mut self.elements {
            Elements::Owned(array) => Ok(array.view_mut()),
            Elements::Viewed(view) => view.view_mut().ok_or_else(super::mapping::unwritable),
        }
    }

    /// Gets the elements where they may be written.
    fn prepare_write(&mut self) -> Result<()> {
        if let Elements::Viewed(view) = &mut self.elements {
            let len = view.len() * size_of::<T>();
            if len > 0 {
                let is_writable = view.is_writable().map_err(|error| self.binding.locate(error))?;
                self.binding.prepare_write(len, is_writable, |moved| {
                    let memory = moved.from(view.memory(), view.offset())?;
                    let offset = memory.bytes().len() - len;
                    *view = view.moved(memory, offset)?;
                    Ok(())
                })?;
            }
        } else {
            self.binding.mark_changed();
        }
        Ok(())
    }

    /// Brings what was written through [`view_mut`](Self::view_mut) in mode `r+` to the disk, and lets
    /// other processes use the folder again. The file of [`zeros_in`](Self::zeros_in) comes to the disk too,
    /// though nothing leads to it before it is saved. Nothing is done to an array that was not changed, or never was in a file.
    ///
    /// # Errors
    /// - [`Io`](crate::ErrorKind::Io) if the disk fails. What the file holds is not known then, so
    ///   that the array refuses to be written, flushed or saved from then on.
    /// - [`Usage`](crate::ErrorKind::Usage) if what was written since the array was loaded or saved is in memory alone, in mode `c` or
    ///   for it could not be mapped: only a save brings it to the file.
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![0.0; 100_000].into() }.save(folder)?;
    /// let mut run = Run::edit(folder)?;
    /// run.x.view_mut()?[0] = 1.0; // in the file at once
    /// run.x.flush()?; // and on the disk
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn flush(&self) -> Result<()> {
        self.flush_in_place()?;
        self.binding.check_flushed()
    }

    pub(super) fn flush_in_place(&self) -> Result<()> {
        match &self.elements {
            Elements::Owned(_) => Ok(()),
            Elements::Viewed(view) => self.binding.flush(view.memory()),
        }
    }

    /// The array in memory. Copies, unless it was never in a file.
    ///
    /// ```
    /// # use varpack::MmapArray1;
    /// let array = MmapArray1::from(ndarray::array![1u8, 2]);
    /// assert_eq!(array.into_owned(), ndarray::array![1, 2]);
    /// ```
    pub fn into_owned(self) -> Array<T, D> {
        match self.elements {
            Elements::Owned(array) => array,
            Elements::Viewed(view) => view.to_owned(),
        }
    }

    /// Whether the elements are mapped from a file, and not in memory. Small arrays are read: that is
    /// faster, and a process may have only so many maps.
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![0.0; 100_000].into() }.save(folder)?;
    /// let run = Run::load(folder)?;
    /// assert!(run.x.is_mapped());
    /// assert!(!MmapArray1::from(vec![0.0; 100_000]).is_mapped());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn is_mapped(&self) -> bool {
        match &self.elements {
            Elements::Owned(_) => false,
            Elements::Viewed(view) => view.memory().is_mapped(),
        }
    }

    /// The file that the array was loaded from, or that a save has [moved](Self::zeros_in) its file to, an
    /// absolute path; `None` for one that was never in a folder.
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![0.0; 100_000].into() }.save(folder)?;
    /// assert_eq!(Run::load(folder)?.x.path(), Some(folder.join("x.npy").as_path()));
    /// assert_eq!(MmapArray1::from(vec![1.0]).path(), None);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn path(&self) -> Option<&Path> {
        self.binding.path()
    }

    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The elements without what ties them to files.
    pub(super) fn into_elements(self) -> Elements<T, D> {
        self.elements
    }

    /// The same array with another number of axes, if it has as many.
    pub(super) fn with_dimension<E: Dimension>(self) -> Result<MmapArray<T, E>> {
        let elements = match self.elements {
            Elements::Owned(array) => {
                Layout::of_array(&array).stride_shape::<E>()?;
                Elements::Owned(array.into_dimensionality().map_err(shape_refused)?)
            }
            Elements::Viewed(view) => Elements::Viewed(view.with_dimension()?),
        };
        Ok(MmapArray { elements, binding: self.binding })
    }

    /// Header, memory, offset and binding, for an array of any dtype; an owned array is copied.
    pub(super) fn into_parts(self) -> Result<(Header, Memory, usize, Box<Binding>)> {
        let header = header(&self)?;
        match self.elements {
            Elements::Viewed(view) => {
                let (memory, offset) = view.into_memory();
                Ok((header, memory, offset, self.binding))
            }
            Elements::Owned(array) => {
                let mut bytes = Vec::with_capacity(array.len() * size_of::<T>());
                super::order::write_elements(&array, &mut bytes)?;
                Ok((header, Memory::copy_of(&bytes)?, 0, self.binding))
            }
        }
    }
}

impl<T, D> Deref for MmapArray<T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        match &self.elements {
            Elements::Owned(array) => array,
            Elements::Viewed(view) => view,
        }
    }
}

impl<T: Element, D: Dimension> From<Array<T, D>> for MmapArray<T, D> {
    fn from(array: Array<T, D>) -> Self {
        Self { elements: Elements::Owned(array), binding: Binding::none() }
    }
}

impl<T: Element> From<Vec<T>> for MmapArray<T, Ix1> {
    fn from(elements: Vec<T>) -> Self {
        Array::from(elements).into()
    }
}

/// An empty array: every axis has length zero. With no axes at all it has one element, of zero bits.
impl<T: Element, D: Dimension> Default for MmapArray<T, D> {
    fn default() -> Self {
        let shape = D::zeros(D::NDIM.unwrap_or(1));
        Array::from_elem(shape, T::zeroed()).into()
    }
}

/// Shares the map of an array that is mapped in mode `r` or `c`, until one of the two is written to: the elements of that
/// one are copied then, and a clone may be written to in either mode. Every other array is copied now, one of mode `r+`
/// too, for a second map of its file would be in the way of an edit in place.
///
/// A clone knows which file it came from: a save of a changed one does not write over what someone else has saved there
/// since.
///
/// ```
/// # use varpack::{LoadOptions, MmapArray1, Mode, Varpack};
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f64>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// # Run { x: vec![0.0; 100_000].into() }.save(folder)?;
/// let run = Run::load_with(folder, &LoadOptions::new().mode(Mode::CopyOnWrite))?;
/// let mut x = run.x.clone();
/// assert_eq!(x.as_ptr(), run.x.as_ptr()); // one map
/// x.view_mut()?[0] = 1.0; // copies the elements
/// assert_eq!((x[0], run.x[0]), (1.0, 0.0));
/// # Ok::<(), varpack::Error>(())
/// ```
impl<T: Element, D: Dimension> Clone for MmapArray<T, D> {
    fn clone(&self) -> Self {
        if let Elements::Viewed(view) = &self.elements
            && !self.binding.is_in_place()
            && let Some(shared) = view.share()
        {
            let binding = self.binding.of_sharer();
            return Self { elements: Elements::Viewed(shared), binding };
        }
        let memory = match &self.elements {
            Elements::Owned(_) => None,
            Elements::Viewed(view) => Some(view.memory()),
        };
        let binding = self.binding.of_copy(memory);
        Self { elements: Elements::Owned(self.view().to_owned()), binding }
    }
}

impl<T: fmt::Debug, D: Dimension> fmt::Debug for MmapArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
