//! NumPy's `.npy` format ([NEP 1](https://numpy.org/neps/nep-0001-npy-format.html)): bytes to arrays
//! and back, the grammar of dtypes, and Rust types as elements. Nothing here touches a file.
//!
//! ```
//! use varpack_npy::NpyArray;
//!
//! let array = NpyArray::from_elements(&[2, 2], &[1.5_f32, 2.5, 3.5, 4.5])?;
//! let file = array.to_npy()?; // what `np.save` would write
//! let array = NpyArray::from_npy(&file)?;
//! assert_eq!((array.dtype().name(), array.shape()), ("float32".to_owned(), [2, 2].as_slice()));
//! assert_eq!(array.as_slice::<f32>()?, [1.5, 2.5, 3.5, 4.5]);
//! # Ok::<(), varpack_npy::Error>(())
//! ```
//!
//! | to | use |
//! | --- | --- |
//! | read or write a whole `.npy` file in memory | [`NpyArray`] |
//! | read or write its start | [`Header`] |
//! | take a dtype apart, or name it | [`Dtype`] |
//! | cast numbers to another dtype | [`NpyArray::cast`] |
//! | put records, times or texts into arrays | [`NpyElement`](macro@NpyElement), [`Datetime64`], [`FixedText`], [`Element`] |
//!
//! The crate `varpack` saves and loads folders of such files, memory-mapped, and has this one as `varpack::npy`.
//! Its errors are those of all crates of the family.

mod aligned;
mod array;
mod cast;
mod dtype;
mod element;
mod error;
mod file_kind;
mod header;
mod literal;
mod ndim;
mod order;
mod serde;
mod text;

pub use array::NpyArray;
/// The crate whose traits [`Element`] builds on, for those who implement it by hand.
pub use bytemuck;
pub use cast::Cast;
pub use dtype::{ByteOrder, Dtype, Field, Record, TimeUnit, Unit};
pub use element::{
    Bool8, Datetime64, Element, FieldType, FixedBytes, FixedResolution, FixedText, Resolution,
    Timedelta64, Void, record, resolution,
};
pub use error::{Error, ErrorKind, Result};
pub use header::Header;

/// The most that an element may be aligned to: memory for arrays is, on the heap and where a file is mapped.
#[doc(hidden)]
pub const MAX_ALIGNMENT: usize = 16;

/// What the other crates of the family need of this one, and nobody else: it changes without notice.
#[doc(hidden)]
pub mod internal {
    // Not beside the public items: a glob import would bring them, and hide crates of these names.
    pub mod file_kind {
        pub use crate::file_kind::*;
    }
    pub mod serde {
        pub use crate::serde::*;
    }
    pub mod text {
        pub use crate::text::*;
    }
    pub use crate::aligned::Aligned;
    pub use crate::cast::{cast_elements, to_single};
    pub use crate::dtype::MAX_TYPESTR;
    pub use crate::element::{
        check_order, describe_shape, has_shape_of, header_of, is_array, is_mappable, is_scattered,
        shape_of, sub_array_len,
    };
    pub use crate::header::data_len;
    pub use crate::ndim::{MAX_NDIM, check_ndim, tell_of_ndim};
    pub use crate::order::to_c_order;
}

/// Where the derive finds this crate if it is told `crate = "varpack_npy"`.
#[doc(hidden)]
pub mod npy {
    pub use crate::*;
}

/// Makes a `#[repr(C)]` struct an element of NumPy arrays, as a structured dtype with the
/// struct's fields.
///
/// The fields are numbers, elements of this crate, arrays of them (sub-arrays in NumPy),
/// or structs with this derive. `#[repr(C)]` places them as NumPy's `align=True` does,
/// `#[repr(C, packed)]` as NumPy does without it. The struct has to be `Copy`, without type
/// parameters, aligned to at most 16 bytes, and without padding that the compiler puts in: its bytes go
/// into files. Where there is some, the error says which field to add.
///
/// ```
/// use varpack_npy::{Bool8, Element, FixedBytes, NpyElement};
///
/// #[derive(NpyElement, Clone, Copy)]
/// #[varpack(crate = "varpack_npy")] // not with `varpack::NpyElement`
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

/// The examples of the README run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
