//! Items in the order in which they came, found by key, and taken out without moving the others.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

/// See the file's first line. Each operation takes a time that does not depend on the number of items, on average.
#[derive(Clone)]
pub(crate) struct Ordered<K, T> {
    /// `None` where an item was taken out: at least half of them are items, or they are few.
    slots: Vec<Option<T>>,
    index: HashMap<K, usize>,
    len: usize,
}

/// Slots that may be empty, all of them.
const FEW: usize = 32;

impl<K, T> Default for Ordered<K, T> {
    fn default() -> Self {
        Self { slots: Vec::new(), index: HashMap::new(), len: 0 }
    }
}

impl<K: Eq + Hash, T> Ordered<K, T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&T>
    where
        K: Borrow<Q>,
    {
        self.slots.get(*self.index.get(key)?)?.as_ref()
    }

    pub(crate) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut T>
    where
        K: Borrow<Q>,
    {
        self.slots.get_mut(*self.index.get(key)?)?.as_mut()
    }

    /// Puts an item behind all others. It is the one that the key finds from now on.
    pub(crate) fn push(&mut self, key: K, item: T) {
        self.index.insert(key, self.slots.len());
        self.slots.push(Some(item));
        self.len += 1;
    }

    /// Takes out the item that a key finds.
    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<T>
    where
        K: Borrow<Q>,
    {
        let item = self.slots.get_mut(self.index.remove(key)?)?.take()?;
        self.len -= 1;
        if self.slots.len() > FEW && self.len < self.slots.len() / 2 {
            self.close_gaps();
        }
        Some(item)
    }

    fn close_gaps(&mut self) {
        let mut next = 0;
        let moved: Vec<usize> = self
            .slots
            .iter()
            .map(|slot| {
                let at = next;
                next += usize::from(slot.is_some());
                at
            })
            .collect();
        self.slots.retain(Option::is_some);
        for at in self.index.values_mut() {
            *at = moved.get(*at).copied().unwrap_or_default();
        }
    }

    pub(crate) fn iter(&self) -> Iter<'_, T> {
        Iter { slots: self.slots.iter(), left: self.len }
    }

    /// For changes that leave the keys as they are.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().flatten()
    }
}

impl<K: Eq + Hash, T: fmt::Debug> fmt::Debug for Ordered<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<K, T> IntoIterator for Ordered<K, T> {
    type Item = T;
    type IntoIter = std::iter::Flatten<std::vec::IntoIter<Option<T>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.slots.into_iter().flatten()
    }
}

/// The items, in order.
pub(crate) struct Iter<'o, T> {
    slots: std::slice::Iter<'o, Option<T>>,
    left: usize,
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone(), left: self.left }
    }
}

impl<'o, T> Iterator for Iter<'o, T> {
    type Item = &'o T;

    fn next(&mut self) -> Option<&'o T> {
        let item = self.slots.by_ref().flatten().next()?;
        self.left -= 1;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

#[cfg(test)]
mod tests;
