//! Takes arrays and [`Value`](super::Value)s back out of the newtype structs that serde sees.

use super::bridge::{FIELDS, VALUE};
use super::ser::Serializer;
use super::{Document, bridge, emit, emit_numpy};
use crate::array::AnyArray;
use crate::{Error, ErrorKind, Result};
use serde::de::Deserialize as _;
use serde::ser::{self, Impossible, Serialize};

/// Writes the content of [`bridge::ARRAY`] as a NumPy array.
pub(super) fn array<T: Serialize + ?Sized>(to: Serializer<'_>, content: &T) -> Result<()> {
    content.serialize(ArrayCapture { to })
}

/// Writes the content of [`VALUE`] as the object that it is.
pub(super) fn value<T: Serialize + ?Sized>(to: Serializer<'_>, content: &T) -> Result<()> {
    content.serialize(ValueCapture { to })
}
