//! `Bool8`: truth values that can be memory-mapped.

use super::Element;
use crate::Dtype;
use bytemuck::{Pod, Zeroable};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A truth value in one byte, of which every value is valid: not 0 is true, as in C and NumPy.
///
/// A mapped file can change at any time, and a Rust `bool` that is neither 0 nor 1 is undefined
/// behaviour. So arrays of `bool` are read and checked, and this is the type for mapped masks. Its
/// dtype is NumPy's `bool`.
///
/// ```
/// use varpack_npy::Bool8;
///
/// let mask = [Bool8::TRUE, false.into()];
/// assert_eq!(mask.iter().filter(|value| value.get()).count(), 1);
/// assert_eq!(bool::from(mask[1]), false);
/// ```
#[derive(Clone, Copy, Default, Pod, Zeroable)]
#[repr(transparent)]
pub struct Bool8(u8);

impl Bool8 {
    /// True, as the byte 1.
    pub const TRUE: Self = Self(1);
    /// False.
    pub const FALSE: Self = Self(0);

    /// The truth value.
    ///
    /// ```
    /// use varpack_npy::Bool8;
    ///
    /// let mask = [Bool8::TRUE, Bool8::FALSE, Bool8::TRUE];
    /// assert_eq!(mask.iter().filter(|value| value.get()).count(), 2);
    /// ```
    pub const fn get(self) -> bool {
        self.0 != 0
    }

    /// The byte as it is.
    ///
    /// ```
    /// use varpack_npy::Bool8;
    ///
    /// let found: Bool8 = bytemuck::cast(7u8); // as a program may have left it in a file
    /// assert_eq!((found.get(), found.to_byte()), (true, 7));
    /// ```
    pub const fn to_byte(self) -> u8 {
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl Element for Bool8 {
    fn dtype() -> Dtype {
        Dtype::Bool
    }
}

impl From<bool> for Bool8 {
    fn from(value: bool) -> Self {
        Self(u8::from(value))
    }
}

impl From<Bool8> for bool {
    fn from(value: Bool8) -> Self {
        value.get()
    }
}

/// By truth: all bytes but 0 are equal.
impl PartialEq for Bool8 {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Bool8 {}

impl PartialEq<bool> for Bool8 {
    fn eq(&self, other: &bool) -> bool {
        self.get() == *other
    }
}

impl PartialOrd for Bool8 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bool8 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.get().cmp(&other.get())
    }
}

impl Hash for Bool8 {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.get().hash(state);
    }
}

impl std::ops::Not for Bool8 {
    type Output = Self;

    fn not(self) -> Self {
        Self::from(!self.get())
    }
}

impl fmt::Debug for Bool8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

impl fmt::Display for Bool8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}
