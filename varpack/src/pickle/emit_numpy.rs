//! NumPy's objects as NumPy pickles them, under names that NumPy 1 and 2 both answer to.

use super::opcode as op;
use super::writer::Writer;
use crate::Result;
use crate::npy::{Dtype, Header, Record, TimeUnit};

/// NumPy 2 calls it `numpy._core.multiarray` and keeps this name for pickles.
const MULTIARRAY: &str = "numpy.core.multiarray";

/// An array of plain data, its elements in the order of the header.
pub(super) fn array(writer: &mut Writer, header: &Header, data: &[u8]) -> Result<()> {
    begin_array(writer, &header.shape, &header.dtype, header.fortran_order)?;
    writer.out.bytes(data);
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
    writer.global(MULTIARRAY, "_reconstruct")?;
    writer.global("numpy", "ndarray")?;
    self::shape(writer, &[0])?;
    writer.out.bytes(b"b");
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
pub(super) fn scalar(writer: &mut Writer, dtype: &Dtype, bytes: &[u8]) -> Result<()> {
    writer.global(MULTIARRAY, "scalar")?;
    writer.dtype(dtype)?;
    writer.out.bytes(bytes);
    writer.out.op(op::TUPLE2);
    writer.out.op(op::REDUCE);
    Ok(())
}

fn shape(writer: &mut Writer, shape: &[usize]) -> Result<()> {
    writer.out.op(op::MARK);
    for &len in shape {
        int(writer, len)?;
    }
    writer.out.op(op::TUPLE);
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

/// `numpy.dtype(typestr, False, True)` and its state (`arraydescr_reduce` in numpy's descriptor.c).
pub(super) fn dtype(writer: &mut Writer, dtype: &Dtype) -> Result<()> {
    let (typestr, order) = dtype.typestr();
    begin_dtype(writer, &typestr)?;
    writer.out.op(op::MARK);
    let unit = match dtype {
        Dtype::Datetime { unit, .. } | Dtype::Timedelta { unit, .. } => Some(unit),
        _ => None,
    };
    // The version of the state, which is 4 with metadata.
    writer.out.int(if unit.is_some() { 4 } else { 3 });
    writer.out.str(order.encode_utf8(&mut [0; 4]));
    writer.out.op(op::NONE);
    match dtype {
        Dtype::Record(record) => {
            fields(writer, record)?;
            int(writer, record.itemsize)?;
            int(writer, dtype.alignment())?;
        }
        // The type string says the size of the others.
        Dtype::Bytes { .. } | Dtype::Text { .. } | Dtype::Void { .. } => {
            writer.out.op(op::NONE);
            writer.out.op(op::NONE);
            int(writer, dtype.itemsize())?;
            int(writer, dtype.alignment())?;
        }
        _ => {
            writer.out.op(op::NONE);
            writer.out.op(op::NONE);
            writer.out.int(-1);
            writer.out.int(-1);
        }
    }
    writer.out.int(dtype.pickle_flags().into());
    if let Some(unit) = unit {
        time_unit(writer, *unit);
    }
    writer.out.op(op::TUPLE);
    writer.out.op(op::BUILD);
    Ok(())
}

fn begin_dtype(writer: &mut Writer, typestr: &str) -> Result<()> {
    writer.global("numpy", "dtype")?;
    writer.out.str(typestr);
    writer.out.bool(false);
    writer.out.bool(true);
    writer.out.op(op::TUPLE3);
    writer.out.op(op::REDUCE);
    Ok(())
}

/// `({}, (b"ns", 25, 1, 1))`: no metadata, and 25 nanoseconds.
fn time_unit(writer: &mut Writer, unit: TimeUnit) {
    writer.out.op(op::EMPTY_DICT);
    writer.out.op(op::MARK);
    writer.out.bytes(unit.base.symbol().as_bytes());
    writer.out.int(unit.count.into());
    writer.out.int(1);
    writer.out.int(1);
    writer.out.op(op::TUPLE);
    writer.out.op(op::TUPLE2);
}

/// The names, and a dict from each name to `(dtype, offset[, title])`.
fn fields(writer: &mut Writer, record: &Record) -> Result<()> {
    writer.out.op(op::MARK);
    for field in record.fields.iter() {
        writer.out.str(&field.name);
    }
    writer.out.op(op::TUPLE);
    writer.out.op(op::EMPTY_DICT);
    for field in record.fields.iter() {
        // A title is a second name for the same.
        for name in std::iter::once(&field.name).chain(&field.title) {
            writer.out.str(name);
            match field.shape.as_slice() {
                [] => writer.dtype(&field.dtype)?,
                shape => subarray(writer, &field.dtype, shape, field.itemsize())?,
            }
            int(writer, field.offset)?;
            match &field.title {
                Some(title) => {
                    writer.out.str(title);
                    writer.out.op(op::TUPLE3);
                }
                None => writer.out.op(op::TUPLE2),
            }
            writer.out.op(op::SETITEM);
        }
    }
    Ok(())
}

/// The dtype of a field that is an array: a void type whose state names base and shape.
fn subarray(writer: &mut Writer, base: &Dtype, shape: &[usize], itemsize: usize) -> Result<()> {
    begin_dtype(writer, &format!("V{itemsize}"))?;
    writer.out.op(op::MARK);
    writer.out.int(3);
    writer.out.str("|");
    writer.dtype(base)?;
    self::shape(writer, shape)?;
    writer.out.op(op::TUPLE2);
    writer.out.op(op::NONE);
    writer.out.op(op::NONE);
    int(writer, itemsize)?;
    int(writer, base.alignment())?;
    writer.out.int(base.pickle_flags().into());
    writer.out.op(op::TUPLE);
    writer.out.op(op::BUILD);
    Ok(())
}
