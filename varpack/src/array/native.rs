//! Elements in this machine's byte order.

use super::mapping::{Memory, unwritable};
use crate::Result;
use crate::npy::Dtype;

/// Turns the elements to this machine's byte order.
pub(super) fn swap(dtype: &Dtype, memory: &mut Memory, offset: usize) -> Result<()> {
    let bytes = memory.bytes_mut().ok_or_else(unwritable)?;
    dtype.swap_bytes(bytes.get_mut(offset..).unwrap_or_default());
    Ok(())
}
