//! [`ArrayOr`]: a value of a map that mixes arrays and other values.

use super::{MapEntry, MmapField};
use crate::array::{ArrayType, MmapArray};
use crate::folder::content::{Content, Kind};
use crate::folder::load::found::Found;
use crate::npy::Element;
use crate::{ErrorKind, Result};
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

impl Found<'_> {
    /// As an array of a known type, or else as a value. That may be an array too, of another type: a save leaves it
    /// in the pickle.
    pub(crate) fn array_or_value<T, D, V>(mut self) -> Result<ArrayOr<MmapArray<T, D>, V>>
    where
        T: Element,
        D: Dimension,
        V: DeserializeOwned,
    {
        let objects = self.with_objects(ArrayType::of_or_objects::<T, D>(), |node, path| {
            node.deserialize_in(path)
        })?;
        if let Some(value) = objects {
            return Ok(ArrayOr::Value(value));
        }
        if !self.has_elements() {
            return self.value().map(ArrayOr::Value);
        }
        if self.array_file().is_some() {
            return self.array().map(ArrayOr::Array);
        }
        let Self { context, entry, path, file, node, .. } = &self;
        let again = Self { context, entry, path: path.clone(), file, node: *node, opened: None };
        self.array().map(ArrayOr::Array).or_else(|error| match error.kind() {
            ErrorKind::Dtype | ErrorKind::Shape => {
                again.value().map(ArrayOr::Value).map_err(|other| match other.kind() {
                    // Nothing is said of its type by a limit of the caller.
                    ErrorKind::Limit => other,
                    _ => error,
                })
            }
            _ => Err(error),
        })
    }
}
