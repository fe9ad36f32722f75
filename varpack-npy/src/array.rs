//! An array as plain data.

use super::aligned::Aligned;
use super::{Dtype, Element, Header};
use crate::element::{check_order, header_of, shape_of};
use crate::{Error, ErrorKind, Result, text};
use std::fmt;

/// An array of any dtype and shape, in memory: a header, and the bytes that follow it in a `.npy` file.
///
/// It is what a NumPy array inside a pickle becomes. `varpack::AnyArray` is one that may be mapped and
/// belongs to a folder; each is made from the other.
///
/// ```
/// use varpack_npy::{Dtype, Header, NpyArray};
///
/// let header = Header { dtype: Dtype::parse("<f4")?, fortran_order: false, shape: vec![2] };
/// let array = NpyArray::from_bytes(header, [0, 0, 192, 63, 0, 0, 32, 64])?;
/// assert_eq!((array.dtype().name(), array.shape()), ("float32".to_owned(), [2].as_slice()));
/// # #[cfg(target_endian = "little")]
/// assert_eq!(array.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone)]
pub struct NpyArray {
    header: Header,
    data: Aligned,
    /// What our metadata calls the dtype.
    logical: Option<Box<str>>,
}

impl NpyArray {
    /// An array from its header and the bytes that would follow it in a `.npy` file, in the byte order and the order
    /// of axes that the header says.
    ///
    /// # Errors
    /// [`Npy`](ErrorKind::Npy) if there are more or fewer bytes than the header says; [`Dtype`](ErrorKind::Dtype) if
    /// the elements are Python objects; those of [`Header::encode`] if no file can have such a header;
    /// [`Io`](ErrorKind::Io) if there is not so much memory.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// let error = NpyArray::from_bytes(header, [1]).unwrap_err();
    /// assert_eq!(error.to_string(), "expected 2 bytes of data, found 1");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn from_bytes(header: Header, bytes: impl AsRef<[u8]>) -> Result<Self> {
        let bytes = bytes.as_ref(); // once: it could give other bytes the next time
        header.check()?;
        header.refuse_objects()?;
        Self::from_parsed(header, bytes)
    }

    /// An array in C order from its elements, so many along each axis: of elements that are arrays, it has their axes beside.
    ///
    /// # Errors
    /// As of [`from_bytes`](Self::from_bytes), and [`Dtype`](ErrorKind::Dtype) if the type of the elements has a wrong one.
    ///
    /// ```
    /// # use varpack_npy::NpyArray;
    /// let array = NpyArray::from_elements(&[2, 1], &[1.5, 2.5])?;
    /// assert_eq!((array.dtype().name(), array.shape()), ("float64".to_owned(), [2, 1].as_slice()));
    /// assert_eq!(NpyArray::from_elements(&[1], &[[1.5, 2.5, 3.5]])?.shape(), [1, 3]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn from_elements<T: Element>(shape: &[usize], elements: &[T]) -> Result<Self> {
        let header = header_of::<T>(shape, false)?;
        header.check()?;
        let mut array = Self::from_parsed(header, bytemuck::cast_slice(elements))?;
        array.logical = T::logical_name().map(Box::from);
        Ok(array)
    }

    /// The same, of a header that was parsed: a pickle may have thousands of arrays of one large dtype.
    #[doc(hidden)]
    pub fn from_parsed(header: Header, bytes: &[u8]) -> Result<Self> {
        let (expected, found) = (header.data_len()?, bytes.len());
        if expected != found {
            return Err(Error::new(ErrorKind::Npy)
                .with_expected(format!("{expected} bytes of data"))
                .with_found(found.to_string()));
        }
        Ok(Self { header, data: Aligned::copy_of(bytes)?, logical: None })
    }

    /// From parts that go together.
    #[doc(hidden)]
    pub fn from_parts(header: Header, data: Aligned, logical: Option<Box<str>>) -> Self {
        Self { header, data, logical }
    }

    #[doc(hidden)]
    pub fn into_parts(self) -> (Header, Aligned, Option<Box<str>>) {
        (self.header, self.data, self.logical)
    }

    /// The array of a whole `.npy` file.
    ///
    /// # Errors
    /// Those of [`Header::parse`] and of [`from_bytes`](Self::from_bytes).
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert_eq!(NpyArray::from_npy(&array.to_npy()?)?, array);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn from_npy(file: &[u8]) -> Result<Self> {
        let header = Header::parse(file)?;
        header.refuse_objects()?;
        let start = Header::encoded_len(file)?;
        Self::from_parsed(header, file.get(start..).unwrap_or_default())
    }

    /// As a whole `.npy` file, as `np.save` writes it.
    ///
    /// # Errors
    /// Those of [`Header::encode`].
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// let file = array.to_npy()?;
    /// assert!(file.starts_with(b"\x93NUMPY\x01\x00") && file.ends_with(b"\n\x01\x02"));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn to_npy(&self) -> Result<Vec<u8>> {
        let mut file = self.header.encode()?;
        file.extend_from_slice(self.as_bytes());
        Ok(file)
    }

    /// Dtype, order and shape.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: true, shape: vec![2, 1] };
    /// let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert!(array.header().fortran_order);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The type of an element.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert_eq!((array.dtype().name(), array.dtype().itemsize()), ("uint8".to_owned(), 1));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn dtype(&self) -> &Dtype {
        &self.header.dtype
    }

    /// The number of elements along each axis.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![1, 2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert_eq!(array.shape(), [1, 2]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// What our metadata calls the dtype where NumPy has no name for it: `bfloat16`, which NumPy sees as `V2`.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert_eq!(array.logical_name(), None);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn logical_name(&self) -> Option<&str> {
        self.logical.as_deref()
    }

    /// The elements as they stand in a file: in the byte order and the order of axes of the
    /// [`header`](Self::header). Aligned to 16 bytes.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert_eq!(array.as_bytes(), [1, 2]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        self.data.bytes()
    }

    /// The elements, as of a known type, in the order of axes of the [`header`](Self::header).
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) if the dtype is another, or of the other byte order; [`Shape`](ErrorKind::Shape) if elements
    /// that are arrays are none of its last axes, or scattered in Fortran order; [`Npy`](ErrorKind::Npy) if bytes are no
    /// elements: a `bool` other than 0 and 1.
    ///
    /// ```
    /// # use varpack_npy::{Dtype, Header, NpyArray};
    /// # let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// # let array = NpyArray::from_bytes(header, [1, 2])?;
    /// assert_eq!(array.as_slice::<u8>()?, [1, 2]);
    /// let error = array.as_slice::<i64>().unwrap_err();
    /// assert_eq!(error.to_string(), "expected dtype int64, found uint8");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        T::check_dtype(&self.header.dtype, self.logical_name())?;
        shape_of::<T>(&self.header, None)?;
        check_order::<T>(&self.header)?;
        if !self.header.dtype.is_native() {
            return Err(Error::msg(ErrorKind::Dtype, "its byte order is foreign")
                .with_expected(format!("dtype {}", self.header.dtype.to_native().name()))
                .with_found(self.header.dtype.name()));
        }
        bytemuck::checked::try_cast_slice(self.as_bytes()).map_err(|_| {
            Error::new(ErrorKind::Npy)
                .with_expected(format!("elements of {}", self.header.dtype.name()))
                .with_found("other bytes")
        })
    }

    /// As `==`, of two arrays whose dtypes are known to be equal.
    #[doc(hidden)]
    pub fn has_same_elements(&self, other: &Self) -> bool {
        let (Header { shape, fortran_order, .. }, others) = (&self.header, &other.header);
        (shape, fortran_order) == (&others.shape, &others.fortran_order)
            && self.logical == other.logical
            && self.as_bytes() == other.as_bytes()
    }
}

/// Equal dtype, shape, order and bytes.
impl PartialEq for NpyArray {
    fn eq(&self, other: &Self) -> bool {
        self.dtype() == other.dtype() && self.has_same_elements(other)
    }
}

impl fmt::Debug for NpyArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NpyArray")
            .field("dtype", &text::bounded(self.dtype().name()))
            .field("shape", &self.shape())
            .finish_non_exhaustive()
    }
}
