//! The `descr` of a header: Python literals to dtypes and back.

use super::Dtype;
use super::record::{Field, MAX_FIELDS, Record};
use crate::literal::{self, Literal};
use crate::ndim::check_ndim;
use crate::{Error, ErrorKind, Result};

impl Dtype {
    /// The Python literal that NumPy writes into a `.npy` header: `'<f8'`,
    /// `[('id', '|u1'), ('', '|V3'), ('w', '<f4')]`.
    ///
    /// A header knows no order of fields but that of their offsets: of a record from a pickle whose
    /// names come in another order, it says where they are (NumPy refuses to save such an array).
    ///
    /// ```
    /// use varpack_npy::Dtype;
    ///
    /// assert_eq!(Dtype::parse("M8[25s]")?.descr(), "'<M8[25s]'");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn descr(&self) -> String {
        let mut out = String::new();
        self.write_descr(&mut out);
        out
    }

    fn write_descr(&self, out: &mut String) {
        let Self::Record(record) = self else {
            out.push_str(&literal::repr(&self.full_typestr()));
            return;
        };
        let mut items = ListText::new(out);
        let mut end = 0_usize;
        for field in record.by_offset() {
            items.padding(field.offset.saturating_sub(end));
            end = field.offset.saturating_add(field.itemsize());
            let out = items.next();
            out.push('(');
            match &field.title {
                Some(title) => {
                    out.push_str(&format!(
                        "({}, {})",
                        literal::repr(title),
                        literal::repr(&field.name)
                    ));
                }
                None => out.push_str(&literal::repr(&field.name)),
            }
            out.push_str(", ");
            field.dtype.write_descr(out);
            if !field.shape.is_empty() {
                out.push_str(", ");
                out.push_str(&shape_repr(&field.shape));
            }
            out.push(')');
        }
        items.padding(record.itemsize.saturating_sub(end));
        out.push(']');
    }

    /// The dtype that a header's `descr` stands for.
    pub(crate) fn from_descr(descr: &Literal<'_>) -> Result<Self> {
        let (dtype, shape) = match descr {
            Literal::Str(formats) => of_formats(formats)?,
            Literal::List(entries) => (record(entries)?, Vec::new()),
            other => return Err(malformed("a type string or a list of fields", other)),
        };
        // NumPy cannot load it: its axes would come after those of the header's shape.
        if !shape.is_empty() {
            return Err(Error::msg(ErrorKind::Dtype, "sub-array outside of a record")
                .with_expected("the dtype of one element")
                .with_found(descr.excerpt()));
        }
        Ok(dtype)
    }
}

/// A Python tuple of lengths: `()`, `(3,)`, `(2, 3)`.
pub(crate) fn shape_repr(shape: &[usize]) -> String {
    match shape {
        [only] => format!("({only},)"),
        lens => {
            let lens: Vec<String> = lens.iter().map(usize::to_string).collect();
            format!("({})", lens.join(", "))
        }
    }
}

/// The shape that a tuple of integers stands for.
pub(crate) fn shape_from(literal: &Literal<'_>) -> Result<Vec<usize>> {
    let Literal::Tuple(lens) = literal else {
        return Err(bad_shape("a tuple of integers", literal));
    };
    check_ndim(lens.len())?;
    lengths(lens)
}

/// The shape of a sub-array, which may be one length or a list of them.
fn sub_array_shape(literal: &Literal<'_>) -> Result<Vec<usize>> {
    match literal {
        Literal::Int(_) => lengths(std::slice::from_ref(literal)),
        Literal::List(lens) => {
            check_ndim(lens.len())?;
            lengths(lens)
        }
        other => shape_from(other),
    }
}

fn lengths(lens: &[Literal<'_>]) -> Result<Vec<usize>> {
    lens.iter()
        .map(|len| match len {
            Literal::Int(digits) if digits.starts_with('-') => {
                Err(bad_shape("a length of 0 or more", len))
            }
            Literal::Int(digits) => {
                digits.parse().map_err(|_| bad_shape("a length that fits in memory", len))
            }
            other => Err(bad_shape("an integer", other)),
        })
        .collect()
}

/// Fields lie one behind another; entries without a name are padding, which takes up room only.
fn record(entries: &[Literal<'_>]) -> Result<Dtype> {
    let mut fields = Vec::with_capacity(entries.len());
    let mut offset = 0_usize;
    for entry in entries {
        let (name, format, shape) = match entry {
            Literal::Tuple(parts) | Literal::List(parts) => match parts.as_slice() {
                [name, format] => (name, format, None),
                [name, format, shape] => (name, format, Some(shape)),
                _ => return Err(malformed("a field of two or three parts", entry)),
            },
            _ => return Err(malformed("a field as a tuple", entry)),
        };
        let (title, name) = match name {
            Literal::Str(name) => (None, name),
            Literal::Tuple(names) => match names.as_slice() {
                [Literal::Str(title), Literal::Str(name)] => (Some(title.to_string()), name),
                _ => return Err(malformed("a title and a name", entry)),
            },
            _ => return Err(malformed("a field's name", entry)),
        };
        let (dtype, shape) = match shape {
            Some(shape) => sub_array(format, shape)?,
            None => format_of(format)?,
        };
        let field = Field { name: name.to_string(), title, dtype, shape, offset };
        offset = offset.checked_add(field.itemsize()).ok_or_else(|| {
            Error::msg(ErrorKind::Dtype, "structured dtype is too large")
                .with_found(entry.excerpt())
        })?;
        let is_padding = field.name.is_empty() && matches!(field.dtype, Dtype::Void { .. });
        if !is_padding {
            fields.push(field);
        }
    }
    Ok(Dtype::Record(Record::new(fields, offset, false)?))
}

/// A type string, which may have the shape of a sub-array before it; or several with commas between them, `f4, 3i4,
/// (2,3)f8`: the formats of fields that are called `f0`, `f1` and so on.
fn of_formats(formats: &str) -> Result<(Dtype, Vec<usize>)> {
    let mut depth = 0_u32;
    let parts = formats.split(|c| {
        depth = match c {
            '(' | '[' => depth.saturating_add(1),
            ')' | ']' => depth.saturating_sub(1),
            _ => depth,
        };
        c == ',' && depth == 0
    });
    // One more than a record may have is refused as that.
    let parts: Vec<&str> = parts.take(MAX_FIELDS + 1).collect();
    if let [only] = *parts {
        return repeated(only);
    }
    let mut fields = Vec::with_capacity(parts.len());
    let mut offset = 0_usize;
    for (index, part) in parts.into_iter().enumerate() {
        let (dtype, shape) = repeated(part.trim())?;
        let field = Field { name: format!("f{index}"), title: None, dtype, shape, offset };
        offset = offset.checked_add(field.itemsize()).ok_or_else(|| {
            Error::msg(ErrorKind::Dtype, "structured dtype is too large")
                .with_found(literal::quoted(formats))
        })?;
        fields.push(field);
    }
    Ok((Dtype::Record(Record::new(fields, offset, false)?), Vec::new()))
}

/// `3i4`, `<3i4` or `(2,3)f8`: a type string, with the shape of a sub-array before it (`_commastring` in NumPy's
/// `_internal.py`).
fn repeated(format: &str) -> Result<(Dtype, Vec<usize>)> {
    let rest = format.trim_start_matches(['<', '>', '=', '|']);
    let order = format.strip_suffix(rest).unwrap_or_default();
    let (lens, typestr) = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').ok_or_else(|| bad_format(format))?,
        None => rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())),
    };
    if lens.is_empty() && !rest.starts_with('(') {
        return Ok((Dtype::parse(format)?, Vec::new()));
    }
    let lens = format!("[{lens}]");
    let shape = literal::parse(&lens, false).map_err(|_| bad_format(format))?;
    let dtype = Dtype::parse(&format!("{order}{}", typestr.trim()));
    let dtype = dtype.map_err(|_| bad_format(format))?;
    // Not of length 0, but of the one before it: `5S` is `S5`, which NumPy never writes so.
    if is_unsized(&dtype) {
        return Err(bad_format(format));
    }
    Ok((dtype, sub_array_shape(&shape)?))
}

/// A text, bytes or void without a length.
fn is_unsized(dtype: &Dtype) -> bool {
    dtype.itemsize() == 0 && !matches!(dtype, Dtype::Record(_))
}

/// A field's format, which may be a sub-array `(format, shape)`.
fn format_of(format: &Literal<'_>) -> Result<(Dtype, Vec<usize>)> {
    match format {
        Literal::Tuple(parts) => match parts.as_slice() {
            [format, shape] => sub_array(format, shape),
            _ => Err(malformed("a format and a shape", format)),
        },
        Literal::Str(formats) => of_formats(formats),
        format => Ok((Dtype::from_descr(format)?, Vec::new())),
    }
}

/// A sub-array; one of another adds up its axes.
fn sub_array(format: &Literal<'_>, shape: &Literal<'_>) -> Result<(Dtype, Vec<usize>)> {
    let (dtype, inner) = format_of(format)?;
    // The number after a text without a length is its length to NumPy, which never writes it so.
    if matches!(shape, Literal::Int(_)) && is_unsized(&dtype) {
        return Err(malformed("a format of some length", format));
    }
    let mut shape = sub_array_shape(shape)?;
    shape.extend(inner);
    Ok((dtype, shape))
}

fn bad_format(format: &str) -> Error {
    Error::msg(ErrorKind::Dtype, "unknown dtype")
        .with_expected("a type string with a shape before it, as `(2,)<f8`")
        .with_found(literal::quoted(format))
}

fn malformed(expected: &str, found: &Literal<'_>) -> Error {
    Error::msg(ErrorKind::Npy, "malformed `descr`")
        .with_expected(expected)
        .with_found(found.excerpt())
}

fn bad_shape(expected: &str, found: &Literal<'_>) -> Error {
    Error::msg(ErrorKind::Shape, "malformed shape")
        .with_expected(expected)
        .with_found(found.excerpt())
}

/// The items of a Python list, as they are written.
struct ListText<'o> {
    out: &'o mut String,
    empty: bool,
}

impl<'o> ListText<'o> {
    fn new(out: &'o mut String) -> Self {
        out.push('[');
        Self { out, empty: true }
    }

    /// Where the next item goes.
    fn next(&mut self) -> &mut String {
        if !self.empty {
            self.out.push_str(", ");
        }
        self.empty = false;
        self.out
    }

    fn padding(&mut self, len: usize) {
        if len > 0 {
            self.next().push_str(&format!("('', '|V{len}')"));
        }
    }
}
