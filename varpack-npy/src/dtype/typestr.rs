//! Simple type strings (`<f8`, `|S5`, `>M8[ns]`): text to dtype and back.

use super::{ByteOrder, Dtype, TimeUnit, Unit, alias};
use crate::literal::quoted;
use crate::{Error, ErrorKind, Result};

/// The most bytes of a string or void element: NumPy keeps the size in a C int.
const MAX_ITEMSIZE: usize = i32::MAX as usize;

/// That an element, a record or the padding in one is no larger than any of NumPy's.
pub(super) fn check_itemsize(itemsize: usize) -> Result<()> {
    if itemsize <= MAX_ITEMSIZE {
        return Ok(());
    }
    Err(Error::msg(ErrorKind::Dtype, "dtype is too large")
        .with_expected(format!("at most {MAX_ITEMSIZE} bytes an element"))
        .with_found(format!("{itemsize} bytes")))
}

/// The most bytes of a type string: NumPy writes no more than 24 (`<M8[2147483647generic]`, say). Pickles may refer
/// to a longer one again and again.
pub const MAX_TYPESTR: usize = 255;

impl Dtype {
    /// Parses a simple type string (`<f8`, `|S5`, `>M8[ns]`), the part of the
    /// [array interface](https://numpy.org/doc/stable/reference/arrays.interface.html) that `.npy`
    /// headers use. Without a byte order (`f8`, `|f8`, `=f8`) it is this machine's, as in NumPy. Type characters
    /// (`d`) and names (`float64`), which NumPy reads and never writes, are read as well.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) if NumPy knows no such type, the text is over 255 bytes long, or an element would
    /// be over 2 GiB large.
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert_eq!(Dtype::parse("|S5")?, Dtype::Bytes { len: 5 });
    /// assert_eq!(Dtype::parse("<M8[ns]")?.itemsize(), 8);
    /// assert_eq!(Dtype::parse("float64")?, Dtype::parse("=f8")?);
    /// assert!(Dtype::parse("<f3").is_err());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn parse(typestr: &str) -> Result<Self> {
        let unknown = || {
            Error::msg(ErrorKind::Dtype, "unknown dtype")
                .with_expected("a type string such as `<f8`, `|S5` or `<M8[ns]`")
                .with_found(quoted(typestr))
        };
        if typestr.len() > MAX_TYPESTR {
            return Err(unknown());
        }
        let (order, rest) = match typestr.strip_prefix('|') {
            Some(rest) => (None, rest),
            None => match typestr.chars().next().and_then(ByteOrder::from_symbol) {
                Some(order) => (Some(order), typestr.get(1..).unwrap_or_default()),
                None => (None, typestr),
            },
        };
        let order = order.unwrap_or(ByteOrder::NATIVE);
        if let Some(unit) = rest.strip_prefix("M8").or_else(|| rest.strip_prefix("datetime64")) {
            return Ok(Self::Datetime { unit: time_unit(unit).ok_or_else(unknown)??, order });
        }
        if let Some(unit) = rest.strip_prefix("m8").or_else(|| rest.strip_prefix("timedelta64")) {
            return Ok(Self::Timedelta { unit: time_unit(unit).ok_or_else(unknown)??, order });
        }
        let dtype = sized(rest, order)
            .or_else(|| alias::of_character(rest, order))
            .or_else(|| alias::of_name(typestr))
            .filter(Self::has_known_size)
            .ok_or_else(unknown)?;
        dtype.check_size()?;
        Ok(dtype)
    }

    /// Whether NumPy has numbers of that size, and ticks of that length.
    pub(super) fn has_known_size(&self) -> bool {
        match self {
            Self::Int { size, .. } | Self::Uint { size, .. } => matches!(size, 1 | 2 | 4 | 8),
            Self::Float { size, .. } => matches!(size, 2 | 4 | 8 | 16),
            Self::Complex { size, .. } => matches!(size, 8 | 16 | 32),
            Self::Datetime { unit, .. } | Self::Timedelta { unit, .. } => unit.has_known_count(),
            _ => true,
        }
    }

    pub(super) fn check_size(&self) -> Result<()> {
        check_itemsize(self.itemsize())
    }

    /// The type string without byte order, and the byte order's symbol (`<`, `>`, or `|` where
    /// there is none): what the pickle of a `numpy.dtype` keeps of it (its unit of time and its
    /// fields are kept apart).
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert_eq!(Dtype::parse(">M8[ns]")?.typestr(), ("M8".to_owned(), '>'));
    /// assert_eq!(Dtype::parse("|S5")?.typestr(), ("S5".to_owned(), '|'));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn typestr(&self) -> (String, char) {
        let typestr = match self {
            Self::Bool => "b1".to_owned(),
            Self::Int { size, .. } => format!("i{size}"),
            Self::Uint { size, .. } => format!("u{size}"),
            Self::Float { size, .. } => format!("f{size}"),
            Self::Complex { size, .. } => format!("c{size}"),
            Self::Datetime { .. } => "M8".to_owned(),
            Self::Timedelta { .. } => "m8".to_owned(),
            Self::Bytes { len } => format!("S{len}"),
            Self::Text { len, .. } => format!("U{len}"),
            Self::Void { len } => format!("V{len}"),
            Self::Record(record) => format!("V{}", record.itemsize),
            Self::Object => "O8".to_owned(),
        };
        (typestr, self.byte_order().map_or('|', ByteOrder::symbol))
    }

    /// NumPy's `dtype.str`, with byte order and unit: `<f8`, `|O`, `>M8[ns]`.
    pub(super) fn full_typestr(&self) -> String {
        let (typestr, order) = self.typestr();
        match self {
            Self::Object => "|O".to_owned(),
            Self::Datetime { unit, .. } | Self::Timedelta { unit, .. } => {
                format!("{order}{typestr}{unit}")
            }
            _ => format!("{order}{typestr}"),
        }
    }
}

/// A kind and a size: `f8`, `S5`.
fn sized(typestr: &str, order: ByteOrder) -> Option<Dtype> {
    let kind = typestr.chars().next()?;
    let size = match typestr.get(kind.len_utf8()..)? {
        "" => None,
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            // Too many digits for a `usize` are too large a type.
            Some(digits.parse().unwrap_or(usize::MAX))
        }
        _ => return None,
    };
    Some(match (kind, size) {
        ('?', None) | ('b', Some(1)) => Dtype::Bool,
        ('i', Some(1)) => Dtype::Int { size: 1, order: ByteOrder::Little },
        ('u', Some(1)) => Dtype::Uint { size: 1, order: ByteOrder::Little },
        ('i', Some(size)) => Dtype::Int { size, order },
        ('u', Some(size)) => Dtype::Uint { size, order },
        ('f', Some(size)) => Dtype::Float { size, order },
        ('c', Some(size)) => Dtype::Complex { size, order },
        // Without a size, a type "of any length", which NumPy takes as one of no bytes.
        ('S' | 'a', len) => Dtype::Bytes { len: len.unwrap_or(0) },
        ('U', len) => Dtype::Text { len: len.unwrap_or(0), order },
        ('V', len) => Dtype::Void { len: len.unwrap_or(0) },
        ('O', None | Some(4 | 8)) => Dtype::Object,
        _ => return None,
    })
}

/// What follows `M8`: nothing, or a unit in brackets.
fn time_unit(rest: &str) -> Option<Result<TimeUnit>> {
    if rest.is_empty() {
        return Some(Ok(TimeUnit { count: 1, base: Unit::Generic }));
    }
    Some(TimeUnit::parse(rest.strip_prefix('[')?.strip_suffix(']')?))
}
