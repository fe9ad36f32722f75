//! What the tests of varpack share.

pub mod npy_files;
pub mod npy_goldens;
