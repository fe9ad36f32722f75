//! The header of a `.npy` file: versions 1, 2 and 3, to and from bytes.

use super::dtype::{Dtype, shape_from, shape_repr};
use super::literal::{self, Literal};
use super::ndim::check_ndim;
use crate::{Error, ErrorKind, Result, file_kind};
use std::borrow::Cow;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Data begins at a multiple of this many bytes, so that a mapped array is aligned.
const ALIGNMENT: usize = 64;

/// The digits of the longest length of an axis that NumPy provides for: `len(str(8 * 2**64 - 1))`.
/// A header leaves room for them, so that a file can grow along its slowest axis in place.
const GROWTH_DIGITS: usize = 21;

/// What the header of a `.npy` file says.
///
/// ```
/// use varpack_npy::{Dtype, Header};
///
/// let header = Header { dtype: Dtype::parse("<f4")?, fortran_order: false, shape: vec![100, 3] };
/// let bytes = header.encode()?;
/// assert_eq!(bytes.len(), 128);
/// assert_eq!(Header::encoded_len(&bytes)?, 128);
/// assert_eq!(Header::parse(&bytes)?, header);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type of an element.
    pub dtype: Dtype,
    /// Whether the first axis varies fastest.
    pub fortran_order: bool,
    /// The number of elements along each axis; empty for an array of one element without axes.
    pub shape: Vec<usize>,
}

/// A version of the format: version 2 has room for longer headers, version 3 is in UTF-8.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
    V3,
}

impl Version {
    /// Bytes up to the header's text: magic, version, length of the text.
    fn prefix_len(self) -> usize {
        match self {
            Self::V1 => 10,
            Self::V2 | Self::V3 => 12,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// The first bytes of a file, understood.
struct Prefix {
    version: Version,
    /// Bytes of the header's text.
    text_len: usize,
}

impl Header {
    /// The bytes that [`Header::encoded_len`] needs to see: magic, version and header length.
    pub const PREFIX: usize = 12;

    /// The most bytes of a header that are read or written, which allows for tens of thousands of
    /// fields. (NumPy reads over 10,000 only where `max_header_size` says so.)
    pub const MAX_LEN: usize = 1 << 20;

    /// Bytes before the data, from the first [`Header::PREFIX`] bytes of the file (fewer only if
    /// the file is shorter): what to read before [`Header::parse`].
    ///
    /// # Errors
    /// [`Npy`](ErrorKind::Npy) if the file is no `.npy` file, of an unknown version, or ends too early;
    /// [`Limit`](ErrorKind::Limit) if its header is over [`Header::MAX_LEN`].
    ///
    /// ```
    /// use varpack_npy::Header;
    ///
    /// assert_eq!(Header::encoded_len(b"\x93NUMPY\x01\x00\x76\x00{'")?, 128);
    /// assert!(Header::encoded_len(b"PK\x03\x04\x14\x00\x00\x00\x00\x00!\x00").is_err());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn encoded_len(prefix: &[u8]) -> Result<usize> {
        let Prefix { version, text_len } = Prefix::parse(prefix)?;
        Ok(version.prefix_len() + text_len)
    }

    /// Parses the bytes before the data, all [`encoded_len`](Header::encoded_len) of them; what
    /// follows is not looked at.
    ///
    /// Object arrays are recognised and not refused here: see [`Dtype::has_objects`].
    ///
    /// # Errors
    /// - [`Npy`](ErrorKind::Npy) if the bytes are not a header by
    ///   [NEP 1](https://numpy.org/neps/nep-0001-npy-format.html).
    /// - [`Dtype`](ErrorKind::Dtype) if the dtype is unknown, or a record's fields overlap.
    /// - [`Shape`](ErrorKind::Shape) if there are over 64 axes, a length is no `usize`, or elements or
    ///   bytes of the array go over `isize::MAX`.
    /// - [`Limit`](ErrorKind::Limit) if the header is too long or nests too deeply.
    ///
    /// ```
    /// use varpack_npy::Header;
    ///
    /// let text = "{'descr': '<i2', 'fortran_order': False, 'shape': (7,), }\n";
    /// let bytes = [b"\x93NUMPY\x01\x00\x3a\x00".as_slice(), text.as_bytes()].concat();
    /// let header = Header::parse(&bytes)?;
    /// assert_eq!((header.dtype.name(), header.shape), ("int16".to_owned(), vec![7]));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let Prefix { version, text_len } = Prefix::parse(bytes)?;
        let text = bytes.get(version.prefix_len()..version.prefix_len() + text_len);
        let text = text.ok_or_else(|| {
            Error::msg(ErrorKind::Npy, "header ends too early")
                .with_expected(format!("{} bytes", version.prefix_len() + text_len))
                .with_found(bytes.len().to_string())
        })?;
        let text = match version {
            // Latin-1: every byte is the code point of that number.
            Version::V1 | Version::V2 if !text.is_ascii() => {
                Cow::Owned(text.iter().map(|&byte| char::from(byte)).collect())
            }
            _ => Cow::Borrowed(std::str::from_utf8(text).map_err(|error| {
                Error::msg(ErrorKind::Npy, "header is not UTF-8").with_source(error)
            })?),
        };
        let header = Self::from_literal(&literal::parse(&text, version != Version::V3)?)?;
        header.data_len()?;
        Ok(header)
    }

    fn from_literal(literal: &Literal<'_>) -> Result<Self> {
        let Literal::Dict(entries) = literal else {
            return Err(malformed("a dictionary", literal));
        };
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        for (key, value) in entries {
            let slot = match key {
                Literal::Str(key) if key == "descr" => &mut descr,
                Literal::Str(key) if key == "fortran_order" => &mut fortran_order,
                Literal::Str(key) if key == "shape" => &mut shape,
                other => return Err(malformed("keys descr, fortran_order and shape", other)),
            };
            if slot.replace(value).is_some() {
                return Err(Error::msg(ErrorKind::Npy, "malformed header")
                    .with_expected("each key once")
                    .with_found(format!("{} twice", key.excerpt())));
            }
        }
        let missing = |key: &str| {
            Error::msg(ErrorKind::Npy, "malformed header").with_expected(format!("a key `{key}`"))
        };
        let dtype = Dtype::from_descr(descr.ok_or_else(|| missing("descr"))?)?;
        let fortran_order = match fortran_order.ok_or_else(|| missing("fortran_order"))? {
            Literal::Bool(value) => *value,
            other => return Err(malformed("True or False for `fortran_order`", other)),
        };
        let shape = shape_from(shape.ok_or_else(|| missing("shape"))?)?;
        Ok(Self { dtype, fortran_order, shape })
    }

    /// The bytes to write before the data, byte for byte those of NumPy 1.26 and 2: the first
    /// version that can hold it, padded to 64 bytes, with room for the slowest axis to grow.
    ///
    /// # Errors
    /// What [`parse`](Header::parse) would refuse: a header over [`Header::MAX_LEN`], over 64 axes, a dtype that
    /// NumPy does not have, more elements or bytes than `isize::MAX`.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Header};
    ///
    /// let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![5] };
    /// assert!(header.encode()?.starts_with(
    ///     b"\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }"
    /// ));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.check()?;
        let fortran_order = if self.fortran_order { "True" } else { "False" };
        let mut text = format!(
            "{{'descr': {}, 'fortran_order': {fortran_order}, 'shape': {}, }}",
            self.dtype.descr(),
            shape_repr(&self.shape),
        );
        let growth_axis = if self.fortran_order { self.shape.last() } else { self.shape.first() };
        if let Some(len) = growth_axis {
            let room = GROWTH_DIGITS.saturating_sub(len.to_string().len());
            text.extend(std::iter::repeat_n(' ', room));
        }
        let latin1: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        let encoded = match latin1 {
            Some(text) => match frame(Version::V1, &text) {
                Some(encoded) => Some(encoded),
                None => frame(Version::V2, &text),
            },
            None => frame(Version::V3, text.as_bytes()),
        };
        encoded.filter(|encoded| encoded.len() <= Self::MAX_LEN).ok_or_else(|| {
            Error::msg(ErrorKind::Limit, "header is too long")
                .with_expected(format!("at most {} bytes", Self::MAX_LEN))
                .with_found(text.len().to_string())
        })
    }

    /// That an array of this header is read again once it is written: one rule for both, for anyone can put a
    /// header together.
    ///
    /// # Errors
    /// [`Shape`](ErrorKind::Shape), [`Dtype`](ErrorKind::Dtype) and [`Limit`](ErrorKind::Limit), as of
    /// [`parse`](Header::parse).
    #[doc(hidden)]
    pub fn check(&self) -> Result<()> {
        check_ndim(self.shape.len())?;
        self.dtype.check()?;
        self.data_len().map(drop)
    }

    /// Refuses elements that are no plain bytes.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype).
    #[doc(hidden)]
    pub fn refuse_objects(&self) -> Result<()> {
        if !self.dtype.has_objects() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Dtype)
            .with_expected("elements of plain data")
            .with_found("Python objects"))
    }

    /// The number of elements, 1 for an array without axes.
    ///
    /// # Errors
    /// [`Shape`](ErrorKind::Shape) if the lengths of the axes, those of 0 left out, multiply to over
    /// `isize::MAX`: then strides cannot be computed even where another axis is 0.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Header};
    ///
    /// let mut header = Header { dtype: Dtype::Bool, fortran_order: false, shape: vec![] };
    /// assert_eq!(header.element_count()?, 1);
    /// header.shape = vec![3, 0, 2];
    /// assert_eq!(header.element_count()?, 0);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn element_count(&self) -> Result<usize> {
        product(&self.shape, 1)
    }

    /// Bytes of data after the header. For an object array those of its pointers, not of its
    /// pickle.
    ///
    /// # Errors
    /// As [`element_count`](Header::element_count), for the bytes.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Header};
    ///
    /// let header = Header { dtype: Dtype::parse("<f8")?, fortran_order: false, shape: vec![3, 2] };
    /// assert_eq!(header.data_len()?, 48);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn data_len(&self) -> Result<usize> {
        data_len(&self.shape, self.dtype.itemsize())
    }

    /// Bytes of its own and of what it owns. A record counts wherever it is part of another.
    #[doc(hidden)]
    pub fn size(&self) -> usize {
        let axes = self.shape.len().saturating_mul(size_of::<usize>());
        size_of::<Self>().saturating_add(axes).saturating_add(self.dtype.owned_size())
    }
}

/// Bytes of an array of that shape, with elements of `itemsize` bytes each: see [`Header::data_len`].
pub fn data_len(shape: &[usize], itemsize: usize) -> Result<usize> {
    // Elements of no bytes are still counted.
    product(shape, 1)?;
    product(shape, itemsize)
}

/// The number of elements of that shape times `factor`.
fn product(shape: &[usize], factor: usize) -> Result<usize> {
    let product = (shape.iter().filter(|&&len| len > 0))
        .try_fold(factor, |product, &len| product.checked_mul(len))
        .filter(|&product| isize::try_from(product).is_ok())
        .ok_or_else(|| {
            Error::msg(ErrorKind::Shape, "array is too large")
                .with_expected(format!("at most {} elements or bytes", isize::MAX))
                .with_found(format!("shape {}", excerpt(shape)))
        })?;
    Ok(if shape.contains(&0) { 0 } else { product })
}

impl Prefix {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let truncated = |expected: usize| {
            Error::msg(ErrorKind::Npy, "file ends within its header")
                .with_expected(format!("at least {expected} bytes"))
                .with_found(bytes.len().to_string())
        };
        let magic = bytes.get(..MAGIC.len()).unwrap_or(bytes);
        if !MAGIC.starts_with(magic) {
            let found = file_kind::of_array(bytes).map(str::to_owned);
            return Err(Error::msg(ErrorKind::Npy, "not a .npy file")
                .with_expected(format!("\"{}\" at its start", MAGIC.escape_ascii()))
                .with_found(found.unwrap_or_else(|| format!("\"{}\"", magic.escape_ascii()))));
        }
        let version = bytes.get(MAGIC.len()..MAGIC.len() + 2).ok_or_else(|| truncated(10))?;
        let version = match version {
            [1, 0] => Version::V1,
            [2, 0] => Version::V2,
            [3, 0] => Version::V3,
            other => {
                let found: Vec<String> = other.iter().map(u8::to_string).collect();
                return Err(Error::msg(ErrorKind::Npy, "unknown version of the .npy format")
                    .with_expected("1.0, 2.0 or 3.0")
                    .with_found(found.join(".")));
            }
        };
        let prefix_len = version.prefix_len();
        let len = bytes.get(MAGIC.len() + 2..prefix_len).ok_or_else(|| truncated(prefix_len))?;
        let text_len = len.iter().rev().try_fold(0_usize, |len, &byte| {
            len.checked_mul(256).map(|len| len | usize::from(byte))
        });
        match text_len.filter(|len| *len <= Self::MAX_TEXT_LEN) {
            Some(text_len) => Ok(Self { version, text_len }),
            None => Err(Error::msg(ErrorKind::Limit, "header is too long")
                .with_expected(format!("at most {} bytes", Header::MAX_LEN))
                .with_found(
                    text_len.map_or_else(|| "more than memory".to_owned(), |n| n.to_string()),
                )),
        }
    }

    const MAX_TEXT_LEN: usize = Header::MAX_LEN - Header::PREFIX;
}

/// Puts the prefix before a header's text and the padding after it; `None` if the version has no
/// room.
fn frame(version: Version, text: &[u8]) -> Option<Vec<u8>> {
    // The line feed at the end; then, as in NumPy, 1 to 64 spaces before it.
    let len = text.len() + 1;
    let padding = ALIGNMENT - (version.prefix_len() + len) % ALIGNMENT;
    let text_len = len + padding;
    let mut out = Vec::with_capacity(version.prefix_len() + text_len);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[version.number(), 0]);
    match version {
        Version::V1 => out.extend_from_slice(&u16::try_from(text_len).ok()?.to_le_bytes()),
        Version::V2 | Version::V3 => {
            out.extend_from_slice(&u32::try_from(text_len).ok()?.to_le_bytes());
        }
    }
    out.extend_from_slice(text);
    out.extend(std::iter::repeat_n(b' ', padding));
    out.push(b'\n');
    Some(out)
}

fn excerpt(shape: &[usize]) -> String {
    let text = shape_repr(shape);
    if text.len() > 80 { format!("of {} axes", shape.len()) } else { text }
}

fn malformed(expected: &str, found: &Literal<'_>) -> Error {
    Error::msg(ErrorKind::Npy, "malformed header")
        .with_expected(expected)
        .with_found(found.excerpt())
}
