//! Maps and lists of arrays, as a load finds them.

use super::keys::map_of;
use super::{MapEntry, MapKey};
use crate::folder::group::index;
use crate::folder::load::found::Found;
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result, text};

impl<'f> Found<'f> {
    /// As a map of arrays, or of arrays and values; `len`: how many it holds.
    pub(crate) fn map<K, V, M>(self, len: impl Fn(&M) -> usize) -> Result<M>
    where
        K: MapKey,
        V: MapEntry,
        M: FromIterator<(K, V)>,
    {
        let entries = self.entries().ok_or_else(|| self.is_no("a map of arrays (a dict)"))?;
        let skips_some = self.context.skips_items_of(&self.path);
        let is_loaded = |&(key, _): &(Node<'_>, Node<'_>)| {
            !skips_some || !self.context.skips_item(&self.path, self.file, key)
        };
        let entries = entries.filter(is_loaded);
        let items = self.each_item(entries, V::array_type(), |key, node, opened| {
            let path = self.item_path(&key.raw_name())?;
            let key = K::read(key).map_err(|error| {
                self.locate(error.with_variable(format!("{} (a key)", self.path)))
            })?;
            Ok((key, V::read(self.item(path, node, opened))?))
        })?;
        map_of(items, len).map_err(|error| self.locate(error))
    }

    /// As a list of arrays: a dictionary whose keys are the indices, as text, in any order; or a list that is in a pickle.
    pub(crate) fn list<V: MapEntry>(self) -> Result<Vec<V>> {
        let items = match (self.node.and_then(|node| node.items()), self.entries()) {
            (Some(items), _) => self.collect(items.enumerate())?,
            (None, Some(entries)) => self.indexed(entries)?,
            (None, None) => {
                return Err(self.is_no("a list of arrays (a dict with the keys `0`, `1`, …)"));
            }
        };
        self.each_item(items.into_iter(), V::array_type(), |index, node, opened| {
            let path = self.item_path(&index.to_string())?;
            V::read(self.item(path, node, opened))
        })
    }

    /// The items of a dictionary by its keys, which are the numbers from 0 on.
    fn indexed(
        &self,
        entries: impl Iterator<Item = (Node<'f>, Node<'f>)>,
    ) -> Result<Vec<(usize, Node<'f>)>> {
        let skips_some = self.context.skips_items_of(&self.path);
        let index = |(key, node): (Node<'f>, _)| {
            let index = self.index(key)?;
            match skips_some && self.context.skips_item(&self.path, self.file, key) {
                false => Ok((index, node)),
                true => {
                    let why = "an item of a list cannot be skipped: those behind it would move up";
                    let error = Error::msg(ErrorKind::Usage, why);
                    Err(self.locate(error.with_variable(self.item_path(&index.to_string())?)))
                }
            }
        };
        let items = self.collect(entries)?.into_iter().map(index);
        let mut items = items.collect::<Result<Vec<_>>>()?;
        items.sort_unstable_by_key(|(index, _)| *index);
        let gap = items.iter().enumerate().find(|(expected, (found, _))| expected != found);
        match gap {
            None => Ok(items),
            Some((expected, (found, _))) => Err(self.locate(
                Error::msg(ErrorKind::Value, "an item of the list is missing")
                    .with_expected(format!("the key `{expected}`"))
                    .with_found(format!("`{found}`")),
            )),
        }
    }

    /// What a key of a list stands for.
    fn index(&self, key: Node<'_>) -> Result<usize> {
        key.as_str().and_then(index).ok_or_else(|| {
            let found = match key.as_str() {
                Some(text) => format!("`{}`", text::bounded_name(text)),
                None => key.describe().into_owned(),
            };
            let error = Error::new(ErrorKind::Value)
                .with_expected("the index of an item as its key (`0`, `1`, …)")
                .with_found(found);
            self.locate(error.with_variable(format!("{} (a key)", self.path)))
        })
    }

    fn entries(&self) -> Option<impl Iterator<Item = (Node<'f>, Node<'f>)> + use<'f>> {
        self.node.and_then(|node| node.entries())
    }

    /// The error for what is not what a field has to be.
    fn is_no(&self, expected: &str) -> Error {
        let found = self.describe();
        self.locate(Error::new(ErrorKind::Value).with_expected(expected).with_found(found))
    }
}
