//! Numbers as bytes, by which keys of all their types are compared.

use crate::npy::ByteOrder;
use half::f16;

/// The whole number that a float is, if it is one: two's complement, the lowest byte first.
pub(crate) fn whole(value: f64) -> Option<Vec<u8>> {
    /// The exponent, as a float holds it, of a whole mantissa.
    const WHOLE: u64 = 1075;
    if value == 0.0 {
        return Some(Vec::new());
    }
    let bits = value.to_bits();
    let exponent = bits >> 52 & 0x7ff;
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let mut bytes = if !value.is_finite() {
        return None;
    } else if let Some(shift) = exponent.checked_sub(WHOLE) {
        let shift = usize::try_from(shift).ok()?;
        let mut bytes = vec![0; shift / 8];
        bytes.extend_from_slice(&(u128::from(mantissa) << (shift % 8)).to_le_bytes());
        bytes
    } else {
        let fraction = WHOLE - exponent;
        if fraction > 52 || mantissa & ((1 << fraction) - 1) != 0 {
            return None;
        }
        (mantissa >> fraction).to_le_bytes().to_vec()
    };
    if value < 0.0 {
        let mut carry = true;
        for byte in &mut bytes {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    Some(bytes)
}

pub(crate) fn little(bytes: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    bytes
}

/// Little-endian; `None` for a `long double`.
pub(crate) fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        2 => bytes.try_into().ok().map(|bytes| f16::from_le_bytes(bytes).into()),
        4 => bytes.try_into().ok().map(|bytes| f32::from_le_bytes(bytes).into()),
        _ => bytes.try_into().ok().map(f64::from_le_bytes),
    }
}

pub(crate) fn code_point(bytes: &[u8], order: ByteOrder) -> Option<char> {
    let bytes: [u8; 4] = bytes.try_into().ok()?;
    char::from_u32(match order {
        ByteOrder::Little => u32::from_le_bytes(bytes),
        ByteOrder::Big => u32::from_be_bytes(bytes),
    })
}
