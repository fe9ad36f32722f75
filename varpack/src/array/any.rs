//! An array whose dtype and number of axes are known only at run time.

use super::binding::Binding;
use super::edit::wait_for;
use super::layout::Layout;
use super::mapping;
use super::mapping::{Memory, checked_in_a_map};
use super::native::{gather, swap};
use super::read_reason::ReadReason;
use super::typed::MmapArray;
use crate::npy::internal::{Aligned, is_mappable, is_scattered};
use crate::npy::{Dtype, Element, Header, NpyArray};
use crate::{Error, ErrorKind, Result, text};
use ndarray::{ArrayView, ArrayViewMut, Dimension};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// An array of any dtype and shape, owned or memory-mapped: what [`Pack`](crate::Pack) holds. As plain data, which is
/// what a NumPy array inside a pickle becomes, it is an [`NpyArray`].
///
/// ```
/// use ndarray::{Ix1, array};
/// use varpack::{AnyArray, MmapArray1};
///
/// let array = AnyArray::try_from(MmapArray1::from(array![1.5f32, 2.5]))?;
/// assert_eq!(array.dtype().name(), "float32");
/// assert_eq!(array.shape(), [2]);
/// assert_eq!(array.view::<f32, Ix1>()?.sum(), 4.0);
/// let error = array.downcast::<f64, Ix1>().unwrap_err();
/// assert_eq!(error.to_string(), "expected dtype float64, found float32");
/// # Ok::<(), varpack::Error>(())
/// ```
pub struct AnyArray {
    header: Header,
    memory: Memory,
    /// Where the elements start in the memory, in bytes.
    offset: usize,
    /// Boxed, for it is most of an array's own size.
    binding: Box<Binding>,
    logical: Option<String>,
}

impl AnyArray {
    /// An array in memory from its header and the bytes that would follow it in a `.npy` file, in the
    /// byte order and the order of axes that the header says.
    ///
    /// # Errors
    /// [`Npy`](ErrorKind::Npy) if there are more or fewer bytes than the header says; those of
    /// [`Header::encode`] if no file can have such a header.
    ///
    /// ```
    /// # use varpack::{AnyArray, npy::{Dtype, Header}};
    /// let header = Header { dtype: Dtype::parse(">i2")?, fortran_order: false, shape: vec![2] };
    /// let array = AnyArray::from_bytes(header, [0, 1, 0, 2])?.downcast::<i16, ndarray::Ix1>()?;
    /// assert_eq!(array.to_vec(), [1, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn from_bytes(header: Header, bytes: impl AsRef<[u8]>) -> Result<Self> {
        NpyArray::from_bytes(header, bytes).map(Self::from)
    }

    pub(super) fn from_memory(
        header: Header,
        memory: Memory,
        offset: usize,
        binding: Box<Binding>,
        logical: Option<&str>,
    ) -> Self {
        Self { header, memory, offset, binding, logical: logical.map(str::to_owned) }
    }

    /// Dtype, order and shape.
    ///
    /// ```
    /// # use ndarray::array;
    /// # use varpack::{AnyArray, MmapArray2};
    /// let array = AnyArray::try_from(MmapArray2::from(array![[1u8, 2], [3, 4]].reversed_axes()))?;
    /// assert!(array.header().fortran_order);
    /// assert_eq!(array.header().data_len()?, 4); // bytes
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The type of an element.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    ///
    /// let array = AnyArray::try_from(MmapArray1::from(vec![1.5f32]))?;
    /// assert_eq!((array.dtype().name(), array.dtype().itemsize()), ("float32".to_owned(), 4));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.header.dtype
    }

    /// The number of elements along each axis.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray3};
    /// let array = AnyArray::try_from(MmapArray3::from(ndarray::Array3::<u8>::zeros((2, 3, 4))))?;
    /// assert_eq!(array.shape(), [2, 3, 4]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// What our metadata calls the dtype where NumPy has no name for it: `bfloat16`, which NumPy
    /// sees as `V2`.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    ///
    /// let array = AnyArray::try_from(MmapArray1::from(vec![half::bf16::ONE]))?;
    /// assert_eq!(array.dtype().name(), "|V2");
    /// assert_eq!(array.logical_name(), Some("bfloat16"));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn logical_name(&self) -> Option<&str> {
        self.logical.as_deref()
    }

    /// The elements as they stand in the file: in the byte order and the order of axes of the
    /// [`header`](Self::header).
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    ///
    /// let array = AnyArray::try_from(MmapArray1::from(vec![1u16.to_be(), 2u16.to_be()]))?;
    /// assert_eq!(array.as_bytes(), [0, 1, 0, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        self.memory.bytes().get(self.offset..).unwrap_or_default()
    }

    /// The elements, as of a known type.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) or [`Shape`](ErrorKind::Shape) if dtype or number of axes differ, or the last axes are not
    /// those of elements that are arrays; a foreign byte order is for [`downcast`](Self::downcast), and so are elements that
    /// are arrays in Fortran order, which scatters them, and such as have to be checked (`bool`) in a mapped file, which
    /// could change after that. [`Npy`](ErrorKind::Npy) if bytes are no
    /// elements: a `bool` other than 0 and 1.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    ///
    /// let array = AnyArray::try_from(MmapArray1::from(vec![1.5f32, 2.5]))?;
    /// assert_eq!(array.view::<f32, ndarray::Ix1>()?.sum(), 4.0);
    /// let error = array.view::<f32, ndarray::Ix2>().unwrap_err();
    /// assert_eq!(error.kind(), varpack::ErrorKind::Shape);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn view<T: Element, D: Dimension>(&self) -> Result<ArrayView<'_, T, D>> {
        self.check_native::<T>()?;
        mapping::view(&self.memory, self.offset, &Layout::of_header::<T, D>(&self.header)?)
    }

    /// The elements for writing, as of a known type. What [`MmapArray::view_mut`] says holds here.
    ///
    /// # Errors
    /// Those of [`view`](Self::view) and of [`MmapArray::view_mut`].
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    /// let mut array = AnyArray::try_from(MmapArray1::from(vec![1u8, 2]))?;
    /// array.view_mut::<u8, ndarray::Ix1>()?[0] = 9;
    /// assert_eq!(array.as_bytes(), [9, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn view_mut<T: Element, D: Dimension>(&mut self) -> Result<ArrayViewMut<'_, T, D>> {
        self.prepare_write::<T, D>()?;
        let layout = Layout::of_header::<T, D>(&self.header)?;
        mapping::view_mut(&mut self.memory, self.offset, &layout)
    }

    /// Gets the elements where they may be written.
    fn prepare_write<T: Element, D: Dimension>(&mut self) -> Result<()> {
        if !is_mappable::<T>() && self.binding.is_in_place() {
            return Err(checked_in_a_map::<T>());
        }
        self.view::<T, D>()?; // before anything is changed
        let len = self.as_bytes().len();
        if len > 0 {
            let (held, offset) = (&mut self.memory, &mut self.offset);
            let is_writable = held.is_writable().map_err(|error| self.binding.locate(error))?;
            self.binding.prepare_write(len, is_writable, |moved| {
                let memory = moved.from(held, *offset)?;
                *offset = memory.bytes().len() - len;
                *held = memory;
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The same for edits in place, that waits while others have the file or the folder: see [`MmapArray::view_mut_wait`].
    ///
    /// # Errors
    /// Those of [`view_mut`](Self::view_mut); [`Busy`](ErrorKind::Busy) after `at_most`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use varpack::{AnyArray, MmapArray1};
    /// let mut array = AnyArray::try_from(MmapArray1::from(vec![1u8, 2]))?;
    /// array.view_mut_wait::<u8, ndarray::Ix1>(Duration::from_secs(1))?[0] = 9;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn view_mut_wait<T: Element, D: Dimension>(
        &mut self,
        at_most: Duration,
    ) -> Result<ArrayViewMut<'_, T, D>> {
        wait_for(at_most, || self.prepare_write::<T, D>())?;
        let layout = Layout::of_header::<T, D>(&self.header)?;
        mapping::view_mut(&mut self.memory, self.offset, &layout)
    }

    fn check_native<T: Element>(&self) -> Result<()> {
        self.check_own::<T>().map_err(|error| self.binding.locate(error))
    }

    fn check_own<T: Element>(&self) -> Result<()> {
        T::check_dtype(&self.header.dtype, self.logical_name())?;
        if !self.header.dtype.is_native() {
            return Err(Error::msg(
                ErrorKind::Dtype,
                "its byte order is foreign; downcast the array",
            )
            .with_expected(format!("dtype {}", self.header.dtype.to_native().name()))
            .with_found(self.header.dtype.name()));
        }
        Ok(())
    }

    /// The array as one of a known type. It stays mapped where it is, unless not every byte pattern is an
    /// element (`bool`, an enum), or its elements are arrays and in Fortran order, which scatters them: then it is copied
    /// to memory, where edits stay until a save. Elements in a foreign byte order are turned to this machine's.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) or [`Shape`](ErrorKind::Shape) if dtype or number of axes differ, or the last axes are not
    /// those of elements that are arrays; [`Npy`](ErrorKind::Npy) if bytes are no elements: a `bool` other than 0 and 1.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    ///
    /// let array = AnyArray::try_from(MmapArray1::from(vec![1.5f32, 2.5]))?;
    /// let array: MmapArray1<f32> = array.downcast()?;
    /// assert_eq!(array.to_vec(), [1.5, 2.5]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn downcast<T: Element, D: Dimension>(self) -> Result<MmapArray<T, D>> {
        T::check_dtype(&self.header.dtype, self.logical_name())?;
        Layout::check::<T, D>(&self.header)?;
        let Self { mut header, mut memory, mut offset, mut binding, .. } = self;
        let other = if !header.dtype.is_native() {
            Some(ReadReason::ByteOrder)
        } else if is_scattered::<T>(&header) {
            Some(ReadReason::FortranOrder)
        } else {
            (!is_mappable::<T>()).then_some(ReadReason::Checked)
        };
        if let Some(reason) = other {
            // What is turned, gathered or was checked is not what the file holds, or not for sure.
            let copy = if is_scattered::<T>(&header) {
                Some(gather(&mut header, &memory, offset)?)
            } else if memory.is_mapped() {
                Some(Memory::copy_of(memory.bytes().get(offset..).unwrap_or_default())?)
            } else {
                None
            };
            binding.leave_file(&memory, reason)?; // and its lock: not before the copy is made
            if let Some(copy) = copy {
                (memory, offset) = (copy, 0);
            }
        }
        if !header.dtype.is_native() {
            swap(&header.dtype, &mut memory, offset)?;
            header.dtype = header.dtype.to_native();
        }
        MmapArray::from_memory(&header, memory, offset, binding)
    }

    /// Whether the elements are mapped from a file, and not in memory. Small arrays are read.
    ///
    /// ```
    /// use varpack::{Pack, PackValue};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().join("run");
    /// let mut pack = Pack::new();
    /// pack.insert("x", PackValue::try_from(ndarray::Array1::<f64>::zeros(100_000))?)?;
    /// pack.save_to(&folder)?;
    /// let pack = Pack::open(&folder)?;
    /// assert!(pack.get("x").and_then(PackValue::as_array).unwrap().is_mapped());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn is_mapped(&self) -> bool {
        self.memory.is_mapped()
    }

    /// The file that the array was loaded from, an absolute path; `None` for one that was never in a file.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1};
    ///
    /// let array = AnyArray::try_from(MmapArray1::from(vec![1u8]))?;
    /// assert_eq!(array.path(), None); // it was never in a file
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn path(&self) -> Option<&Path> {
        self.binding.path()
    }

    /// Brings what was written in mode `r+` to the disk, as [`MmapArray::flush`] does.
    ///
    /// # Errors
    /// Those of [`MmapArray::flush`].
    ///
    /// ```
    /// use varpack::{Pack, PackValue};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().join("run");
    /// let mut pack = Pack::new();
    /// pack.insert("x", PackValue::try_from(ndarray::Array1::<f64>::zeros(100_000))?)?;
    /// pack.save_to(&folder)?;
    /// let mut pack = Pack::edit(&folder)?;
    /// let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    /// x.view_mut::<f64, ndarray::Ix1>()?[0] = 1.0; // in the file at once
    /// x.flush()?; // and on the disk
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn flush(&self) -> Result<()> {
        self.flush_in_place()?;
        self.binding.check_flushed()
    }

    pub(super) fn flush_in_place(&self) -> Result<()> {
        self.binding.flush(&self.memory)
    }

    /// A copy in memory. It knows which file it came from.
    fn copy(&self) -> Result<Self> {
        let (header, memory) = (self.header.clone(), Memory::copy_of(self.as_bytes())?);
        let binding = self.binding.of_copy(Some(&self.memory));
        Ok(Self::from_memory(header, memory, 0, binding, self.logical_name()))
    }

    /// A copy in memory of an array that is mapped; `None` of one that is in memory already.
    pub(crate) fn copied_out(&self) -> Result<Option<Self>> {
        self.is_mapped().then(|| self.copy()).transpose()
    }

    /// Lets go of the file that it came from: it is what a copy is.
    pub(crate) fn let_go(&mut self) {
        self.binding = self.binding.of_copy(None);
        self.binding.let_go();
    }

    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }
}

/// Without a copy.
impl From<NpyArray> for AnyArray {
    fn from(array: NpyArray) -> Self {
        let (header, data, logical) = array.into_parts();
        let logical = logical.map(String::from);
        Self { header, memory: Memory::from(data), offset: 0, binding: Binding::none(), logical }
    }
}

/// A copy in memory, tied to no file.
impl TryFrom<&AnyArray> for NpyArray {
    type Error = Error;

    fn try_from(array: &AnyArray) -> Result<Self> {
        let data = Aligned::copy_of(array.as_bytes())?;
        let logical = array.logical_name().map(Box::from);
        Ok(Self::from_parts(array.header.clone(), data, logical))
    }
}

/// Keeps the elements where they are, mapped or not; those of an array that was never in a file
/// are copied.
impl<T: Element, D: Dimension> TryFrom<MmapArray<T, D>> for AnyArray {
    type Error = Error;

    fn try_from(array: MmapArray<T, D>) -> Result<Self> {
        let (header, memory, offset, binding) = array.into_parts()?;
        Ok(Self::from_memory(header, memory, offset, binding, T::logical_name()))
    }
}

/// Shares the map until one of the two is written to, or copies, as [`MmapArray`] does.
///
/// # Panics
/// If there is not so much memory, as any `clone` does.
impl Clone for AnyArray {
    fn clone(&self) -> Self {
        if !self.binding.is_in_place()
            && let Some(memory) = self.memory.share()
        {
            let (header, binding) = (self.header.clone(), self.binding.of_sharer());
            return Self::from_memory(header, memory, self.offset, binding, self.logical_name());
        }
        self.copy().unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Equal dtype, shape, order and bytes.
impl PartialEq for AnyArray {
    fn eq(&self, other: &Self) -> bool {
        self.header == other.header
            && self.logical == other.logical
            && self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Debug for AnyArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyArray")
            .field("dtype", &text::bounded(self.dtype().name()))
            .field("shape", &self.shape())
            .field("is_mapped", &self.is_mapped())
            .finish_non_exhaustive()
    }
}
