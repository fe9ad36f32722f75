//! The `.npy` format ([NEP 1](https://numpy.org/neps/nep-0001-npy-format.html)): bytes to header
//! and back, the dtype grammar, and Rust types to dtypes. Nothing here touches a file.

mod dtype;
mod element;
mod header;

pub use dtype::{ByteOrder, Dtype, Field, Record, TimeUnit, Unit};
pub use element::Element;
pub use header::Header;
