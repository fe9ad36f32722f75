//! The `.npy` format ([NEP 1](https://numpy.org/neps/nep-0001-npy-format.html)): bytes to header
//! and back, the dtype grammar, and Rust types to dtypes. Nothing here touches a file.

mod aligned;
mod array;
mod dtype;
mod element;
mod header;
mod literal;
mod ndim;
pub(crate) mod serde;

pub(crate) use aligned::Aligned;
pub use array::NpyArray;
/// The crate whose traits [`Element`] builds on, for those who implement it by hand.
pub use bytemuck;
pub(crate) use dtype::MAX_TYPESTR;
pub use dtype::{ByteOrder, Dtype, Field, Record, TimeUnit, Unit};
pub use element::{
    Bool8, Datetime64, Element, FieldType, FixedBytes, FixedResolution, FixedText, Resolution,
    Timedelta64, Void, record, resolution,
};
pub(crate) use element::{check_itemsize, dtype_of, is_mappable};
pub use header::Header;
pub(crate) use ndim::{MAX_NDIM, check_ndim, tell_of_ndim};

/// The most that an element may be aligned to: memory for arrays is, on the heap and where a file is mapped.
pub(crate) const MAX_ALIGNMENT: usize = 16;

/// Makes a `#[repr(C)]` struct an element of NumPy arrays, as a structured dtype with the
/// struct's fields.
///
/// The fields are numbers, elements of `varpack::npy`, arrays of them (sub-arrays in NumPy),
/// or structs with this derive. `#[repr(C)]` places them as NumPy's `align=True` does,
/// `#[repr(C, packed)]` as NumPy does without it. The struct has to be `Copy`, without type
/// parameters, aligned to at most 16 bytes, and without padding that the compiler puts in: its bytes go
/// into files. Where there is some, the error says which field to add.
///
/// ```
/// use varpack::npy::{Bool8, Element, FixedBytes};
/// use varpack::NpyElement;
///
/// #[derive(NpyElement, Clone, Copy)]
/// #[repr(C)]
/// struct Sample {
///     id: u32,
///     valid: Bool8,
///     #[varpack(padding)]
///     _padding: [u8; 3],
///     #[varpack(rename = "x")]
///     features: [f32; 2],
///     tag: FixedBytes<4>,
/// }
///
/// assert_eq!(
///     Sample::dtype().descr(),
///     "[('id', '<u4'), ('valid', '|b1'), ('', '|V3'), ('x', '<f4', (2,)), ('tag', '|S4')]",
/// );
/// ```
///
/// | attribute | on | means |
/// | --- | --- | --- |
/// | `#[varpack(rename = "x")]` | a field | its name in the dtype |
/// | `#[varpack(padding)]` | a field of type `[u8; N]` | bytes that are written but are no field to NumPy |
/// | `#[varpack(crate = "path")]` | the struct | where the crate `varpack` is found, if renamed or re-exported |
pub use varpack_derive::NpyElement;
