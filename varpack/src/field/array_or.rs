//! [`ArrayOr`]: a value of a map that mixes arrays and other values.

use super::{MapEntry, MmapField};
use crate::Result;
use crate::array::{ArrayType, MmapArray};
use crate::npy::Element;
use crate::pack::content::{Content, Kind};
use crate::pack::found::Found;
use ndarray::Dimension;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An array or something else: for maps that mix both, as dictionaries in Python do.
///
/// Something else may be an array of another type: `ArrayOr<MmapArrayD<f32>, AnyArray>`. It stays in the pickle. One of
/// the first type that is saved as a `Value` is an `Array` after a load.
///
/// ```
/// use std::collections::BTreeMap;
/// use varpack::{ArrayOr, MmapArray1, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     results: BTreeMap<String, ArrayOr<MmapArray1<f64>, u32>>,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// let losses = MmapArray1::from(vec![0.5, 0.25]);
/// Run {
///     results: BTreeMap::from([
///         ("losses".to_owned(), ArrayOr::Array(losses)),
///         ("epochs".to_owned(), ArrayOr::Value(2)),
///     ]),
/// }
/// .save(&folder)?;
/// let run = Run::load(&folder)?;
/// assert_eq!(run.results["epochs"].as_value(), Some(&2));
/// assert_eq!(run.results["losses"].as_array().unwrap().sum(), 0.75);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ArrayOr<A, V> {
    /// An array: a file of its own, or inside the pickle.
    Array(A),
    /// Any other value, an array of Python objects among them.
    Value(V),
}

impl<A, V> ArrayOr<A, V> {
    /// The array, if it is one.
    ///
    /// ```
    /// # use varpack::{ArrayOr, MmapArray1};
    /// let entry: ArrayOr<_, u32> = ArrayOr::Array(MmapArray1::from(vec![0.5, 0.25]));
    /// assert_eq!(entry.as_array().map(|losses| losses.sum()), Some(0.75));
    /// ```
    pub fn as_array(&self) -> Option<&A> {
        match self {
            Self::Array(array) => Some(array),
            Self::Value(_) => None,
        }
    }

    /// The other value, if it is one.
    ///
    /// ```
    /// # use varpack::{ArrayOr, MmapArray1};
    /// let entry: ArrayOr<MmapArray1<f64>, u32> = ArrayOr::Value(2);
    /// assert_eq!(entry.as_value(), Some(&2));
    /// ```
    pub fn as_value(&self) -> Option<&V> {
        match self {
            Self::Array(_) => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl<T, D, V> From<MmapArray<T, D>> for ArrayOr<MmapArray<T, D>, V> {
    fn from(array: MmapArray<T, D>) -> Self {
        Self::Array(array)
    }
}

impl<T: Element, D: Dimension, V: Serialize + DeserializeOwned> MapEntry
    for ArrayOr<MmapArray<T, D>, V>
{
    fn content(&self) -> Content<'_> {
        match self {
            Self::Array(array) => MmapField::content(array),
            Self::Value(value) => Content(Kind::Value(value)),
        }
    }

    fn array_type() -> ArrayType {
        ArrayType::of_or_objects::<T, D>()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array_or_value()
    }
}
