//! The dtype grammar: NumPy's `descr` to [`Dtype`] and back.

use crate::Result;

/// The order of the bytes in a multi-byte scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// `<`
    Little,
    /// `>`
    Big,
}

/// A NumPy data type. One-byte types have byte order `Little`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dtype {
    /// `|b1`
    Bool,
    /// `i1` to `i8`: `size` in bytes
    Int { size: usize, order: ByteOrder },
    /// `u1` to `u8`
    Uint { size: usize, order: ByteOrder },
    /// `f2`, `f4`, `f8` (and `f16`: long double, opaque)
    Float { size: usize, order: ByteOrder },
    /// `c8`, `c16` (and `c32`)
    Complex { size: usize, order: ByteOrder },
    /// `M8[unit]`
    Datetime { unit: TimeUnit, order: ByteOrder },
    /// `m8[unit]`
    Timedelta { unit: TimeUnit, order: ByteOrder },
    /// `S{len}`
    Bytes { len: usize },
    /// `U{len}`: `len` in code points of four bytes
    Text { len: usize, order: ByteOrder },
    /// `V{len}`
    Void { len: usize },
    /// a structured dtype
    Record(Record),
    /// `|O`
    Object,
}

/// A structured dtype.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The fields, by offset.
    pub fields: Vec<Field>,
    /// Bytes of one record, padding included.
    pub itemsize: usize,
    /// Whether NumPy's `align=True` made it (only a pickle says so).
    pub aligned: bool,
}

/// One field of a [`Record`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its title, a second name.
    pub title: Option<String>,
    /// The dtype of one element of it.
    pub dtype: Dtype,
    /// The shape of a sub-array, empty for a scalar.
    pub shape: Vec<usize>,
    /// Bytes from the start of the record.
    pub offset: usize,
}

/// The unit of a datetime64 or timedelta64: `[25s]` is `count` 25 of base `Second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeUnit {
    /// How many of the base unit make one step.
    pub count: u32,
    /// The base unit.
    pub base: Unit,
}

/// The base units of datetime64, in NumPy's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    Generic, Year, Month, Week, Day, Hour, Minute, Second,
    Millisecond, Microsecond, Nanosecond, Picosecond, Femtosecond, Attosecond,
}

impl Dtype {
    /// Parses a simple type string (`<f8`, `|S5`, `>M8[ns]`).
    pub fn parse(_descr: &str) -> Result<Self> {
        todo!()
    }

    /// Bytes of one element.
    pub fn itemsize(&self) -> usize {
        todo!()
    }

    /// The header's Python literal: `'<f8'`, `[('id', '<i4'), ('w', '<f8')]`.
    pub fn descr(&self) -> String {
        todo!()
    }

    /// NumPy's `str(dtype)`: `float64`, `>f4`, `datetime64[ns]`, `[('id', '<i4'), ...]`.
    pub fn name(&self) -> String {
        todo!()
    }

    /// Whether the bytes are in this machine's order, all fields included.
    pub fn is_native(&self) -> bool {
        todo!()
    }

    /// The same dtype in this machine's byte order.
    #[must_use]
    pub fn to_native(&self) -> Self {
        todo!()
    }

    /// Turns elements (a whole number of them) from one byte order to the other, in place, field by field.
    pub fn swap_bytes(&self, _elements: &mut [u8]) {
        todo!()
    }
}
