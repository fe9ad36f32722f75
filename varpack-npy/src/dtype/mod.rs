//! NumPy's data types: what they are, how large, in which byte order.

mod alias;
mod descr;
mod name;
mod record;
mod swap;
mod typestr;
mod unit;

pub use record::{Field, Record};
pub use typestr::MAX_TYPESTR;
pub use unit::{TimeUnit, Unit};

pub(super) use descr::{shape_from, shape_repr};
pub(super) use record::MAX_RECORD_DEPTH;

/// The order of the bytes in a multi-byte scalar.
///
/// ```
/// use varpack_npy::{ByteOrder, Dtype};
///
/// let big = Dtype::parse("<f8")?.with_byte_order(ByteOrder::Big);
/// assert_eq!(big.descr(), "'>f8'");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// `<`
    Little,
    /// `>`
    Big,
}

impl ByteOrder {
    /// This machine's order.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };

    /// The one that is not this machine's.
    #[doc(hidden)]
    pub const FOREIGN: Self = if cfg!(target_endian = "big") { Self::Little } else { Self::Big };

    /// The order that NumPy writes as `symbol`: `<`, `>`, and `=` for this machine's; `None` for
    /// `|`, which stands where order does not apply, and for anything else.
    ///
    /// ```
    /// use varpack_npy::ByteOrder;
    ///
    /// assert_eq!(ByteOrder::from_symbol('>'), Some(ByteOrder::Big));
    /// assert_eq!(ByteOrder::from_symbol('|'), None);
    /// ```
    pub fn from_symbol(symbol: char) -> Option<Self> {
        match symbol {
            '<' => Some(Self::Little),
            '>' => Some(Self::Big),
            '=' => Some(Self::NATIVE),
            _ => None,
        }
    }

    /// `<` or `>`.
    ///
    /// ```
    /// assert_eq!(varpack_npy::ByteOrder::Big.symbol(), '>');
    /// ```
    pub fn symbol(self) -> char {
        match self {
            Self::Little => '<',
            Self::Big => '>',
        }
    }
}

/// A NumPy data type.
///
/// Types of one byte, for which order means nothing, have byte order [`Little`](ByteOrder::Little):
/// so equal types compare equal. The functions of this module keep to that.
///
/// ```
/// use varpack_npy::{ByteOrder, Dtype};
///
/// let dtype = Dtype::parse(">f4")?;
/// assert_eq!(dtype, Dtype::Float { size: 4, order: ByteOrder::Big });
/// assert_eq!(dtype.itemsize(), 4);
/// assert_eq!(dtype.with_byte_order(ByteOrder::Little).descr(), "'<f4'");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// `|b1`: one byte, 0 or 1.
    Bool,
    /// `i1`, `i2`, `i4`, `i8`: a signed integer, in two's complement.
    Int {
        /// 1, 2, 4 or 8 bytes.
        size: usize,
        /// The order of its bytes.
        order: ByteOrder,
    },
    /// `u1`, `u2`, `u4`, `u8`: an unsigned integer.
    Uint {
        /// 1, 2, 4 or 8 bytes.
        size: usize,
        /// The order of its bytes.
        order: ByteOrder,
    },
    /// `f2`, `f4`, `f8`: an IEEE 754 number. `f16` is C's `long double`, whose bits depend on the
    /// platform: its bytes are kept, no [`Element`](super::Element) reads them.
    Float {
        /// 2, 4, 8 or 16 bytes.
        size: usize,
        /// The order of its bytes.
        order: ByteOrder,
    },
    /// `c8`, `c16` (and `c32`, of two `long double`): real and imaginary part.
    Complex {
        /// 8, 16 or 32 bytes, both parts together.
        size: usize,
        /// The order of the bytes in each part.
        order: ByteOrder,
    },
    /// `M8[unit]`: ticks since 1970-01-01T00:00 UTC in 8 bytes, the least `i64` being "not a time".
    Datetime {
        /// The length of a tick.
        unit: TimeUnit,
        /// The order of its bytes.
        order: ByteOrder,
    },
    /// `m8[unit]`: a number of ticks in 8 bytes, the least `i64` being "not a time".
    Timedelta {
        /// The length of a tick.
        unit: TimeUnit,
        /// The order of its bytes.
        order: ByteOrder,
    },
    /// `S{len}`: bytes, padded with NUL.
    Bytes {
        /// Bytes of one element.
        len: usize,
    },
    /// `U{len}`: text in UTF-32, padded with NUL.
    Text {
        /// Code points of one element, four bytes each.
        len: usize,
        /// The order of the bytes in a code point.
        order: ByteOrder,
    },
    /// `V{len}`: bytes without a meaning to NumPy.
    Void {
        /// Bytes of one element.
        len: usize,
    },
    /// A structured dtype.
    Record(Record),
    /// `|O`: Python objects. A `.npy` file holds a pickle of them, not elements of a fixed size.
    Object,
}

impl Dtype {
    /// Bytes that it owns beside its own.
    pub(crate) fn owned_size(&self) -> usize {
        match self {
            Self::Record(record) => record.owned_size(),
            _ => 0,
        }
    }

    /// Bytes of one element. For objects that of a pointer on a 64-bit machine, as NumPy says.
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert_eq!(Dtype::parse("<c16")?.itemsize(), 16);
    /// assert_eq!(Dtype::parse("<U7")?.itemsize(), 28); // four bytes a character
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub const fn itemsize(&self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Int { size, .. }
            | Self::Uint { size, .. }
            | Self::Float { size, .. }
            | Self::Complex { size, .. } => *size,
            Self::Datetime { .. } | Self::Timedelta { .. } | Self::Object => 8,
            Self::Bytes { len } | Self::Void { len } => *len,
            Self::Text { len, .. } => len.saturating_mul(4),
            Self::Record(record) => record.itemsize,
        }
    }

    /// The alignment that NumPy gives an element on a 64-bit machine, in bytes.
    ///
    /// A record's is 1, unless `align=True` made it.
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert_eq!(Dtype::parse("<c16")?.alignment(), 8);
    /// assert_eq!(Dtype::parse("<U7")?.alignment(), 4);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn alignment(&self) -> usize {
        match self {
            Self::Bool | Self::Bytes { .. } | Self::Void { .. } => 1,
            Self::Int { size, .. } | Self::Uint { size, .. } | Self::Float { size, .. } => *size,
            Self::Complex { size, .. } => size / 2,
            Self::Datetime { .. } | Self::Timedelta { .. } | Self::Object => 8,
            Self::Text { .. } => 4,
            Self::Record(record) if record.aligned => {
                record.fields.iter().map(|field| field.dtype.alignment()).max().unwrap_or(1)
            }
            Self::Record(_) => 1,
        }
    }

    /// The order of a scalar's bytes; `None` where there is no order to speak of.
    fn byte_order(&self) -> Option<ByteOrder> {
        match self {
            Self::Int { size: 1, .. } | Self::Uint { size: 1, .. } => None,
            Self::Int { order, .. }
            | Self::Uint { order, .. }
            | Self::Float { order, .. }
            | Self::Complex { order, .. }
            | Self::Datetime { order, .. }
            | Self::Timedelta { order, .. }
            | Self::Text { order, .. } => Some(*order),
            Self::Bool
            | Self::Bytes { .. }
            | Self::Void { .. }
            | Self::Record(_)
            | Self::Object => None,
        }
    }

    /// Whether the bytes are in this machine's order, all fields included.
    ///
    /// ```
    /// use varpack_npy::{ByteOrder, Dtype};
    ///
    /// assert!(Dtype::parse("=i8")?.is_native());
    /// assert!(Dtype::parse(">i1")?.is_native());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn is_native(&self) -> bool {
        self.is_in(ByteOrder::NATIVE)
    }

    /// Whether the bytes are in this order, all fields included.
    fn is_in(&self, order: ByteOrder) -> bool {
        match self {
            Self::Record(record) => record.fields.iter().all(|field| field.dtype.is_in(order)),
            scalar => scalar.byte_order().is_none_or(|found| found == order),
        }
    }

    /// The same dtype in this machine's byte order.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Element};
    ///
    /// assert_eq!(Dtype::parse(">f8")?.to_native(), f64::dtype());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn to_native(&self) -> Self {
        self.with_byte_order(ByteOrder::NATIVE)
    }

    /// The same dtype in another byte order, all fields included: NumPy's `newbyteorder`.
    ///
    /// ```
    /// use varpack_npy::{ByteOrder, Dtype};
    ///
    /// assert_eq!(Dtype::parse("<f8")?.with_byte_order(ByteOrder::Big).name(), ">f8");
    /// assert_eq!(Dtype::parse("|u1")?.with_byte_order(ByteOrder::Big).name(), "uint8");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn with_byte_order(&self, order: ByteOrder) -> Self {
        let mut dtype = self.clone();
        match &mut dtype {
            Self::Int { size: 1, .. } | Self::Uint { size: 1, .. } => {}
            Self::Int { order: old, .. }
            | Self::Uint { order: old, .. }
            | Self::Float { order: old, .. }
            | Self::Complex { order: old, .. }
            | Self::Datetime { order: old, .. }
            | Self::Timedelta { order: old, .. }
            | Self::Text { order: old, .. } => *old = order,
            Self::Record(record) => {
                record.fields = record.fields.iter().map(|f| f.with_byte_order(order)).collect();
            }
            Self::Bool | Self::Bytes { .. } | Self::Void { .. } | Self::Object => {}
        }
        dtype
    }

    /// The same dtype with another length of tick; anything but a datetime64 or timedelta64 stays
    /// as it is. A pickle gives a dtype's unit apart from its type string.
    ///
    /// ```
    /// use varpack_npy::{Dtype, TimeUnit};
    ///
    /// let dtype = Dtype::parse("<M8")?.with_time_unit(TimeUnit::new("ns", 1)?);
    /// assert_eq!(dtype.name(), "datetime64[ns]");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn with_time_unit(self, unit: TimeUnit) -> Self {
        match self {
            Self::Datetime { order, .. } => Self::Datetime { unit, order },
            Self::Timedelta { order, .. } => Self::Timedelta { unit, order },
            other => other,
        }
    }

    /// Whether an element holds Python objects, itself or in a field.
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert!(Dtype::parse("|O")?.has_objects());
    /// assert!(!Dtype::parse("<f8")?.has_objects());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn has_objects(&self) -> bool {
        match self {
            Self::Record(record) => record.fields.iter().any(|field| field.dtype.has_objects()),
            dtype => *dtype == Self::Object,
        }
    }

    /// Whether elements of the two differ at most in byte order: same kinds, sizes and units, and
    /// for records same names, offsets, shapes and size. Titles and `align=True` do not count, for
    /// they change no byte.
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// let dtype = Dtype::parse("<i4")?;
    /// assert!(dtype.is_equivalent(&Dtype::parse(">i4")?));
    /// assert!(!dtype.is_equivalent(&Dtype::parse("<u4")?));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn is_equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(a), Self::Record(b)) => a.is_equivalent(b),
            (Self::Record(_), _) | (_, Self::Record(_)) => false,
            (a, b) => {
                a == b
                    || a.with_byte_order(ByteOrder::Little) == b.with_byte_order(ByteOrder::Little)
            }
        }
    }
}
