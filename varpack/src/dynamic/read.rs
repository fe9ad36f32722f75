//! A variable that a load has found, as whatever it is.

use super::map::PackItem;
use super::value::PackValue;
use crate::Result;
use crate::array::ArrayType;
use crate::folder::content::key_text;
use crate::folder::load::found::Found;
use crate::pickle::Node;

impl Found<'_> {
    /// As whatever it is.
    pub(crate) fn pack_value(self) -> Result<PackValue> {
        let Some(node) = self.node else {
            return self
                .any_array_or(PackValue::Array, |node, _| node.to_value().map(PackValue::Value));
        };
        let is_split = |item: Node<'_>| item.placeholder().is_some();
        if node.entries().is_none_or(|mut entries| !entries.any(|(_, item)| is_split(item))) {
            let value = node.to_value().map_err(|error| self.locate(error))?;
            self.report_value();
            return Ok(PackValue::Value(value));
        }
        let entries = node.entries().into_iter().flatten();
        let items = self.each_item(entries, ArrayType::any_or_objects(), |key, node, opened| {
            let key = key.to_value().map_err(|error| self.locate(error))?;
            let path = self.item_path(&key_text(&key))?;
            let found = self.item(path, node, opened);
            let item = found
                .any_array_or(PackItem::Array, |node, _| node.to_value().map(PackItem::Value))?;
            Ok((key, item))
        })?;
        Ok(PackValue::Map(items.into_iter().collect()))
    }
}
