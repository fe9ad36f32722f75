//! A dictionary that mixes arrays and values: what a variable of a folder of unknown type may be.

use super::ordered::{Iter, Ordered};
use crate::folder::content::{Beside, Content, ContentKind, Key};
use crate::pickle::internal::{KeyDigest, KeyDigests, SeenKeys};
use crate::pickle::{Value, to_value};
use crate::{AnyArray, Result, text};
use serde::Serialize;
use std::fmt;

/// A dictionary in the order of its keys, some of whose items are arrays.
///
/// Keys are the same where Python takes them for the same: `1`, `1.0` and `true` are one key, and the first
/// of them stays. (Two objects of one class and content are one key too, and so is a NaN.)
///
/// ```
/// use varpack::{AnyArray, MmapArray1, PackMap};
///
/// let mut map = PackMap::new();
/// map.insert("losses", AnyArray::try_from(MmapArray1::from(vec![0.5, 0.25]))?);
/// map.insert_value("epochs", &2)?;
/// assert_eq!(map.get("losses").and_then(|item| item.as_array()).unwrap().shape(), [2]);
/// assert_eq!(map.len(), 2);
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct PackMap {
    items: Ordered<u128, (Value, PackItem)>,
    digests: KeyDigests,
}

/// An item of a [`PackMap`].
///
/// ```
/// use varpack::pickle::Value;
/// use varpack::{AnyArray, MmapArray1, PackItem};
///
/// let item = PackItem::from(AnyArray::try_from(MmapArray1::from(vec![0.5]))?);
/// assert!(matches!(item, PackItem::Array(_)));
/// assert_eq!(PackItem::from(Value::from("adam")).as_value(), Some(&"adam".into()));
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
    /// assert_eq!(item.as_array().unwrap().shape(), [2]);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_array(&self) -> Option<&AnyArray> {
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
    /// item.as_array_mut().unwrap().view_mut::<f64, ndarray::Ix1>()?[0] = 1.0;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn as_array_mut(&mut self) -> Option<&mut AnyArray> {
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
    /// assert_eq!(item.as_value().and_then(|value| value.as_str()), Some("adam"));
    /// ```
    pub fn as_value(&self) -> Option<&Value> {
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

    /// The items for writing, in order.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap};
    /// let mut map = PackMap::new();
    /// map.insert("losses", AnyArray::try_from(MmapArray1::from(vec![0.5, 0.25]))?);
    /// for array in map.iter_mut().filter_map(|(_, item)| item.as_array_mut()) {
    ///     array.view_mut::<f64, ndarray::Ix1>()?.fill(0.0);
    /// }
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Value, &mut PackItem)> {
        self.items.iter_mut().map(|(key, item)| (&*key, item))
    }

    /// The item under a key, a text or any other value.
    ///
    /// ```
    /// # use varpack::{PackItem, PackMap, pickle::Value};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// map.insert(7, Value::from("seven"));
    /// assert_eq!(map.get("epochs").and_then(PackItem::as_value), Some(&2.into()));
    /// assert_eq!(map.get(7).and_then(PackItem::as_value), Some(&"seven".into()));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn get(&self, key: impl Into<Value>) -> Option<&PackItem> {
        Some(&self.items.get(&self.digest(&key.into()).digest)?.1)
    }

    /// The item under a key, for writing.
    ///
    /// ```
    /// # use varpack::{PackItem, PackMap};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// *map.get_mut("epochs").unwrap() = PackItem::Value(3.into());
    /// assert_eq!(map.get("epochs").and_then(PackItem::as_value), Some(&3.into()));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn get_mut(&mut self, key: impl Into<Value>) -> Option<&mut PackItem> {
        let KeyDigest { digest, .. } = self.digest(&key.into());
        Some(&mut self.items.get_mut(&digest)?.1)
    }

    /// Puts an item under a key, a text or any other value. Gives back what it replaces, of a key that
    /// is the same to Python: as in a `dict`, that key stays.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// # use varpack::pickle::Value;
    /// let mut map = PackMap::new();
    /// map.insert("epochs", Value::from(2));
    /// map.insert(7, Value::from("seven")); // a key need not be a text
    /// assert!(map.insert("epochs", Value::from(3)).is_some());
    /// assert!(map.insert(7.0, Value::from("again")).is_some()); // `7 == 7.0`
    /// assert_eq!(map.len(), 2);
    /// ```
    pub fn insert(&mut self, key: impl Into<Value>, item: impl Into<PackItem>) -> Option<PackItem> {
        let (key, item) = (key.into(), item.into());
        let KeyDigest { digest, .. } = self.digest(&key);
        if let Some((_, found)) = self.items.get_mut(&digest) {
            return Some(std::mem::replace(found, item));
        }
        self.items.push(digest, (key, item));
        None
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
    /// assert!(map.get("losses").and_then(PackItem::as_value).is_some());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn insert_value<T: Serialize + ?Sized>(
        &mut self,
        key: impl Into<Value>,
        value: &T,
    ) -> Result<Option<PackItem>> {
        Ok(self.insert(key, to_value(value)?))
    }

    /// Takes the item under a key out; the others keep their order.
    ///
    /// ```
    /// # use varpack::{AnyArray, MmapArray1, PackItem, PackMap, PackValue};
    /// let mut map = PackMap::new();
    /// map.insert_value("epochs", &2)?;
    /// assert!(map.remove("epochs").is_some());
    /// assert!(map.is_empty());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    pub fn remove(&mut self, key: impl Into<Value>) -> Option<PackItem> {
        let KeyDigest { digest, .. } = self.digest(&key.into());
        Some(self.items.remove(&digest)?.1)
    }

    fn digest(&self, key: &Value) -> KeyDigest {
        self.digests.of_any(key, &mut SeenKeys::default())
    }

    /// The items that are arrays.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = &AnyArray> {
        self.items.iter().filter_map(|(_, item)| item.as_array())
    }

    /// The same for writing.
    pub(crate) fn arrays_mut(&mut self) -> impl Iterator<Item = &mut AnyArray> {
        self.items.iter_mut().filter_map(|(_, item)| item.as_array_mut())
    }

    pub(crate) fn content(&self) -> Content<'_> {
        let items = self.items.iter().map(|(key, item)| {
            let content = match item {
                PackItem::Array(array) => ContentKind::Array(array),
                PackItem::Value(value) => ContentKind::Node(value),
            };
            (Key::Node(key), Content(content))
        });
        Content(ContentKind::Dict(items.collect(), Beside::Nothing))
    }
}

/// As a dict of a pickle is read: of keys that repeat, the last item counts. Two objects, or two NaNs, may
/// be two keys even if they look the same, so both stay, and the last is found.
///
/// ```
/// # use varpack::{PackItem, PackMap, pickle::Value};
/// let items = [("epochs", 2), ("seed", 7)];
/// let map: PackMap =
///     items.into_iter().map(|(key, n)| (key.into(), PackItem::from(Value::from(n)))).collect();
/// for (key, item) in &map {
///     println!("{key:?}: {item:?}");
/// }
/// assert_eq!(map.len(), 2);
/// ```
impl FromIterator<(Value, PackItem)> for PackMap {
    fn from_iter<I: IntoIterator<Item = (Value, PackItem)>>(items: I) -> Self {
        let mut map = Self::new();
        // Keys that are left out stay until all are seen, so that no other comes to stand in their place.
        let (mut seen, mut left_out) = (SeenKeys::default(), Vec::new());
        for (key, item) in items {
            let KeyDigest { digest, is_certain } = map.digests.of_any(&key, &mut seen);
            match map.items.get_mut(&digest) {
                Some((_, found)) if is_certain => {
                    *found = item;
                    left_out.push(key);
                }
                _ => map.items.push(digest, (key, item)),
            }
        }
        map
    }
}

/// Equal are maps of equal keys and items in the same order, as [`Value`]s are.
impl PartialEq for PackMap {
    fn eq(&self, other: &Self) -> bool {
        self.items.iter().eq(other.items.iter())
    }
}

/// As Python prints it, shortened where it is long.
impl fmt::Debug for PackMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        text::debug_within(f, text::LONGEST_DEBUG, |out| {
            out.write_char('{')?;
            for (index, (key, item)) in self.iter().enumerate() {
                write!(out, "{}{key:?}: {item:?}", if index > 0 { ", " } else { "" })?;
            }
            out.write_char('}')
        })
    }
}

impl IntoIterator for PackMap {
    type Item = (Value, PackItem);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter().collect::<Vec<_>>().into_iter()
    }
}

impl<'a> IntoIterator for &'a PackMap {
    type Item = (&'a Value, &'a PackItem);
    type IntoIter = PackItems<'a>;

    fn into_iter(self) -> PackItems<'a> {
        PackItems(self.items.iter())
    }
}

/// The items of a [`PackMap`], in order: what `&map` iterates over.
///
/// ```
/// # use varpack::PackMap;
/// let mut map = PackMap::new();
/// map.insert_value("epochs", &2)?;
/// for (key, item) in &map {
///     println!("{key:?}: {item:?}");
/// }
/// # Ok::<(), varpack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PackItems<'a>(Iter<'a, (Value, PackItem)>);

impl<'a> Iterator for PackItems<'a> {
    type Item = (&'a Value, &'a PackItem);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, item)| (key, item))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for PackItems<'_> {}
