//! Whole values from pickles.

use crate::write::emit;
use crate::{Document, Result, Value};
use serde::de::DeserializeOwned;

/// Reads a pickle of any protocol.
///
/// # Errors
/// As of [`Document::parse`] and [`Node::deserialize`](crate::Node::deserialize).
///
/// ```
/// let pickle = b"(lp0\nI1\naI2\na."; // protocol 0
/// assert_eq!(varpack_pickle::from_slice::<Vec<u8>>(pickle)?, [1, 2]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    Document::parse(bytes)?.root().deserialize()
}

/// A Python object as a type of the caller's.
///
/// # Errors
/// As of [`Node::deserialize`](crate::Node::deserialize).
///
/// ```
/// use varpack_pickle::{Value, from_value};
///
/// let value = Value::list([1.into(), 2.into()]);
/// assert_eq!(from_value::<Vec<u8>>(&value)?, [1, 2]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T> {
    from_slice(&emit::to_vec(value)?)
}
