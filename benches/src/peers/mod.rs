//! Those that varpack is measured beside, one file each. All take the same arrays, and a load gives the
//! sum of one element of each array, and what it holds.

pub(crate) mod ndarray_npy;
pub(crate) mod npyz;
pub(crate) mod python;
pub(crate) mod raw;
pub(crate) mod rkyv;
pub(crate) mod safetensors;
pub(crate) mod trusted;
