//! NumPy's objects as NumPy pickles them, under names that NumPy 1 and 2 both answer to.

use crate::Result;
use crate::format::opcode as op;
use crate::npy::internal::serde::check_len;
use crate::npy::internal::{check_ndim, tell_of_ndim};
use crate::npy::{Dtype, Field, Header, Record, TimeUnit};
use crate::python::flags::flags;
use crate::write::batch::Batch;
use crate::write::writer::Writer;

impl Writer {
    /// Writes a NumPy array: its header, and the elements in the byte order and the order of axes that this says.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if no value can stand here; [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the header says another number of
    /// bytes.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Header};
    /// use varpack_pickle::{Value, Writer};
    ///
    /// let mut writer = Writer::new();
    /// let header = Header { dtype: Dtype::parse("|u1")?, fortran_order: false, shape: vec![2] };
    /// writer.array(&header, &[1, 2])?;
    /// let array = Value::from_slice(&writer.finish()?)?;
    /// assert_eq!(array.as_array().unwrap().as_bytes(), [1, 2]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn array(&mut self, header: &Header, elements: &[u8]) -> Result<()> {
        check_len(header, elements.len())?;
        self.start_value()?;
        self.guarded(|writer| array(writer, header, elements))?;
        self.end_value();
        Ok(())
    }
}

/// NumPy 2 calls it `numpy._core.multiarray` and keeps this name for pickles.
const MULTIARRAY: &str = "numpy.core.multiarray";

/// An array of plain data, its elements in the order of the header.
pub(crate) fn array(writer: &mut Writer, header: &Header, data: &[u8]) -> Result<()> {
    begin_array(writer, &header.shape, &header.dtype, header.fortran_order)?;
    writer.out.bytes(data)?;
    end_array(writer);
    Ok(())
}

/// Everything before the elements: `_reconstruct(numpy.ndarray, (0,), b"b")` makes an empty array,
/// and the state `(1, shape, dtype, is_fortran, data)` fills it (`array_reduce` in numpy's methods.c).
pub(super) fn begin_array(
    writer: &mut Writer,
    shape: &[usize],
    dtype: &Dtype,
    fortran_order: bool,
) -> Result<()> {
    check_ndim(shape.len())?;
    tell_of_ndim("an array in a pickle", shape.len());
    writer.global(MULTIARRAY, "_reconstruct")?;
    writer.global("numpy", "ndarray")?;
    self::shape(writer, &[0])?;
    writer.out.bytes(b"b")?;
    writer.out.op(op::TUPLE3);
    writer.out.op(op::REDUCE);
    writer.out.op(op::MARK);
    writer.out.int(1);
    self::shape(writer, shape)?;
    writer.dtype(dtype)?;
    writer.out.bool(fortran_order);
    Ok(())
}

/// Everything after the elements.
pub(super) fn end_array(writer: &mut Writer) {
    writer.out.op(op::TUPLE);
    writer.out.op(op::BUILD);
}

/// A scalar.
pub(crate) fn scalar(writer: &mut Writer, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    writer.global(MULTIARRAY, "scalar")?;
    writer.dtype(dtype)?;
    writer.out.bytes(bytes)?;
    writer.out.op(op::TUPLE2);
    writer.out.op(op::REDUCE);
    Ok(())
}

fn shape(writer: &mut Writer, shape: &[usize]) -> Result<()> {
    let opcode = op::tuple(shape.len());
    if opcode == op::TUPLE {
        writer.out.op(op::MARK);
    }
    for &len in shape {
        int(writer, len)?;
    }
    writer.out.op(opcode);
    Ok(())
}

fn int(writer: &mut Writer, value: usize) -> Result<()> {
    let value = i64::try_from(value).map_err(|_| {
        crate::Error::new(crate::ErrorKind::Limit)
            .with_expected("a length of 63 bits")
            .with_found(value.to_string())
    })?;
    writer.out.int(value);
    Ok(())
}

/// A dtype as a call of `numpy.dtype`.
pub(crate) fn dtype(writer: &mut Writer, dtype: &Dtype) -> Result<()> {
    dtype.check()?;
    match dtype {
        Dtype::Record(record) => self::record(writer, record),
        _ => simple(writer, dtype),
    }
}

/// `numpy.dtype(typestr, False, True)` and its state (`arraydescr_reduce` in numpy's descriptor.c).
fn simple(writer: &mut Writer, dtype: &Dtype) -> Result<()> {
    let (typestr, order) = dtype.typestr();
    writer.global("numpy", "dtype")?;
    writer.out.str(&typestr)?;
    writer.out.bool(false);
    writer.out.bool(true);
    writer.out.op(op::TUPLE3);
    writer.out.op(op::REDUCE);
    let unit = match dtype {
        Dtype::Datetime { unit, .. } | Dtype::Timedelta { unit, .. } => Some(unit),
        _ => None,
    };
    writer.out.op(op::MARK);
    // The version of the state, which is 4 with metadata.
    writer.out.int(if unit.is_some() { 4 } else { 3 });
    writer.out.str(order.encode_utf8(&mut [0; 4]))?;
    // No sub-array, no names, no fields.
    (0..3).for_each(|_| writer.out.op(op::NONE));
    match dtype {
        Dtype::Bytes { .. } | Dtype::Text { .. } | Dtype::Void { .. } => {
            int(writer, dtype.itemsize())?;
            int(writer, dtype.alignment())?;
        }
        // The type string says them.
        _ => (0..2).for_each(|_| writer.out.int(-1)),
    }
    writer.out.int(flags(dtype).into());
    if let Some(unit) = unit {
        time_unit(writer, *unit)?;
    }
    writer.out.op(op::TUPLE);
    writer.out.op(op::BUILD);
    Ok(())
}

/// `({}, (b"ns", 25, 1, 1))`: no metadata, and 25 nanoseconds.
fn time_unit(writer: &mut Writer, unit: TimeUnit) -> Result<()> {
    writer.out.op(op::EMPTY_DICT);
    writer.out.op(op::MARK);
    writer.out.bytes(unit.base.symbol().as_bytes())?;
    writer.out.int(unit.count.into());
    writer.out.int(1);
    writer.out.int(1);
    writer.out.op(op::TUPLE);
    writer.out.op(op::TUPLE2);
    Ok(())
}

/// `numpy.dtype({"names": …, "formats": …, "offsets": …, "titles": …, "itemsize": …}, align, True)`.
///
/// NumPy itself pickles fields as a state, in which NumPy 1 and 2 have opposite signs for
/// `align=True` and do not read each other's; this both read.
fn record(writer: &mut Writer, record: &Record) -> Result<()> {
    let fields = record.fields.iter();
    writer.global("numpy", "dtype")?;
    writer.out.op(op::EMPTY_DICT);
    writer.out.op(op::MARK);
    list(writer, "names", fields.clone(), |writer, field| {
        writer.out.str(&field.name)?;
        Ok(())
    })?;
    list(writer, "formats", fields.clone(), |writer, field| {
        writer.dtype(&field.dtype)?;
        if !field.shape.is_empty() {
            shape(writer, &field.shape)?;
            writer.out.op(op::TUPLE2);
        }
        Ok(())
    })?;
    list(writer, "offsets", fields.clone(), |writer, field| int(writer, field.offset))?;
    if fields.clone().any(|field| field.title.is_some()) {
        list(writer, "titles", fields, |writer, field| {
            match &field.title {
                Some(title) => writer.out.str(title)?,
                None => writer.out.op(op::NONE),
            }
            Ok(())
        })?;
    }
    writer.name("itemsize")?;
    int(writer, record.itemsize)?;
    writer.out.op(op::SETITEMS);
    writer.out.bool(record.aligned);
    writer.out.bool(true);
    writer.out.op(op::TUPLE3);
    writer.out.op(op::REDUCE);
    Ok(())
}

/// An entry of a dict: a list with an item of every field.
fn list<'f>(
    writer: &mut Writer,
    key: &'static str,
    fields: impl Iterator<Item = &'f Field>,
    mut write: impl FnMut(&mut Writer, &'f Field) -> Result<()>,
) -> Result<()> {
    writer.name(key)?;
    writer.out.op(op::EMPTY_LIST);
    let mut batch = Batch::default();
    for field in fields {
        batch.start_item(&mut writer.out);
        write(writer, field)?;
        batch.end_item(&mut writer.out, op::APPENDS);
    }
    batch.end(&mut writer.out, op::APPENDS);
    Ok(())
}
