//! A newtype struct of anybody's: what stands there, without a trace of its name but in errors.

use crate::{Error, Result};
use serde::de::{Deserializer, Visitor};

/// The numbers of the crate `half`. Its `Serialize` writes their bits, an int to Python, and no more than that comes
/// back through serde's buffer: a float in a pickle is not read as one of these, for it would be saved as an int.
const HALVES: [&str; 2] = ["f16", "bf16"];

/// Gives a visitor that asked for a newtype struct what is inside.
#[inline]
pub(super) fn visit<'de, D, V>(name: &'static str, inner: D, visitor: V) -> Result<V::Value>
where
    D: Deserializer<'de, Error = Error>,
    V: Visitor<'de>,
{
    visitor.visit_newtype_struct(inner).map_err(|error| explained(name, error))
}

#[cold]
fn explained(name: &str, error: Error) -> Error {
    match error.expected() {
        Some("u16") if HALVES.contains(&name) => error.with_expected(format!(
            "an int, the bits of `half::{name}` (for the number write `f32`)"
        )),
        _ => error,
    }
}
