//! A dictionary that mixes arrays and values: what a variable of a folder of unknown type may be.

use super::content::{Content, Key, Kind};
use crate::pickle::{Value, to_value};
use crate::{AnyArray, Result};
use serde::Serialize;

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

    pub(super) fn content(&self) -> Content<'_> {
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
