//! Elements as this machine has them: in its byte order, and each in one piece.

use super::mapping::{Memory, unwritable};
use crate::Result;
use crate::npy::internal::to_c_order;
use crate::npy::{Dtype, Header};

/// Turns the elements to this machine's byte order.
pub(super) fn swap(dtype: &Dtype, memory: &mut Memory, offset: usize) -> Result<()> {
    let bytes = memory.bytes_mut().ok_or_else(unwritable)?;
    dtype.swap_bytes(bytes.get_mut(offset..).unwrap_or_default());
    Ok(())
}

/// Gathers the elements of an array in Fortran order, which start at `offset`, in C order; the header says so then.
pub(super) fn gather(header: &mut Header, memory: &Memory, offset: usize) -> Result<Memory> {
    let mut gathered = Memory::zeroed(header.data_len()?)?;
    let elements = memory.bytes().get(offset..).unwrap_or_default();
    let place = gathered.bytes_mut().unwrap_or_default();
    to_c_order(&header.shape, header.dtype.itemsize(), elements, place);
    header.fortran_order = false;
    Ok(gathered)
}
