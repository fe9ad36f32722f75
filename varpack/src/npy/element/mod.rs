//! Rust types that are elements of NumPy arrays: the trait.

mod bool8;
mod bytes;
mod number;
pub mod record;
mod text;
mod time;

pub use bool8::Bool8;
pub use bytes::{FixedBytes, Void};
pub use record::FieldType;
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
///
/// The traits of `bytemuck` carry the proof that its bytes may be read and written: `NoUninit` that
/// writing them leaks nothing, `CheckedBitPattern` that reading them can be checked.
///
/// ```
/// use varpack::npy::{Dtype, Element};
///
/// assert_eq!(f64::dtype().name(), "float64");
/// assert!(f64::accepts(&Dtype::parse(">f8")?, None));
/// let error = f64::check_dtype(&Dtype::parse("<i4")?, None).unwrap_err();
/// assert_eq!(error.to_string(), "expected dtype float64, found int32");
/// # Ok::<(), varpack::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an element of a NumPy array",
    label = "has no dtype",
    note = "a number, `bool`, or a type of `varpack::npy` such as `FixedBytes<8>` has one",
    note = "a `#[repr(C)]` struct gets one with `#[derive(varpack::NpyElement, Clone, Copy)]`"
)]
pub trait Element:
    NoUninit + Zeroable + CheckedBitPattern<Bits: Pod> + Send + Sync + 'static
{
    /// Its dtype, in this machine's byte order.
    ///
    /// ```
    /// use varpack::npy::{Element, FixedText};
    ///
    /// assert_eq!(FixedText::<7>::dtype().itemsize(), 28); // bytes
    /// ```
    fn dtype() -> Dtype;

    /// Whether every bit pattern is a value, so that a file may be mapped as it. It is when
    /// `CheckedBitPattern::Bits` is the type itself, for `Bits` is `Pod`.
    ///
    /// ```
    /// use varpack::npy::{Bool8, Element};
    ///
    /// assert!(!bool::is_mappable() && Bool8::is_mappable());
    /// ```
    fn is_mappable() -> bool {
        TypeId::of::<Self>() == TypeId::of::<Self::Bits>()
    }

    /// The name that our metadata gives the type where the dtype alone does not tell it
    /// (`bfloat16`, which NumPy sees as `V2`).
    ///
    /// ```
    /// use varpack::npy::Element;
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
    /// use varpack::npy::{Dtype, Element};
    ///
    /// assert!(f32::accepts(&Dtype::parse(">f4")?, None));
    /// assert!(half::bf16::accepts(&Dtype::parse("|V2")?, None));
    /// # Ok::<(), varpack::Error>(())
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
    /// use varpack::npy::{Dtype, Element};
    ///
    /// let error = f64::check_dtype(&Dtype::parse("<i4")?, None).unwrap_err();
    /// assert_eq!(error.to_string(), "expected dtype float64, found int32");
    /// # Ok::<(), varpack::Error>(())
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
