//! Floats as Python's `float.hex` writes them, exact to the bit.

use serde::de::{Deserialize, Deserializer, Error};

/// A Python float. Two are equal if Python could not tell them apart: `-0.0` is not `0.0`, and one
/// NaN is any other.
#[derive(Clone, Copy, Debug)]
pub struct PyFloat(pub f64);

impl PartialEq for PyFloat {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() || (self.0.is_nan() && other.0.is_nan())
    }
}

impl PyFloat {
    /// Parses what `float.hex` wrote: `0x1.8000000000000p+1`, `-inf`, `nan`.
    ///
    /// ```
    /// use varpack_tests::expected::PyFloat;
    ///
    /// assert_eq!(PyFloat::parse("0x1.8000000000000p+1"), Some(PyFloat(3.0)));
    /// assert_eq!(PyFloat::parse("-0x0.0p+0"), Some(PyFloat(-0.0)));
    /// assert_eq!(PyFloat::parse("0x0.0000000000001p-1022"), Some(PyFloat(f64::from_bits(1))));
    /// assert_eq!(PyFloat::parse("3.0"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (-1.0, magnitude),
            None => (1.0, text),
        };
        let value = match magnitude {
            "inf" => f64::INFINITY,
            "nan" => f64::NAN,
            _ => f64::from_bits(finite_bits(magnitude)?),
        };
        Some(Self(value * sign))
    }
}

/// The bits of a finite, non-negative number.
fn finite_bits(text: &str) -> Option<u64> {
    let (digits, exponent) = text.strip_prefix("0x")?.split_once('p')?;
    let (whole, fraction) = digits.split_once('.')?;
    let exponent: i32 = exponent.parse().ok()?;
    // Zero has one digit after the point, every other number 13: the 52 bits of the fraction.
    let fraction = match fraction {
        "0" => 0,
        _ if fraction.len() == 13 => u64::from_str_radix(fraction, 16).ok()?,
        _ => return None,
    };
    match whole {
        "0" => Some(fraction),
        "1" => Some(u64::try_from(exponent.checked_add(1023)?).ok()? << 52 | fraction),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for PyFloat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("not a float: {text}")))
    }
}
