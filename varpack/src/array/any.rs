//! An array whose dtype and number of axes are known only at run time.

use super::binding::Binding;
use super::mapping::{Memory, stride_shape};
use super::open::{swap, unwritable};
use super::typed::MmapArray;
use crate::npy::{Dtype, Element, Header};
use crate::{Error, ErrorKind, Result, text};
use ndarray::{ArrayView, ArrayViewMut, Dimension};
use std::fmt;
use std::path::Path;

/// An array of any dtype and shape, owned or memory-mapped: what [`Pack`](crate::Pack) holds, and what
/// a NumPy array inside a pickle becomes.
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
    /// [`Npy`](ErrorKind::Npy) if there are more or fewer bytes than the header says.
    ///
    /// ```
    /// # use varpack::{AnyArray, npy::{Dtype, Header}};
    /// let header = Header { dtype: Dtype::parse(">i2")?, fortran_order: false, shape: vec![2] };
    /// let array = AnyArray::from_bytes(header, [0, 1, 0, 2])?.downcast::<i16, ndarray::Ix1>()?;
    /// assert_eq!(array.to_vec(), [1, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn from_bytes(header: Header, bytes: impl AsRef<[u8]>) -> Result<Self> {
        let (expected, found) = (header.data_len()?, bytes.as_ref().len());
        if expected != found {
            return Err(Error::new(ErrorKind::Npy)
                .with_expected(format!("{expected} bytes of data"))
                .with_found(found.to_string()));
        }
        let memory = Memory::copy_of(bytes.as_ref())?;
        Ok(Self::from_memory(header, memory, 0, Binding::none(), None))
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
    /// [`Dtype`](ErrorKind::Dtype) or [`Shape`](ErrorKind::Shape) if dtype or number of axes differ;
    /// a foreign byte order is for [`downcast`](Self::downcast). [`Npy`](ErrorKind::Npy) if bytes are no
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
        let shape = self.native_shape::<T, D>()?;
        let elements = bytemuck::checked::try_cast_slice(self.as_bytes()).map_err(invalid::<T>)?;
        ArrayView::from_shape(shape, elements).map_err(misshapen)
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
        let shape = self.native_shape::<T, D>()?;
        let len = self.as_bytes().len();
        if len > 0
            && let Some(memory) = self.binding.prepare_write(&self.memory, len)?
        {
            self.offset = memory.bytes().len() - len;
            self.memory = memory;
        }
        let bytes = self.memory.bytes_mut().ok_or_else(unwritable)?;
        let bytes = bytes.get_mut(self.offset..).unwrap_or_default();
        let elements = bytemuck::checked::try_cast_slice_mut(bytes).map_err(invalid::<T>)?;
        ArrayViewMut::from_shape(shape, elements).map_err(misshapen)
    }

    fn native_shape<T: Element, D: Dimension>(&self) -> Result<ndarray::StrideShape<D>> {
        T::check_dtype(&self.header.dtype, self.logical_name())?;
        if !self.header.dtype.is_native() {
            return Err(Error::msg(
                ErrorKind::Dtype,
                "its byte order is foreign; downcast the array",
            )
            .with_expected(format!("dtype {}", self.header.dtype.to_native().name()))
            .with_found(self.header.dtype.name()));
        }
        stride_shape(&self.header)
    }

    /// The array as one of a known type. It stays mapped where it is; elements in a foreign byte order,
    /// which are in memory, are turned to this machine's.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) or [`Shape`](ErrorKind::Shape) if dtype or number of axes differ,
    /// [`Npy`](ErrorKind::Npy) if bytes are no elements: a `bool` other than 0 and 1.
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
        let Self { mut header, mut memory, offset, binding, .. } = self;
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
    /// [`Io`](ErrorKind::Io) if the disk fails, now or at an earlier flush.
    ///
    /// ```
    /// use varpack::{Pack, PackValue};
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path().join("run");
    /// let mut pack = Pack::new();
    /// pack.insert("x", PackValue::try_from(ndarray::Array1::<f64>::zeros(100_000))?)?;
    /// pack.save_to(&folder)?;
    /// let mut pack = Pack::open(&folder)?;
    /// let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    /// x.view_mut::<f64, ndarray::Ix1>()?[0] = 1.0; // in the file at once
    /// x.flush()?; // and on the disk
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn flush(&self) -> Result<()> {
        self.binding.flush(&self.memory)
    }

    /// A copy in memory, tied to no file.
    pub(crate) fn try_clone(&self) -> Result<Self> {
        let (header, memory) = (self.header.clone(), Memory::copy_of(self.as_bytes())?);
        Ok(Self::from_memory(header, memory, 0, Binding::none(), self.logical_name()))
    }

    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }
}

fn invalid<T: Element>(error: bytemuck::checked::CheckedCastError) -> Error {
    Error::msg(ErrorKind::Npy, error.to_string())
        .with_expected(format!("{} elements", T::dtype().name()))
}

fn misshapen(error: ndarray::ShapeError) -> Error {
    Error::msg(ErrorKind::Shape, error.to_string())
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

/// A copy in memory, tied to no file.
///
/// # Panics
/// If there is not so much memory, as any `clone` does.
impl Clone for AnyArray {
    fn clone(&self) -> Self {
        self.try_clone().unwrap_or_else(|error| panic!("{error}"))
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
