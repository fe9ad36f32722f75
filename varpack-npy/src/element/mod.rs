//! Rust types that are elements of NumPy arrays: the trait.

mod bool8;
mod bytes;
mod number;
pub mod record;
mod sub_array;
mod text;
mod time;

pub use bool8::Bool8;
pub use bytes::{FixedBytes, Void};
pub use record::FieldType;
pub use sub_array::{
    check_order, describe_shape, has_shape_of, header_of, is_array, is_scattered, shape_of,
    sub_array_len,
};
pub use text::FixedText;
pub use time::resolution;
pub use time::{Datetime64, FixedResolution, Resolution, Timedelta64};

use super::Dtype;
use crate::{Error, ErrorKind, Result};
use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};
use std::any::TypeId;

/// A type that can be an element of a `.npy` array.
///
/// | NumPy | Rust |
/// | --- | --- |
/// | `bool` | `bool` (read and checked), [`Bool8`] (can be mapped) |
/// | `int8` to `int64`, `uint8` to `uint64` | `i8` to `i64`, `u8` to `u64` |
/// | `float16`, `float32`, `float64` | [`half::f16`], `f32`, `f64` |
/// | `V2`, named `bfloat16` in our metadata | [`half::bf16`] |
/// | `complex64`, `complex128` | `num_complex::Complex<f32>`, `Complex<f64>` |
/// | `datetime64[ns]`, `timedelta64[ns]` | [`Datetime64<Nanoseconds>`](Datetime64), [`Timedelta64<Nanoseconds>`](Timedelta64) |
/// | `S5`, `U7`, `V3` | [`FixedBytes<5>`](FixedBytes), [`FixedText<7>`](FixedText), [`Void<3>`](Void) |
/// | records | a struct that derives [`NpyElement`](macro@crate::NpyElement) |
/// | `float32` of shape `(…, 3)` | `[f32; 3]`: an element that is an array is the last axes of its array |
///
/// The traits of `bytemuck` carry the proof that its bytes may be read and written: `NoUninit` that
/// writing them leaks nothing, `CheckedBitPattern` that reading them can be checked. Whether a file may be
/// mapped as it follows from them too, and is nothing that an implementation says: every bit pattern has to be a
/// value, so `Bits` has to be the type itself, which then is `Pod`. All others are read and checked.
///
/// An implementation answers for its dtype and shape: those that are not of the type's size, or no element of a `.npy` file,
/// make each load and save an error. An element is aligned to at most 16 bytes; more does not compile.
///
/// ```
/// use varpack_npy::{Dtype, Element};
///
/// assert_eq!(f64::dtype().name(), "float64");
/// assert!(f64::accepts(&Dtype::parse(">f8")?, None));
/// let error = f64::check_dtype(&Dtype::parse("<i4")?, None).unwrap_err();
/// assert_eq!(error.to_string(), "expected dtype float64, found int32");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
///
/// A type of your own, here one that not every byte is a value of:
///
/// ```
/// use varpack_npy::bytemuck::{CheckedBitPattern, NoUninit, Zeroable};
/// use varpack_npy::{Dtype, Element, NpyArray};
///
/// #[derive(Clone, Copy, Debug, PartialEq, NoUninit, Zeroable, CheckedBitPattern)]
/// #[bytemuck(crate = "varpack_npy::bytemuck")]
/// #[repr(u8)]
/// enum Light {
///     Red = 0,
///     Green = 1,
/// }
///
/// impl Element for Light {
///     fn dtype() -> Dtype {
///         u8::dtype()
///     }
/// }
///
/// let lights = NpyArray::from_elements(&[2], &[Light::Green, Light::Red])?;
/// assert_eq!(lights.as_bytes(), [1, 0]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
///
/// One that is an array to NumPy:
///
/// ```
/// use varpack_npy::bytemuck::{Pod, Zeroable};
/// use varpack_npy::{Dtype, Element, NpyArray};
///
/// #[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
/// #[bytemuck(crate = "varpack_npy::bytemuck")]
/// #[repr(C)]
/// struct Point {
///     x: f32,
///     y: f32,
/// }
///
/// impl Element for Point {
///     fn dtype() -> Dtype {
///         f32::dtype()
///     }
///
///     fn sub_array_shape() -> Vec<usize> {
///         vec![2]
///     }
/// }
///
/// let points = NpyArray::from_elements(&[1], &[Point { x: 0.5, y: 1.5 }])?;
/// assert_eq!((points.dtype().name(), points.shape()), ("float32".to_owned(), &[1, 2][..]));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
///
/// ```compile_fail
/// use varpack_npy::bytemuck::{Pod, Zeroable};
/// use varpack_npy::{Dtype, Element};
///
/// #[derive(Clone, Copy, Pod, Zeroable)]
/// #[bytemuck(crate = "varpack_npy::bytemuck")]
/// #[repr(C, align(64))] // more than an array has
/// struct Block([u8; 64]);
///
/// impl Element for Block {
///     fn dtype() -> Dtype {
///         Dtype::Void { len: 64 }
///     }
/// }
///
/// varpack_npy::NpyArray::from_elements(&[1], &[Block([0; 64])]).unwrap();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element of a NumPy array",
    label = "has no dtype",
    note = "`f32`, `u64` (for `usize` too), `bool` and the like have one, so have arrays of such, `[f32; 3]` (`[T; N]` where `T: varpack::npy::FieldType`; of `varpack::npy::Bool8` for `bool`), `varpack::npy::FixedText<N>` for text, and a `#[repr(C)]` struct with `#[derive(varpack::NpyElement, Clone, Copy)]`",
    note = "a list of what has none is a value: a `Vec` of it, under `#[varpack(separate)]`"
)]
pub trait Element:
    NoUninit + Zeroable + CheckedBitPattern<Bits: Pod> + Send + Sync + 'static
{
    /// Its dtype, in this machine's byte order; of an array that of what is in it.
    ///
    /// ```
    /// use varpack_npy::{Element, FixedText};
    ///
    /// assert_eq!(FixedText::<7>::dtype().itemsize(), 28); // bytes
    /// ```
    fn dtype() -> Dtype;

    /// Its shape, in C order, if it is an array to NumPy: the last axes of an array of such, and the shape of a sub-array in
    /// a record. Empty for all others.
    ///
    /// ```
    /// use varpack_npy::Element;
    ///
    /// assert_eq!(<[[f32; 3]; 2]>::sub_array_shape(), [2, 3]);
    /// assert_eq!(<[[f32; 3]; 2]>::dtype(), f32::dtype());
    /// assert_eq!(f32::sub_array_shape(), []);
    /// ```
    fn sub_array_shape() -> Vec<usize> {
        Vec::new()
    }

    /// The name that our metadata gives the type where the dtype alone does not tell it
    /// (`bfloat16`, which NumPy sees as `V2`).
    ///
    /// ```
    /// use varpack_npy::Element;
    ///
    /// assert_eq!(half::bf16::logical_name(), Some("bfloat16"));
    /// ```
    fn logical_name() -> Option<&'static str> {
        None
    }

    /// Whether elements of `dtype`, which our metadata calls `logical`, are of this type, in
    /// whichever byte order: [`Dtype::swap_bytes`] makes them native.
    ///
    /// A type with a [logical name](Element::logical_name) takes elements that have none, for
    /// programs that know nothing of our metadata drop it.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Element};
    ///
    /// assert!(f32::accepts(&Dtype::parse(">f4")?, None));
    /// assert!(half::bf16::accepts(&Dtype::parse("|V2")?, None));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    fn accepts(dtype: &Dtype, logical: Option<&str>) -> bool {
        let own = Self::logical_name();
        let same_name = own.is_none() || logical.is_none() || own == logical;
        same_name && Self::dtype().is_equivalent(dtype)
    }

    /// That this type [accepts](Element::accepts) elements of `dtype`.
    ///
    /// # Errors
    /// [`Dtype`](ErrorKind::Dtype) if it does not, with both dtypes: by NumPy's name, and by the logical
    /// one.
    ///
    /// ```
    /// use varpack_npy::{Dtype, Element};
    ///
    /// let error = f64::check_dtype(&Dtype::parse("<i4")?, None).unwrap_err();
    /// assert_eq!(error.to_string(), "expected dtype float64, found int32");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    fn check_dtype(dtype: &Dtype, logical: Option<&str>) -> Result<()> {
        if Self::accepts(dtype, logical) {
            return Ok(());
        }
        let describe = |dtype: &Dtype, logical: Option<&str>| match logical {
            Some(logical) => format!("{} ({logical})", dtype.name()),
            None => dtype.name(),
        };
        let expected = describe(&Self::dtype(), Self::logical_name());
        Err(Error::new(ErrorKind::Dtype)
            .with_expected(format!("dtype {expected}"))
            .with_found(describe(dtype, logical)))
    }
}

/// Whether every bit pattern is a value of `T`, so that memory which others may write to can be seen as it.
///
/// `T::Bits` is `Pod`, of which every bit pattern is a value. Equal ids are one and the same type, so then `T` is
/// `Pod` itself. No method of the trait is asked.
pub fn is_mappable<T: Element>() -> bool {
    TypeId::of::<T>() == TypeId::of::<T::Bits>()
}
