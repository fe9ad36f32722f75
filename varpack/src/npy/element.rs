//! Rust types that are elements of NumPy arrays.

use super::Dtype;
use bytemuck::{CheckedBitPattern, NoUninit, Pod};
use std::any::TypeId;

/// A type that can be an element of a `.npy` array.
///
/// The traits of `bytemuck` carry the proof that its bytes may be read and written: `NoUninit` that
/// writing them leaks nothing, `CheckedBitPattern` that reading them can be checked.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an element of an array in a `.npy` file",
    label = "not the type of a NumPy element",
    note = "use a number or `bool`; a list of other values goes under `#[varpack(separate)]`"
)]
pub trait Element: NoUninit + CheckedBitPattern<Bits: Pod> + Send + Sync + 'static {
    /// Its dtype, in this machine's byte order.
    fn dtype() -> Dtype;

    /// Whether every bit pattern is a value, so that a file may be mapped as it. It is when
    /// `CheckedBitPattern::Bits` is the type itself, for `Bits` is `Pod`.
    fn is_mappable() -> bool {
        TypeId::of::<Self>() == TypeId::of::<Self::Bits>()
    }

    /// The name that our metadata gives the type where the dtype alone does not tell it
    /// (`bfloat16`, which NumPy sees as `V2`).
    fn logical_name() -> Option<&'static str> {
        None
    }
}
