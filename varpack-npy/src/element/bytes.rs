//! Elements of raw bytes: `S{n}` and `V{n}`.

use super::Element;
use crate::Dtype;
use crate::{Error, ErrorKind, Result};
use bytemuck::{Pod, Zeroable};
use std::fmt;

/// Bytes of a fixed length, padded with NUL: NumPy's `S{N}`.
///
/// NumPy's rule: NUL bytes at the end are padding and no part of the value, so `b"a\0"` and `b"a"`
/// are one; NUL bytes before another byte are kept. `N` is at least 1, for NumPy reads `S0` as "of
/// any length".
///
/// ```
/// use varpack_npy::{Element, FixedBytes};
///
/// let tag = FixedBytes::<5>::new(b"left")?;
/// assert_eq!(tag.as_bytes(), b"left");
/// assert_eq!(tag.to_array(), *b"left\0");
/// assert_eq!(FixedBytes::<5>::dtype().name(), "|S5");
/// assert!(FixedBytes::<5>::new(b"too long").is_err());
/// # Ok::<(), varpack_npy::Error>(())
/// ```
///
/// ```compile_fail
/// use varpack_npy::{Element, FixedBytes};
///
/// FixedBytes::<0>::dtype();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct FixedBytes<const N: usize>([u8; N]);

/// Bytes of a fixed length without a meaning to NumPy: `V{N}`. All count, NUL at the end too.
///
/// ```
/// use varpack_npy::{Element, Void};
///
/// assert_eq!(Void::from(*b"\x01\0").as_bytes(), b"\x01\0");
/// assert_eq!(Void::<2>::dtype().name(), "|V2");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Void<const N: usize>([u8; N]);

impl<const N: usize> FixedBytes<N> {
    /// `bytes`, padded with NUL.
    ///
    /// # Errors
    /// [`Value`](ErrorKind::Value) if they are more than `N`.
    ///
    /// ```
    /// use varpack_npy::FixedBytes;
    ///
    /// assert_eq!(FixedBytes::<4>::new(b"ok")?.to_array(), *b"ok\0\0");
    /// let error = FixedBytes::<4>::new(b"too long").unwrap_err();
    /// assert_eq!(error.to_string(), "too long for dtype |S4: expected at most 4 bytes, found 8");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let mut array = [0; N];
        let Some(start) = array.get_mut(..bytes.len()) else {
            return Err(Error::msg(ErrorKind::Value, format!("too long for dtype |S{N}"))
                .with_expected(format!("at most {N} bytes"))
                .with_found(bytes.len().to_string()));
        };
        start.copy_from_slice(bytes);
        Ok(Self(array))
    }

    /// The value: the bytes without the NUL bytes at the end.
    ///
    /// ```
    /// use varpack_npy::FixedBytes;
    ///
    /// assert_eq!(FixedBytes::from(*b"a\0b\0\0").as_bytes(), b"a\0b");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        let len = self.0.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        self.0.get(..len).unwrap_or_default()
    }

    /// All bytes, the padding included.
    ///
    /// ```
    /// use varpack_npy::FixedBytes;
    ///
    /// assert_eq!(FixedBytes::<3>::new(b"a")?.to_array(), *b"a\0\0");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub const fn to_array(self) -> [u8; N] {
        self.0
    }
}

impl<const N: usize> Void<N> {
    /// The bytes.
    ///
    /// ```
    /// use varpack_npy::Void;
    ///
    /// assert_eq!(Void::from([7, 0]).as_bytes(), &[7, 0]); // NUL at the end counts
    /// ```
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Element for FixedBytes<N> {
    fn dtype() -> Dtype {
        const { assert!(N > 0, "`FixedBytes` needs at least one byte: NumPy has no arrays of `S0`") };
        Dtype::Bytes { len: N }
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Element for Void<N> {
    fn dtype() -> Dtype {
        const { assert!(N > 0, "`Void` needs at least one byte: NumPy reads `V0` as any length") };
        Dtype::Void { len: N }
    }
}

impl<const N: usize> Default for FixedBytes<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Default for Void<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> From<[u8; N]> for FixedBytes<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for Void<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> TryFrom<&[u8]> for FixedBytes<N> {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self> {
        Self::new(bytes)
    }
}

impl<const N: usize> AsRef<[u8]> for FixedBytes<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> AsRef<[u8]> for Void<N> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// As a byte string literal: `b"left"`.
impl<const N: usize> fmt::Debug for FixedBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl<const N: usize> fmt::Debug for Void<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}
