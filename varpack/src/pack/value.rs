//! What a variable of a folder of unknown type holds.

use super::content::{Content, Key, Kind};
use crate::npy::Element;
use crate::pickle::{Value, from_value, to_value};
use crate::{AnyArray, Error, MmapArray, Result};
use ndarray::{Array, Dimension};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

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
/// assert_eq!(step.value().map(from_value::<u64>).transpose()?, Some(7));
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

/// A dictionary in the order of its keys, some of whose items are arrays.
///
/// ```
/// use varpack::{AnyArray, MmapArray1, PackMap};
///
/// let mut map = PackMap::new();
/// map.insert("losses", AnyArray::try_from(MmapArray1::from(vec![0.5, 0.25]))?);
/// map.insert_value("epochs", &2)?;
/// assert_eq!(map.get("losses").and_then(|item| item.array()).unwrap().shape(), [2]);
/// assert_eq!(map.len(), 2);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackMap {
    items: Vec<(Value, PackItem)>,
}

/// An item of a [`PackMap`].
///
/// ```
/// use varpack::pickle::Value;
/// use varpack::{AnyArray, MmapArray1, PackItem};
///
/// let item = PackItem::from(AnyArray::try_from(MmapArray1::from(vec![0.5]))?);
/// assert!(matches!(item, PackItem::Array(_)));
/// assert_eq!(PackItem::from(Value::from("adam")).value(), Some(&"adam".into()));
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PackItem {
    /// An array: in a file of its own if it is large enough.
    Array(AnyArray),
    /// Anything else.
    Value(Value),
}

impl PackItem {
    /// The array, if it is one.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let item = PackItem::from(AnyArray::try_from(MmapArray1::from(vec![0.5, 0.25]))?);
    /// assert_eq!(item.array().unwrap().shape(), [2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn array(&self) -> Option<&AnyArray> {
        match self {
            Self::Array(array) => Some(array),
            Self::Value(_) => None,
        }
    }

    /// The array for writing, if it is one.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut item = PackItem::from(AnyArray::try_from(MmapArray1::from(vec![0.5, 0.25]))?);
    /// item.array_mut().unwrap().view_mut::<f64, ndarray::Ix1>()?[0] = 1.0;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn array_mut(&mut self) -> Option<&mut AnyArray> {
        match self {
            Self::Array(array) => Some(array),
            Self::Value(_) => None,
        }
    }

    /// The value, if it is no array.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let item = PackItem::from(varpack::pickle::Value::from("adam"));
    /// assert_eq!(item.value().and_then(|value| value.as_str()), Some("adam"));
    /// ```
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Array(_) => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl From<AnyArray> for PackItem {
    fn from(array: AnyArray) -> Self {
        Self::Array(array)
    }
}

impl From<Value> for PackItem {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl PackMap {
    /// A map without items. See [`PackMap`] for an example.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of items. See [`PackMap`] for an example.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no item.
    ///
    /// ```
    /// assert!(varpack::PackMap::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items, in order.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// let keys: Vec<_> = map.iter().filter_map(|(key, _)| key.as_str()).collect();
    /// assert_eq!(keys, ["epochs"]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&Value, &PackItem)> {
        self.items.iter().map(|(key, item)| (key, item))
    }

    /// The item under a text key. Items under other keys are in [`iter`](Self::iter).
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// assert_eq!(map.get("epochs").and_then(PackItem::value), Some(&2.into()));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn get(&self, key: &str) -> Option<&PackItem> {
        self.iter().find(|(found, _)| found.as_str() == Some(key)).map(|(_, item)| item)
    }

    /// The item under a text key, for writing.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// *map.get_mut("epochs").unwrap() = PackItem::Value(3.into());
    /// assert_eq!(map.get("epochs").and_then(PackItem::value), Some(&3.into()));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn get_mut(&mut self, key: &str) -> Option<&mut PackItem> {
        self.items.iter_mut().find(|(found, _)| found.as_str() == Some(key)).map(|(_, item)| item)
    }

    /// Puts an item under a key, a text or any other value. Gives back what it replaces.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// # use varpack::pickle::Value;
    /// let mut map = PackMap::new();
    /// map.insert("epochs", Value::from(2));
    /// map.insert(7, Value::from("seven")); // a key need not be a text
    /// assert!(map.insert("epochs", Value::from(3)).is_some());
    /// assert_eq!(map.len(), 2);
    /// ```
    pub fn insert(&mut self, key: impl Into<Value>, item: impl Into<PackItem>) -> Option<PackItem> {
        let (key, item) = (key.into(), item.into());
        match self.items.iter_mut().find(|(found, _)| *found == key) {
            Some((_, found)) => Some(std::mem::replace(found, item)),
            None => {
                self.items.push((key, item));
                None
            }
        }
    }

    /// Puts anything that serde can serialize under a key. Gives back what it replaces.
    ///
    /// # Errors
    /// As of [`to_value`].
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut map = PackMap::new();
    /// map.insert_value("losses", &[0.5, 0.25])?; // a tuple in Python, inside the pickle
    /// assert!(map.get("losses").and_then(PackItem::value).is_some());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn insert_value<T: Serialize + ?Sized>(
        &mut self,
        key: impl Into<Value>,
        value: &T,
    ) -> Result<Option<PackItem>> {
        Ok(self.insert(key, to_value(value)?))
    }

    /// Takes the item under a text key out.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// assert!(map.remove("epochs").is_some());
    /// assert!(map.is_empty());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn remove(&mut self, key: &str) -> Option<PackItem> {
        let index = self.items.iter().position(|(found, _)| found.as_str() == Some(key))?;
        Some(self.items.remove(index).1)
    }

    /// Brings the arrays into memory.
    pub(super) fn detach(&mut self) -> Result<()> {
        self.items.iter_mut().try_for_each(|(_, item)| {
            if let PackItem::Array(array) = item {
                *array = array.try_clone()?;
            }
            Ok(())
        })
    }

    fn content(&self) -> Content<'_> {
        let items = self.items.iter().map(|(key, item)| {
            let content = match item {
                PackItem::Array(array) => Kind::Array(array),
                PackItem::Value(value) => Kind::Node(value),
            };
            (Key::Node(key), Content(content))
        });
        Content(Kind::Dict(items.collect()))
    }
}

impl FromIterator<(Value, PackItem)> for PackMap {
    fn from_iter<I: IntoIterator<Item = (Value, PackItem)>>(items: I) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

impl PackValue {
    /// The array, if it is one.
    ///
    /// ```
    /// # use varpack::PackValue;
    /// let value = PackValue::try_from(ndarray::array![0.5, 0.25])?;
    /// assert_eq!(value.array().unwrap().shape(), [2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn array(&self) -> Option<&AnyArray> {
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
    /// value.array_mut().unwrap().view_mut::<f64, ndarray::Ix1>()?.fill(0.0);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn array_mut(&mut self) -> Option<&mut AnyArray> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The dictionary, if it is one with arrays in files of their own.
    ///
    /// ```
    /// # use varpack::{PackMap, PackValue};
    /// assert!(PackValue::from(PackMap::new()).map().unwrap().is_empty());
    /// ```
    pub fn map(&self) -> Option<&PackMap> {
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
    /// value.map_mut().unwrap().insert_value("epochs", &2)?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn map_mut(&mut self) -> Option<&mut PackMap> {
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
    /// assert_eq!(value.value().and_then(|value| value.as_str()), Some("adam"));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn value(&self) -> Option<&Value> {
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
        let array = |array: &AnyArray| Ok::<_, Error>(Value::Array(Arc::new(array.try_clone()?)));
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
    /// assert_eq!(from_value::<Vec<u8>>(value.value().unwrap())?, [1, 2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        to_value(value).map(Self::Value)
    }

    pub(super) fn content(&self) -> Content<'_> {
        match self {
            Self::Array(array) => Content(Kind::Array(array)),
            Self::Map(map) => map.content(),
            Self::Value(value) => Content(Kind::Node(value)),
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
