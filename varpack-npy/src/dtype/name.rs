//! The names of dtypes: NumPy's `str(dtype)`.

use super::descr::shape_repr;
use super::{ByteOrder, Dtype, Field, Record};
use crate::literal::repr;
use std::fmt;

impl Dtype {
    /// NumPy's `str(dtype)`, as the manifest holds it: `float64`, `>f4`, `datetime64[ns]`, `|S5`,
    /// `[('id', '<i4'), ('tag', 'S3')]`.
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert_eq!(Dtype::parse("|b1")?.name(), "bool");
    /// assert_eq!(Dtype::parse("|V5")?.name(), "|V5");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn name(&self) -> String {
        self.name_on(ByteOrder::NATIVE)
    }

    /// Whether the NumPy of any machine, big-endian or little-endian, would call it so: `float64` and `>f8` are one
    /// dtype, said on two.
    #[doc(hidden)]
    pub fn is_called(&self, name: &str) -> bool {
        [ByteOrder::Little, ByteOrder::Big].iter().any(|&machine| self.name_on(machine) == name)
    }

    /// The name on a machine of that byte order.
    fn name_on(&self, machine: ByteOrder) -> String {
        let stem = match self {
            Self::Record(record) => return record_name(record, record.aligned),
            Self::Bytes { .. } | Self::Text { .. } | Self::Void { .. } => {
                return self.full_typestr();
            }
            _ if !self.is_in(machine) => return self.full_typestr(),
            Self::Bool => return "bool".to_owned(),
            Self::Object => return "object".to_owned(),
            Self::Datetime { unit, .. } => return format!("datetime64{unit}"),
            Self::Timedelta { unit, .. } => return format!("timedelta64{unit}"),
            Self::Int { .. } => "int",
            Self::Uint { .. } => "uint",
            Self::Float { .. } => "float",
            Self::Complex { .. } => "complex",
        };
        format!("{stem}{}", self.itemsize().saturating_mul(8))
    }

    /// The dtype inside a record's name, where order is always said and `|` never:
    /// NumPy's `_construction_repr(short=True)`.
    fn short_name(&self) -> String {
        match self {
            Self::Record(record) => record_name(record, false),
            Self::Bool => "'?'".to_owned(),
            Self::Object => "'O'".to_owned(),
            Self::Bytes { len: 0 } => "'S'".to_owned(),
            Self::Void { len: 0 } => "'V'".to_owned(),
            Self::Text { len: 0, order } => format!("'{}U'", order.symbol()),
            scalar => format!("'{}'", scalar.full_typestr().trim_start_matches('|')),
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A list where that says all, else a dictionary.
fn record_name(record: &Record, say_aligned: bool) -> String {
    if !say_aligned && is_packed(record) {
        let fields: Vec<String> = record.fields.iter().map(list_entry).collect();
        return format!("[{}]", fields.join(", "));
    }
    let join = |part: &dyn Fn(&Field) -> String| {
        record.fields.iter().map(part).collect::<Vec<_>>().join(", ")
    };
    let names = join(&|field| repr(&field.name));
    let formats = join(&|field| match field.shape.as_slice() {
        [] => field.dtype.short_name(),
        shape => format!("({}, {})", field.dtype.short_name(), shape_repr(shape)),
    });
    let offsets = join(&|field| field.offset.to_string());
    let titles = if record.fields.iter().any(|field| field.title.is_some()) {
        let titles = join(&|field| field.title.as_deref().map_or_else(|| "None".to_owned(), repr));
        format!(", 'titles': [{titles}]")
    } else {
        String::new()
    };
    let aligned = if say_aligned { ", 'aligned': True" } else { "" };
    format!(
        "{{'names': [{names}], 'formats': [{formats}], 'offsets': [{offsets}]{titles}, \
         'itemsize': {}{aligned}}}",
        record.itemsize
    )
}

fn list_entry(field: &Field) -> String {
    let name = match &field.title {
        Some(title) => format!("({}, {})", repr(title), repr(&field.name)),
        None => repr(&field.name),
    };
    let dtype = field.dtype.short_name();
    match field.shape.as_slice() {
        [] => format!("({name}, {dtype})"),
        shape => format!("({name}, {dtype}, {})", shape_repr(shape)),
    }
}

/// Whether the fields follow each other with no padding but what `align=True` puts there.
fn is_packed(record: &Record) -> bool {
    let mut end = 0_usize;
    let round_up = |offset: usize, alignment: usize| {
        if !record.aligned {
            return offset;
        }
        offset.checked_next_multiple_of(alignment).unwrap_or(usize::MAX)
    };
    for field in record.fields.iter() {
        if field.offset != round_up(end, field.dtype.alignment()) {
            return false;
        }
        end = field.offset.saturating_add(field.itemsize());
    }
    let alignment = record.fields.iter().map(|field| field.dtype.alignment()).max();
    round_up(end, alignment.unwrap_or(1)) == record.itemsize
}
