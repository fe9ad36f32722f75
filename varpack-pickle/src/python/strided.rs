//! NumPy elements in memory: their strides, their order, their bytes.

use crate::npy::{ByteOrder, Dtype, Header};

/// One axis: its length in elements, and the bytes from one to the next.
pub(crate) type Axis = (usize, usize);

/// The axes of an array, in either order.
pub(crate) fn axes(header: &Header) -> Vec<Axis> {
    strides(&header.shape, header.dtype.itemsize(), header.fortran_order)
}

pub(crate) fn strides(shape: &[usize], itemsize: usize, fortran_order: bool) -> Vec<Axis> {
    let mut axes: Vec<Axis> = shape.iter().map(|&len| (len, 0)).collect();
    let mut stride = itemsize;
    let mut set = |axis: &mut Axis| {
        axis.1 = stride;
        stride = stride.saturating_mul(axis.0);
    };
    if fortran_order {
        axes.iter_mut().for_each(&mut set);
    } else {
        axes.iter_mut().rev().for_each(&mut set);
    }
    axes
}

/// The elements in C order: the last axis varies fastest.
pub(crate) fn c_order(axes: &[Axis], itemsize: usize, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut index = vec![0; axes.len()];
    let count = data.len().checked_div(itemsize).unwrap_or(0);
    for _ in 0..count {
        let start: usize = index.iter().zip(axes).map(|(index, (_, stride))| index * stride).sum();
        out.extend_from_slice(data.get(start..start + itemsize).unwrap_or_default());
        for (place, (len, _)) in index.iter_mut().zip(axes).rev() {
            *place += 1;
            if *place < *len {
                break;
            }
            *place = 0;
        }
    }
    out
}

/// An unsigned number of up to 8 bytes.
pub(crate) fn widened(bytes: &[u8], order: ByteOrder) -> u64 {
    let mut wide = [0; 8];
    for (place, byte) in wide.iter_mut().zip(bytes) {
        *place = *byte;
    }
    if order == ByteOrder::Big {
        let used = bytes.len().min(8);
        wide[..used].reverse();
    }
    u64::from_le_bytes(wide)
}

/// Whether an element is "not a time".
pub(crate) fn is_nat(dtype: &Dtype, bytes: &[u8]) -> bool {
    match dtype {
        Dtype::Datetime { order, .. } | Dtype::Timedelta { order, .. } => {
            widened(bytes, *order).cast_signed() == i64::MIN
        }
        _ => false,
    }
}
