//! The `.npy` format ([NEP 1](https://numpy.org/neps/nep-0001-npy-format.html)): bytes to header
//! and back, the dtype grammar, and Rust types to dtypes. Nothing here touches a file.

mod dtype;
mod element;
mod header;
mod literal;

/// The crate whose traits [`Element`] builds on, for those who implement it by hand.
pub use bytemuck;
pub use dtype::{ByteOrder, Dtype, Field, Record, TimeUnit, Unit};
pub use element::{
    Bool8, Datetime64, Element, FieldType, FixedBytes, FixedResolution, FixedText, Resolution,
    Timedelta64, Void, record, resolution,
};
pub use header::Header;
