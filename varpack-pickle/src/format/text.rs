//! The text forms inside pickles: WTF-8, and the escapes and numbers of protocol 0.

use crate::format::input::{Fault, Step};

/// Whether these bytes are UTF-8 but for lone surrogates, each encoded in three bytes: what CPython
/// writes for a `str` (the `surrogatepass` error handler).
pub(crate) fn is_surrogate_utf8(mut bytes: &[u8]) -> bool {
    while let Err(error) = std::str::from_utf8(bytes) {
        match bytes.get(error.valid_up_to()..) {
            Some([0xed, 0xa0..=0xbf, 0x80..=0xbf, rest @ ..]) => bytes = rest,
            _ => return false,
        }
    }
    true
}

fn push_code_point(out: &mut Vec<u8>, code: u32) -> Step<()> {
    if let Some(character) = char::from_u32(code) {
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        return Ok(());
    }
    match u16::try_from(code) {
        Ok(surrogate) => {
            let [high, low] = surrogate.to_be_bytes();
            out.extend_from_slice(&[
                0xe0 | (high >> 4),
                0x80 | ((high & 0x0f) << 2) | (low >> 6),
                0x80 | (low & 0x3f),
            ]);
            Ok(())
        }
        Err(_) => Err(Fault::invalid(format!("\\U{code:08x} is not a code point"))),
    }
}

fn hex(digits: Option<&[u8]>) -> Step<u32> {
    digits
        .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .ok_or_else(|| Fault::invalid("a hexadecimal escape is cut short or has other digits"))
}

/// Decodes the line of UNICODE: Latin-1 with `\uXXXX` and `\UXXXXXXXX` (Python's
/// `raw-unicode-escape`), to UTF-8 with lone surrogates.
pub(crate) fn raw_unicode_escape(line: &[u8]) -> Step<Vec<u8>> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let escape = match (first, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        if escape == 0 {
            push_code_point(&mut out, u32::from(*first))?;
            rest = tail;
            // A backslash before a backslash does not escape it here, but it does shield what
            // follows from being read as an escape.
            if let (b'\\', [b'\\', after @ ..]) = (first, tail) {
                out.push(b'\\');
                rest = after;
            }
        } else {
            push_code_point(&mut out, hex(tail.get(1..=escape))?)?;
            rest = tail.get(1 + escape..).unwrap_or_default();
        }
    }
    Ok(out)
}

/// Decodes the line of STRING: a quoted literal of bytes as Python 2's `repr` writes it.
pub(crate) fn quoted_bytes(line: &[u8]) -> Step<Vec<u8>> {
    let line = line.trim_ascii();
    let mut rest = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return Err(Fault::invalid("the string is not in quotes")),
    };
    let mut out = Vec::with_capacity(rest.len());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let Some((escape, tail)) = rest.split_first() else {
            return Err(Fault::invalid("the string ends in a backslash"));
        };
        rest = tail;
        match escape {
            b'\\' | b'\'' | b'"' => out.push(*escape),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'a' => out.push(0x07),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'v' => out.push(0x0b),
            b'x' => {
                out.extend(u8::try_from(hex(rest.get(..2))?));
                rest = rest.get(2..).unwrap_or_default();
            }
            b'0'..=b'7' => {
                let digits = rest.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7'));
                let (mut code, mut len) = (u16::from(escape - b'0'), 0);
                for digit in digits {
                    code = code * 8 + u16::from(digit - b'0');
                    len += 1;
                }
                out.push(code.to_le_bytes()[0]);
                rest = rest.get(len..).unwrap_or_default();
            }
            _ => out.extend_from_slice(&[b'\\', *escape]),
        }
    }
    Ok(out)
}

/// The line of FLOAT: Python's `repr`.
pub(crate) fn float(line: &[u8]) -> Step<f64> {
    let text = std::str::from_utf8(line).ok().map(str::trim);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| Fault::invalid("not a floating-point number"))
}

/// A decimal number that must fit: the index of GET and PUT.
pub(crate) fn index(line: &[u8]) -> Step<u64> {
    let text = std::str::from_utf8(line).ok().map(str::trim);
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Fault::invalid("not a memo index"))
}
