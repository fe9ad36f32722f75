//! What a variable of a folder of unknown type holds.

use super::map::{PackItem, PackMap};
use crate::folder::content::{Content, ContentKind};
use crate::npy::{Element, NpyArray};
use crate::pickle::{Value, from_value, to_value};
use crate::{AnyArray, Error, MmapArray, Result};
use ndarray::{Array, Dimension};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A variable of a [`Pack`](crate::Pack): an array, a dictionary that mixes arrays and values, or any
/// other value.
///
/// ```
/// use varpack::pickle::from_value;
/// use varpack::{PackMap, PackValue};
///
/// let describe = |value: &PackValue| match value {
///     PackValue::Array(array) => format!("{} {:?}", array.dtype().name(), array.shape()),
///     PackValue::Map(map) => format!("dict of {}", map.len()),
///     PackValue::Value(value) => value.kind_name().to_owned(),
///     _ => "something new".to_owned(),
/// };
/// assert_eq!(describe(&PackValue::try_from(ndarray::array![1.0, 2.0])?), "float64 [2]");
/// assert_eq!(describe(&PackMap::new().into()), "dict of 0");
/// let step = PackValue::serialize(&7)?;
/// assert_eq!(describe(&step), "int");
/// assert_eq!(step.as_value().map(from_value::<u64>).transpose()?, Some(7));
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PackValue {
    /// An array in a `.npy` file of its own.
    Array(AnyArray),
    /// A dictionary some of whose arrays are in files of their own.
    Map(PackMap),
    /// Anything else; NumPy arrays and scalars inside it are part of it.
    Value(Value),
}

impl PackValue {
    /// The array, if it is one.
    ///
    /// ```
    /// # use varpack::PackValue;
    /// let value = PackValue::try_from(ndarray::array![0.5, 0.25])?;
    /// assert_eq!(value.as_array().unwrap().shape(), [2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_array(&self) -> Option<&AnyArray> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The array for writing, if it is one.
    ///
    /// ```
    /// # use varpack::PackValue;
    /// let mut value = PackValue::try_from(ndarray::array![0.5, 0.25])?;
    /// value.as_array_mut().unwrap().view_mut::<f64, ndarray::Ix1>()?.fill(0.0);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_array_mut(&mut self) -> Option<&mut AnyArray> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The dictionary, if it is one with arrays in files of their own.
    ///
    /// ```
    /// # use varpack::{PackMap, PackValue};
    /// assert!(PackValue::from(PackMap::new()).as_map().unwrap().is_empty());
    /// ```
    pub fn as_map(&self) -> Option<&PackMap> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The dictionary for writing, if it is one with arrays in files of their own.
    ///
    /// ```
    /// # use varpack::{PackMap, PackValue};
    /// let mut value = PackValue::from(PackMap::new());
    /// value.as_map_mut().unwrap().insert_value("epochs", &2)?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_map_mut(&mut self) -> Option<&mut PackMap> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value, if it is neither array nor such a dictionary.
    ///
    /// ```
    /// # use varpack::PackValue;
    /// let value = PackValue::serialize("adam")?;
    /// assert_eq!(value.as_value().and_then(|value| value.as_str()), Some("adam"));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The array by value, if it is one: to [`downcast`](AnyArray::downcast) it.
    ///
    /// ```
    /// # use varpack::PackValue;
    /// let value = PackValue::try_from(ndarray::array![1u8, 2])?;
    /// let array = value.into_array().map(|array| array.downcast::<u8, ndarray::Ix1>());
    /// assert_eq!(array.transpose()?.unwrap().to_vec(), [1, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn into_array(self) -> Option<AnyArray> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The array, or those of the dictionary.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = &AnyArray> {
        self.as_array().into_iter().chain(self.as_map().into_iter().flat_map(PackMap::arrays))
    }

    /// The same for writing.
    pub(crate) fn arrays_mut(&mut self) -> impl Iterator<Item = &mut AnyArray> {
        let (array, map) = match self {
            Self::Array(array) => (Some(array), None),
            Self::Map(map) => (None, Some(map)),
            Self::Value(_) => (None, None),
        };
        array.into_iter().chain(map.into_iter().flat_map(PackMap::arrays_mut))
    }

    /// As a type of one's own, through serde: the way back from [`serialize`](Self::serialize). Arrays
    /// are copied.
    ///
    /// # Errors
    /// [`Value`](crate::ErrorKind::Value) if it is of another type.
    ///
    /// ```
    /// # use varpack::PackValue;
    /// let value = PackValue::serialize(&[0.5, 0.25])?;
    /// assert_eq!(value.deserialize::<Vec<f64>>()?, [0.5, 0.25]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        let array = |array: &AnyArray| NpyArray::try_from(array).map(Value::from);
        match self {
            Self::Value(value) => from_value(value),
            Self::Array(found) => from_value(&array(found)?),
            Self::Map(map) => {
                let items = map.iter().map(|(key, item)| {
                    let value = match item {
                        PackItem::Array(found) => array(found)?,
                        PackItem::Value(value) => value.clone(),
                    };
                    Ok((key.clone(), value))
                });
                from_value(&Value::dict(items.collect::<Result<Vec<_>>>()?))
            }
        }
    }

    /// Anything that serde can serialize. [`from_value`](crate::pickle::from_value) is the way back.
    ///
    /// # Errors
    /// As of [`to_value`].
    ///
    /// ```
    /// # use varpack::{PackValue, pickle::from_value};
    /// let value = PackValue::serialize(&vec![1, 2])?;
    /// assert_eq!(from_value::<Vec<u8>>(value.as_value().unwrap())?, [1, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        to_value(value).map(Self::Value)
    }

    pub(crate) fn content(&self) -> Content<'_> {
        match self {
            Self::Array(array) => Content(ContentKind::Array(array)),
            Self::Map(map) => map.content(),
            Self::Value(value) => Content(ContentKind::Node(value)),
        }
    }
}

impl From<AnyArray> for PackValue {
    fn from(array: AnyArray) -> Self {
        Self::Array(array)
    }
}

impl From<PackMap> for PackValue {
    fn from(map: PackMap) -> Self {
        Self::Map(map)
    }
}

impl From<Value> for PackValue {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl<T: Element, D: Dimension> TryFrom<MmapArray<T, D>> for PackValue {
    type Error = Error;

    fn try_from(array: MmapArray<T, D>) -> Result<Self> {
        AnyArray::try_from(array).map(Self::Array)
    }
}

impl<T: Element, D: Dimension> TryFrom<Array<T, D>> for PackValue {
    type Error = Error;

    fn try_from(array: Array<T, D>) -> Result<Self> {
        MmapArray::from(array).try_into()
    }
}
