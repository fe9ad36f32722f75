//! [`ArrayOr`]: a value of a map that mixes arrays and other values.

use super::{MapEntry, SaveItem};
use crate::array::{AnyArray, ArrayType, MmapArray, cast_to, fits};
use crate::folder::content::Content;
use crate::folder::load::found::Found;
use crate::npy::{Cast, Element, Header};
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result};
use ndarray::Dimension;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An array or something else: for maps that mix both, as dictionaries in Python do.
///
/// `ArrayOr<AnyArray, V>` is for arrays of several dtypes.
///
/// Something else may be an array of another type: `ArrayOr<MmapArrayD<f32>, AnyArray>`. It goes into the pickle; one
/// that another program has put into a file is read, and stays there until it is changed. One of the first type that is saved as a `Value` is an `Array` after a load.
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

impl<V> From<AnyArray> for ArrayOr<AnyArray, V> {
    fn from(array: AnyArray) -> Self {
        Self::Array(array)
    }
}

impl<A: SaveItem, V: Serialize> SaveItem for ArrayOr<A, V> {
    fn content(&self) -> Content<'_> {
        match self {
            Self::Array(array) => array.content(),
            Self::Value(value) => Content::value(value),
        }
    }
}

impl<T: Element, D: Dimension, V: Serialize + DeserializeOwned> MapEntry
    for ArrayOr<MmapArray<T, D>, V>
{
    fn array_type() -> ArrayType {
        ArrayType::of_or_any::<T, D>()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.array_or_value()
    }
}

/// Every array is an `Array`, of whichever dtype and shape.
impl<V: Serialize + DeserializeOwned> MapEntry for ArrayOr<AnyArray, V> {
    const HAS_DTYPE: bool = false;

    fn array_type() -> ArrayType {
        ArrayType::any_or_objects()
    }

    fn read(found: Found<'_>) -> Result<Self> {
        found.any_array_or(Self::Array, |node, path| node.deserialize_in(path).map(Self::Value))
    }
}

impl Found<'_> {
    /// As an array of a known type, or else as a value. That may be an array too, of another type, which is read. A
    /// save leaves it where it is.
    pub(crate) fn array_or_value<T, D, V>(mut self) -> Result<ArrayOr<MmapArray<T, D>, V>>
    where
        T: Element,
        D: Dimension,
        V: DeserializeOwned,
    {
        if let Some(file) = self.array_file() {
            let array_type = ArrayType::of_or_any::<T, D>().of_field(self.cast);
            let opened = self.open(file, array_type);
            let opened = opened.map_err(|error| self.locate(error))?;
            let logical = self.entry.logical_dtype(file);
            if fits::<T, D>(opened.header(), logical) {
                self.opened = Some(Ok(opened));
                return self.array().map(ArrayOr::Array);
            }
            if opened.objects().is_some() {
                self.opened = Some(Ok(opened));
                return self.value().map(ArrayOr::Value);
            }
            let header = opened.header().clone();
            let value = self.array_as_value(file, opened);
            return value.map(ArrayOr::Value).map_err(|error| {
                self.locate(neither(error, ArrayType::of::<T, D>().refusal(&header, logical)))
            });
        }
        let header = self.node.filter(|node| node.has_elements()).and_then(Node::elements_header);
        match header {
            None => self.value().map(ArrayOr::Value),
            Some(Ok(header)) if !fits_cast::<T, D>(&header, self.cast) => {
                self.again().value().map(ArrayOr::Value).map_err(|error| {
                    self.locate(neither(error, ArrayType::of::<T, D>().refusal(&header, None)))
                })
            }
            Some(Ok(_)) => self.array().map(ArrayOr::Array),
            // Its parts disagree: a `Value` has them all the same.
            Some(Err(error)) => {
                self.again().value().map(ArrayOr::Value).map_err(|_| self.locate(error))
            }
        }
    }
}

/// Whether an array inside a pickle is of the type, or is cast to it.
fn fits_cast<T: Element, D: Dimension>(header: &Header, cast: Option<Cast>) -> bool {
    match cast.and_then(|cast| cast_to::<T>(header, None, cast)) {
        Some(dtype) => fits::<T, D>(&Header { dtype, ..header.clone() }, None),
        None => fits::<T, D>(header, None),
    }
}

/// What to say of an array that is read as a value, and is not of the value's type either: nothing else than `error` if
/// that is not about its type. `refusal`: why it is no array of the first type.
fn neither(error: Error, refusal: Option<Error>) -> Error {
    let is_of_type = matches!(error.kind(), ErrorKind::Value | ErrorKind::Dtype | ErrorKind::Shape);
    let Some(refusal) = refusal.filter(|_| is_of_type) else { return error };
    let value = error.expected().or(error.message()).map(str::to_owned);
    match (refusal.expected(), value) {
        (Some(array), Some(value)) if array != value => {
            let expected = format!("{array}, or {value}");
            refusal.with_expected(expected)
        }
        _ => refusal,
    }
}
