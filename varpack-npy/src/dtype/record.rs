//! Structured dtypes: their fields, and what makes a set of fields a valid one.

use super::typestr::check_itemsize;
use super::{ByteOrder, Dtype};
use crate::element::FieldType;
use crate::literal::quoted;
use crate::ndim::MAX_NDIM;
use crate::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::sync::Arc;

/// How deep records may nest: every function over a dtype recurses.
pub(crate) const MAX_RECORD_DEPTH: usize = 32;

/// How many fields a record may have, those of nested records counted along: a pickle can name one
/// record many times over, and every function over a dtype visits each.
pub(super) const MAX_FIELDS: usize = 65_536;

/// A structured dtype. [`Record::new`] makes one.
///
/// ```
/// use varpack_npy::{Dtype, Field, Record};
///
/// let record = Record::new(vec![Field::new("loss", Dtype::parse("<f4")?, 0)], 4, false)?;
/// assert_eq!(record.fields[0].name, "loss");
/// assert_eq!(record.itemsize, 4);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The fields, in the order of NumPy's `dtype.names`: by offset in a `.npy` file, in any order
    /// in a pickle. They never overlap. Shared, so that cloning a dtype costs nothing.
    pub fields: Arc<[Field]>,
    /// Bytes of one record, padding included.
    pub itemsize: usize,
    /// Whether NumPy's `align=True` made it. Only a pickle says so.
    pub aligned: bool,
    extent: Extent,
}

/// How large a record's tree of fields is, kept so that a record of records costs no second walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Extent {
    fields: usize,
    depth: usize,
}

/// One field of a [`Record`].
///
/// ```
/// use varpack_npy::{Dtype, Field};
///
/// let position = Field::new("position", Dtype::parse("<f4")?, 4).with_shape([3]);
/// assert_eq!((position.offset, position.itemsize()), (4, 12));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The field's name.
    pub name: String,
    /// Its title, a second name.
    pub title: Option<String>,
    /// The dtype of one element of it.
    pub dtype: Dtype,
    /// The shape of a sub-array (C order), empty for a scalar.
    pub shape: Vec<usize>,
    /// Bytes from the start of the record.
    pub offset: usize,
}

impl Record {
    /// A record of `itemsize` bytes. What no field covers is padding.
    ///
    /// # Errors
    /// - [`Dtype`](ErrorKind::Dtype) if two names or titles are equal, fields overlap or reach past the
    ///   end, a void field has no name (NumPy takes it for padding), a sub-array has over 64 axes, or the record
    ///   has over 2,147,483,647 bytes, the most that NumPy has.
    /// - [`Limit`](ErrorKind::Limit) if records nest over 32 deep or have over 65,536 fields in all.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Field, Record};
    ///
    /// let id = Field::new("id", Dtype::parse("|u1")?, 0);
    /// let position = Field::new("position", Dtype::parse("<f4")?, 4).with_shape([3]);
    /// let record = Dtype::Record(Record::new(vec![id, position], 16, false)?);
    /// assert_eq!(record.descr(), "[('id', '|u1'), ('', '|V3'), ('position', '<f4', (3,))]");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn new(fields: Vec<Field>, itemsize: usize, aligned: bool) -> Result<Self> {
        let extent = Extent::of(&fields);
        extent.check()?;
        check_names(&fields)?;
        check_offsets(&fields, itemsize)?;
        Ok(Self { fields: fields.into(), itemsize, aligned, extent })
    }

    /// The record of a `#[repr(C)]` struct, whose compiler has seen to what [`Record::new`] checks. (If not, it is refused
    /// when it is saved.)
    ///
    /// ```
    /// use std::mem::offset_of;
    /// use varpack_npy::{Field, Record};
    ///
    /// #[repr(C)]
    /// struct Epoch { step: u32, loss: f32 }
    ///
    /// let record = Record::of::<Epoch>(vec![
    ///     Field::of::<u32>("step", offset_of!(Epoch, step)),
    ///     Field::of::<f32>("loss", offset_of!(Epoch, loss)),
    /// ]);
    /// assert_eq!(record.itemsize, 8);
    /// ```
    pub fn of<T>(fields: Vec<Field>) -> Self {
        let extent = Extent::of(&fields);
        Self { fields: fields.into(), itemsize: size_of::<T>(), aligned: false, extent }
    }

    /// What [`Record::new`] checks, at every depth: the fields can be set since, and [`Record::of`] takes any.
    /// `above`: how many fields are counted so far, and how deep this record stands in others.
    fn check(&self, above: Extent) -> Result<Extent> {
        let mut extent =
            Extent { fields: above.fields + self.fields.len(), depth: above.depth + 1 };
        extent.check()?;
        check_names(&self.fields)?;
        check_offsets(&self.fields, self.itemsize)?;
        for field in self.fields.iter() {
            let inner = field.dtype.check_within(extent)?;
            extent.fields = inner.fields;
        }
        Ok(Extent { depth: above.depth, ..extent })
    }

    /// Bytes of its fields and of what they own, at every depth.
    pub(super) fn owned_size(&self) -> usize {
        self.fields.iter().fold(0_usize, |size, field| {
            let texts = field.name.len() + field.title.as_ref().map_or(0, String::len);
            let axes = field.shape.len() * size_of::<usize>();
            let own = size_of::<Field>() + texts + axes;
            size.saturating_add(own).saturating_add(field.dtype.owned_size())
        })
    }

    /// The fields by their offsets.
    pub(super) fn by_offset(&self) -> Vec<&Field> {
        by_offset(&self.fields)
    }

    pub(super) fn is_equivalent(&self, other: &Self) -> bool {
        self.itemsize == other.itemsize
            && self.fields.len() == other.fields.len()
            && self.fields.iter().zip(other.fields.iter()).all(|(a, b)| {
                a.name == b.name
                    && a.offset == b.offset
                    && a.shape == b.shape
                    && a.dtype.is_equivalent(&b.dtype)
            })
    }
}

impl Field {
    /// A scalar field without a title, `offset` bytes from the start of the record.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Field};
    ///
    /// let field = Field::new("loss", Dtype::parse("<f4")?, 8);
    /// assert_eq!((field.itemsize(), field.offset), (4, 8));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, dtype: Dtype, offset: usize) -> Self {
        Self { name: name.into(), title: None, dtype, shape: Vec::new(), offset }
    }

    /// The field of a Rust type, a sub-array where that is a Rust array.
    ///
    /// ```
    /// use varpack_npy::Field;
    ///
    /// assert_eq!(Field::of::<[[f32; 3]; 2]>("corners", 0).shape, [2, 3]);
    /// ```
    pub fn of<T: FieldType>(name: &str, offset: usize) -> Self {
        Self::new(name, T::dtype(), offset).with_shape(T::sub_array_shape())
    }

    /// Gives it a title.
    ///
    /// ```
    /// use varpack_npy::Field;
    ///
    /// let field = Field::of::<f32>("loss", 0).with_title("the loss");
    /// assert_eq!(field.title.as_deref(), Some("the loss"));
    /// ```
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Makes it a sub-array.
    ///
    /// ```
    /// use varpack_npy::Field;
    ///
    /// assert_eq!(Field::of::<f32>("loss", 0).with_shape([2, 3]).itemsize(), 24);
    /// ```
    #[must_use]
    pub fn with_shape(mut self, shape: impl Into<Vec<usize>>) -> Self {
        self.shape = shape.into();
        self
    }

    /// Bytes of the field, all elements of a sub-array. `usize::MAX` where that is too many to
    /// count.
    ///
    /// ```
    /// use varpack_npy::Field;
    ///
    /// assert_eq!(Field::of::<[f32; 3]>("position", 0).itemsize(), 12);
    /// ```
    pub fn itemsize(&self) -> usize {
        self.checked_itemsize().unwrap_or(usize::MAX)
    }

    pub(super) fn with_byte_order(&self, order: ByteOrder) -> Self {
        Self { dtype: self.dtype.with_byte_order(order), ..self.clone() }
    }

    /// Axes of no elements are counted as one, so that the order of the axes does not decide
    /// whether a product overflows.
    fn checked_itemsize(&self) -> Option<usize> {
        let bytes = (self.shape.iter().filter(|&&len| len > 0))
            .try_fold(self.dtype.itemsize(), |bytes, &len| bytes.checked_mul(len))?;
        Some(if self.shape.contains(&0) { 0 } else { bytes })
    }
}

impl Dtype {
    /// That it is a dtype which its own text is read as again: anyone can put one together.
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse) and [`Record::new`].
    #[doc(hidden)]
    pub fn check(&self) -> Result<()> {
        self.check_within(Extent::default()).map(drop)
    }

    fn check_within(&self, above: Extent) -> Result<Extent> {
        match self {
            Self::Record(record) => return record.check(above),
            _ if self.has_known_size() => self.check_size()?,
            _ => {
                return Err(Error::msg(ErrorKind::Dtype, "unknown dtype")
                    .with_expected("a size that NumPy has")
                    .with_found(quoted(&self.full_typestr())));
            }
        }
        Ok(above)
    }
}

impl Extent {
    fn check(self) -> Result<()> {
        if self.depth <= MAX_RECORD_DEPTH && self.fields <= MAX_FIELDS {
            return Ok(());
        }
        Err(Error::msg(ErrorKind::Limit, "structured dtype is too large").with_expected(format!(
            "at most {MAX_FIELDS} fields, nested at most {MAX_RECORD_DEPTH} deep"
        )))
    }

    fn of(fields: &[Field]) -> Self {
        fields.iter().fold(Self { fields: fields.len(), depth: 1 }, |extent, field| {
            match &field.dtype {
                Dtype::Record(Record { extent: inner, .. }) => Self {
                    fields: extent.fields.saturating_add(inner.fields),
                    depth: extent.depth.max(inner.depth.saturating_add(1)),
                },
                _ => extent,
            }
        })
    }
}

fn by_offset(fields: &[Field]) -> Vec<&Field> {
    let mut fields: Vec<&Field> = fields.iter().collect();
    // A field of no bytes stands before the one that starts at the same place.
    fields.sort_by_key(|field| (field.offset, field.itemsize()));
    fields
}

/// Names and titles are keys of one dictionary in NumPy.
fn check_names(fields: &[Field]) -> Result<()> {
    let mut seen = HashSet::new();
    for field in fields {
        if field.name.is_empty() && matches!(field.dtype, Dtype::Void { .. }) {
            return Err(Error::msg(ErrorKind::Dtype, "a void field needs a name"));
        }
        for name in [Some(&field.name), field.title.as_ref()].into_iter().flatten() {
            if !seen.insert(name) {
                return Err(Error::msg(ErrorKind::Dtype, "structured dtype repeats a field")
                    .with_found(format!("{} twice", quoted(name))));
            }
        }
    }
    Ok(())
}

fn check_offsets(fields: &[Field], itemsize: usize) -> Result<()> {
    let mut end = 0;
    let mut before: &str = "";
    for field in by_offset(fields) {
        let name = || quoted(&field.name);
        if field.shape.len() > MAX_NDIM {
            return Err(Error::msg(
                ErrorKind::Dtype,
                format!("field {} is a bad sub-array", name()),
            )
            .with_expected(format!("at most {MAX_NDIM} axes"))
            .with_found(field.shape.len().to_string()));
        }
        if field.offset < end {
            return Err(Error::msg(ErrorKind::Dtype, "structured dtype has overlapping fields")
                .with_expected(format!(
                    "{} at byte {end} or later, after {}",
                    name(),
                    quoted(before)
                ))
                .with_found(format!("byte {}", field.offset)));
        }
        let field_end = field.checked_itemsize().and_then(|size| field.offset.checked_add(size));
        end = field_end.filter(|&end| end <= itemsize).ok_or_else(|| {
            Error::msg(ErrorKind::Dtype, format!("field {} reaches past its record", name()))
                .with_expected(format!("an end at byte {itemsize} or before"))
                .with_found(
                    field_end.map_or("more bytes than memory".to_owned(), |end| end.to_string()),
                )
        })?;
        before = &field.name;
    }
    // What its fields and the padding between them take is no more.
    check_itemsize(itemsize)
}
