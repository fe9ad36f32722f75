//! Whole values as pickles.

use crate::write::writer::Writer;
use crate::{Error, Result, Value};
use serde::Serialize;
use std::io;

/// A value as a pickle.
///
/// # Errors
/// As of [`Writer::value`].
///
/// ```
/// assert_eq!(varpack_pickle::to_vec(&7)?, b"\x80\x04K\x07.");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.value(value)?;
    writer.finish()
}

/// Writes a value as a pickle.
///
/// # Errors
/// As of [`to_vec`], and those of `writer`.
///
/// ```
/// let mut file = Vec::new();
/// varpack_pickle::to_writer(&mut file, "text")?;
/// assert_eq!(varpack_pickle::from_slice::<String>(&file)?, "text");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn to_writer<W: io::Write, T: Serialize + ?Sized>(mut writer: W, value: &T) -> Result<()> {
    writer.write_all(&to_vec(value)?).map_err(|source| {
        Error::msg(crate::ErrorKind::Io, "cannot write the pickle").with_source(source)
    })
}

/// A value as the Python object that its pickle makes.
///
/// # Errors
/// As of [`to_vec`].
///
/// ```
/// use varpack_pickle::{Value, to_value};
///
/// assert_eq!(to_value(&Some(1.5))?, Value::Float(1.5));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    Value::from_slice(&to_vec(value)?)
}
