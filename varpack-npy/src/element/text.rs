//! Elements of text: `U{n}`.

use super::Element;
use crate::{ByteOrder, Dtype};
use crate::{Error, ErrorKind, Result};
use bytemuck::{Pod, Zeroable};
use std::fmt;

/// Text of a fixed length in UTF-32, padded with NUL: NumPy's `U{N}`.
///
/// It holds `u32` code points and not `char`s: not every `u32` is a character, and a mapped file
/// can hold any. So storing is checked, and reading as characters can fail:
/// [`to_text`](Self::to_text) says so, `Display` shows U+FFFD in place of what is none.
///
/// NumPy's rule: NUL at the end is padding and no part of the value. `N` is at least 1, for NumPy
/// reads `U0` as "of any length".
///
/// ```
/// use varpack_npy::{Element, FixedText};
///
/// let name = FixedText::<7>::new("Łódź")?;
/// assert_eq!(name.to_text()?, "Łódź");
/// assert_eq!(FixedText::<7>::dtype().itemsize(), 28);
/// assert!(FixedText::<3>::new("Łódź").is_err());
///
/// let surrogate = FixedText::from([0xd800, 0x61]);
/// assert!(surrogate.to_text().is_err());
/// assert_eq!(surrogate.to_string(), "\u{fffd}a");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct FixedText<const N: usize>([u32; N]);

impl<const N: usize> FixedText<N> {
    /// `text`, padded with NUL.
    ///
    /// # Errors
    /// [`Value`](ErrorKind::Value) if it has more than `N` characters.
    ///
    /// ```
    /// use varpack_npy::FixedText;
    ///
    /// assert_eq!(FixedText::<5>::new("Łódź")?, "Łódź");
    /// let error = FixedText::<3>::new("Łódź").unwrap_err();
    /// assert_eq!(error.to_string(), "too long for dtype U3: expected at most 3 characters, found 4");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn new(text: &str) -> Result<Self> {
        let mut code_points = [0; N];
        let mut slots = code_points.iter_mut();
        for c in text.chars() {
            let Some(slot) = slots.next() else {
                return Err(Error::msg(ErrorKind::Value, format!("too long for dtype U{N}"))
                    .with_expected(format!("at most {N} characters"))
                    .with_found(text.chars().count().to_string()));
            };
            *slot = u32::from(c);
        }
        Ok(Self(code_points))
    }

    /// The value: the code points without the NULs at the end. Any `u32` can be among them.
    ///
    /// ```
    /// use varpack_npy::FixedText;
    ///
    /// assert_eq!(FixedText::<5>::new("ab")?.code_points(), [0x61, 0x62]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn code_points(&self) -> &[u32] {
        let len = self.0.iter().rposition(|&code| code != 0).map_or(0, |last| last + 1);
        self.0.get(..len).unwrap_or_default()
    }

    /// The value as text.
    ///
    /// # Errors
    /// [`Value`](ErrorKind::Value) if a code point is no character: a surrogate, or over U+10FFFF.
    ///
    /// ```
    /// use varpack_npy::FixedText;
    ///
    /// assert_eq!(FixedText::<5>::new("ab")?.to_text()?, "ab");
    /// assert!(FixedText::from([0xd800]).to_text().is_err());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn to_text(&self) -> Result<String> {
        self.code_points()
            .iter()
            .map(|&code| {
                char::from_u32(code).ok_or_else(|| {
                    Error::msg(ErrorKind::Value, "not text")
                        .with_expected("a Unicode scalar value")
                        .with_found(format!("code point {code:#x}"))
                })
            })
            .collect()
    }

    fn chars_lossy(&self) -> impl Iterator<Item = char> {
        self.code_points()
            .iter()
            .map(|&code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

#[diagnostic::do_not_recommend]
impl<const N: usize> Element for FixedText<N> {
    fn dtype() -> Dtype {
        const { assert!(N > 0, "`FixedText` needs at least one character: NumPy has no arrays of `U0`") };
        Dtype::Text { len: N, order: ByteOrder::NATIVE }
    }
}

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> From<[u32; N]> for FixedText<N> {
    fn from(code_points: [u32; N]) -> Self {
        Self(code_points)
    }
}

impl<const N: usize> TryFrom<&str> for FixedText<N> {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl<const N: usize> PartialEq<str> for FixedText<N> {
    fn eq(&self, other: &str) -> bool {
        self.code_points().iter().copied().eq(other.chars().map(u32::from))
    }
}

impl<const N: usize> PartialEq<&str> for FixedText<N> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl<const N: usize> fmt::Display for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.chars_lossy().collect::<String>())
    }
}

impl<const N: usize> fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.chars_lossy().collect::<String>())
    }
}
