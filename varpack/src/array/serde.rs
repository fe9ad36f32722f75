//! Arrays under serde: as [`NpyArray`] is, without a copy on the way out.

use super::order::{elements_in_order, header};
use super::{AnyArray, ArrayFile, MmapArray};
use crate::npy;
use crate::npy::internal::describe_shape;
use crate::npy::internal::serde::write;
use crate::npy::{Element, NpyArray};
use ndarray::{ArrayRef, Dimension};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{self, Serialize, Serializer};

/// The elements of any array, as those of an `MmapArray`.
pub(super) struct Elements<'a, T, D>(pub(super) &'a ArrayRef<T, D>);

/// Inside a pickle a NumPy array; in a human-readable format its dtype, shape and values; in a
/// binary format those, its values as bytes.
impl<T: Element, D: Dimension> Serialize for MmapArray<T, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Elements(self).serialize(serializer)
    }
}

impl<T: Element, D: Dimension> Serialize for Elements<'_, T, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(array) = self;
        let header = header(array).map_err(ser::Error::custom)?;
        if let Some(elements) = elements_in_order(array) {
            return write(&header, bytemuck::cast_slice(elements), serializer);
        }
        let elements: Vec<T> = array.iter().copied().collect();
        write(&header, bytemuck::cast_slice(&elements), serializer)
    }
}

/// As [`MmapArray`], in its own byte order.
impl Serialize for AnyArray {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.header(), self.as_bytes(), serializer)
    }
}

/// As [`AnyArray`].
impl Serialize for ArrayFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.header(), self.bytes(), serializer)
    }
}

/// From a NumPy array, or what [`Serialize`](MmapArray#impl-Serialize-for-MmapArray<T,+D>) wrote elsewhere.
impl<'de, T: Element, D: Dimension> Deserialize<'de> for MmapArray<T, D> {
    fn deserialize<S: Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        let axes = D::NDIM.map(|ndim| format!("{ndim} axes"));
        let with = describe_shape::<T>(D::NDIM).or(axes).map(|axes| format!(" with {axes}"));
        let expected = format!("an array of {}{}", T::dtype().name(), with.unwrap_or_default());
        let array = npy::internal::serde::read(deserializer, expected.into())?;
        AnyArray::from(array).downcast::<T, D>().map_err(npy::internal::serde::refused)
    }
}

/// As of [`MmapArray`], of whichever dtype and shape.
impl<'de> Deserialize<'de> for AnyArray {
    fn deserialize<S: Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        NpyArray::deserialize(deserializer).map(Self::from)
    }
}
