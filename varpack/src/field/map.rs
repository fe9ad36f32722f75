//! Maps of arrays, as a load finds them.

use super::{MapEntry, MapKey};
use crate::folder::load::found::Found;
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result};

impl Found<'_> {
    /// As a map of arrays, or of arrays and values.
    pub(crate) fn map<K, V, M>(self) -> Result<M>
    where
        K: MapKey,
        V: MapEntry,
        M: FromIterator<(K, V)>,
    {
        let entries = self.node.as_ref().and_then(|node| node.entries()).ok_or_else(|| {
            self.locate(
                Error::new(ErrorKind::Value)
                    .with_expected("a map of arrays (a dict)")
                    .with_found(self.describe()),
            )
        })?;
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
        Ok(items.into_iter().collect())
    }
}
