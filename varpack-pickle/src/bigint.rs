//! Python's integers of any size: two's complement bytes, to and from decimal.

use crate::limits::MAX_DECIMAL_DIGITS;
use crate::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An integer of any size, as pickles hold it: two's complement bytes, the lowest first.
///
/// Conversion from and to decimal is limited to 4300 digits, as in CPython, because it takes
/// quadratic time.
///
/// ```
/// use varpack_pickle::BigInt;
///
/// let huge: BigInt = "-10000000000000000000000000000000000000000".parse()?;
/// assert_eq!(huge.to_string(), "-10000000000000000000000000000000000000000");
/// assert_eq!(huge.to_i128(), None);
/// assert_eq!(BigInt::from(255_i64).to_le_bytes(), [0xff, 0x00]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BigInt {
    /// As few as tell the number and its sign; none for 0.
    bytes: Arc<[u8]>,
}

impl BigInt {
    /// Its bytes, which others may share.
    pub(crate) fn shared(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The number that these two's complement bytes mean, the lowest first. None mean 0.
    ///
    /// ```
    /// let number = varpack_pickle::BigInt::from_le_bytes(&[0xfe, 0xff, 0xff]);
    /// assert_eq!(number.to_i64(), Some(-2));
    /// ```
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8]) -> Self {
        Self { bytes: shortest(bytes).into() }
    }

    /// The two's complement bytes, the lowest first: as few as tell the number and its sign.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::BigInt::from(-2_i64).to_le_bytes(), [0xfe]);
    /// ```
    #[must_use]
    pub fn to_le_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the number is below 0.
    ///
    /// ```
    /// assert!(varpack_pickle::BigInt::from(-1_i64).is_negative());
    /// ```
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.bytes.last().is_some_and(|byte| byte & 0x80 != 0)
    }

    /// The number, if 64 bits hold it.
    ///
    /// ```
    /// use varpack_pickle::BigInt;
    ///
    /// assert_eq!(BigInt::from(i64::MIN).to_i64(), Some(i64::MIN));
    /// assert_eq!(BigInt::from(u128::MAX).to_i64(), None);
    /// ```
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        self.to_i128()?.try_into().ok()
    }

    /// The number, if 128 bits hold it.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::BigInt::from(u128::MAX).to_i128(), None);
    /// ```
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        let mut wide = [if self.is_negative() { 0xff } else { 0 }; 16];
        wide.get_mut(..self.bytes.len())?.copy_from_slice(&self.bytes);
        Some(i128::from_le_bytes(wide))
    }

    /// The number, if it is not negative and 128 bits hold it.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::BigInt::from(u128::MAX).to_u128(), Some(u128::MAX));
    /// ```
    #[must_use]
    pub fn to_u128(&self) -> Option<u128> {
        if self.is_negative() {
            return None;
        }
        let magnitude = match &*self.bytes {
            [lower @ .., 0] => lower,
            bytes => bytes,
        };
        let mut wide = [0; 16];
        wide.get_mut(..magnitude.len())?.copy_from_slice(magnitude);
        Some(u128::from_le_bytes(wide))
    }

    /// The absolute value, in digits of 32 bits, the lowest first.
    fn magnitude(&self) -> Vec<u32> {
        let fill = if self.is_negative() { 0xff } else { 0 };
        let mut carry = self.is_negative();
        let digits = self.bytes.chunks(4).map(|chunk| {
            let mut wide = [fill; 4];
            wide[..chunk.len()].copy_from_slice(chunk);
            let digit = u32::from_le_bytes(wide);
            if fill == 0 {
                return digit;
            }
            let (digit, overflow) = (!digit).overflowing_add(u32::from(carry));
            carry = overflow;
            digit
        });
        let mut digits: Vec<u32> = digits.collect();
        if carry {
            digits.push(1);
        }
        digits
    }
}

impl From<i64> for BigInt {
    fn from(value: i64) -> Self {
        Self::from_le_bytes(&value.to_le_bytes())
    }
}

impl From<i128> for BigInt {
    fn from(value: i128) -> Self {
        Self::from_le_bytes(&value.to_le_bytes())
    }
}

impl From<u128> for BigInt {
    fn from(value: u128) -> Self {
        let mut wide = [0; 17];
        wide[..16].copy_from_slice(&value.to_le_bytes());
        Self::from_le_bytes(&wide)
    }
}

impl FromStr for BigInt {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            digits => (false, digits),
        };
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(Error::new(ErrorKind::Value).with_expected("a decimal integer"));
        }
        if digits.len() > MAX_DECIMAL_DIGITS {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("at most {MAX_DECIMAL_DIGITS} decimal digits"))
                .with_found(digits.len().to_string()));
        }
        let mut magnitude: Vec<u32> = Vec::new();
        for digit in digits {
            let mut carry = u64::from(digit - b'0');
            for place in &mut magnitude {
                let wide = u64::from(*place) * 10 + carry;
                *place = low(wide);
                carry = wide >> 32;
            }
            if carry != 0 {
                magnitude.push(low(carry));
            }
        }
        let mut carry = negative;
        let mut bytes: Vec<u8> = Vec::with_capacity(magnitude.len() * 4 + 1);
        for digit in magnitude {
            let digit = if negative {
                let (digit, overflow) = (!digit).overflowing_add(u32::from(carry));
                carry = overflow;
                digit
            } else {
                digit
            };
            bytes.extend_from_slice(&digit.to_le_bytes());
        }
        // After the negation of 0 the carry is left over and the sign is positive.
        bytes.push(if negative && !carry { 0xff } else { 0 });
        Ok(Self::from_le_bytes(&bytes))
    }
}

/// As few of these two's complement bytes as tell the number and its sign; none for 0.
pub(crate) fn shortest(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    // A byte that only repeats the sign of the one below it says nothing.
    while let [lower @ .., high] = rest {
        let sign = lower.last().is_some_and(|byte| byte & 0x80 != 0);
        match (high, sign) {
            (0, false) | (0xff, true) => rest = lower,
            _ => break,
        }
    }
    rest
}

/// The lower 32 bits.
fn low(wide: u64) -> u32 {
    let [a, b, c, d, ..] = wide.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

impl fmt::Display for BigInt {
    /// Decimal, or hexadecimal for a number of over about 4300 decimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut magnitude = self.magnitude();
        // A digit of 32 bits is at least 9 decimal ones.
        if magnitude.len() * 9 > MAX_DECIMAL_DIGITS {
            let digits: String =
                magnitude.iter().rev().map(|digit| format!("{digit:08x}")).collect();
            let sign = if self.is_negative() { "-" } else { "" };
            return write!(f, "{sign}0x{}", digits.trim_start_matches('0'));
        }
        let mut groups = Vec::new();
        while magnitude.iter().any(|&digit| digit != 0) {
            let mut remainder = 0;
            for digit in magnitude.iter_mut().rev() {
                let wide = (remainder << 32) | u64::from(*digit);
                *digit = low(wide / 1_000_000_000);
                remainder = wide % 1_000_000_000;
            }
            groups.push(remainder);
        }
        let mut text = groups.pop().unwrap_or(0).to_string();
        for group in groups.iter().rev() {
            text.push_str(&format!("{group:09}"));
        }
        f.pad_integral(!self.is_negative(), "", &text)
    }
}

impl fmt::Debug for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
