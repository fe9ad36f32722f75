//! What the fuzz targets of folders share.

pub mod parts;
pub mod scratch;
