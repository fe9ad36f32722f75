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
            return self.array_or_objects().map(|item| match item {
                PackItem::Array(array) => PackValue::Array(array),
                PackItem::Value(value) => PackValue::Value(value),
            });
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
            let item = if found.array_file().is_some() {
                found.array_or_objects()?
            } else if node.is_whole_array() {
                PackItem::Array(found.any_array()?)
            } else {
                PackItem::Value(node.to_value().map_err(|error| found.locate(error))?)
            };
            Ok((key, item))
        })?;
        Ok(PackValue::Map(items.into_iter().collect()))
    }

    /// A file that is an array itself, or a pickle of Python objects behind an array's header.
    fn array_or_objects(mut self) -> Result<PackItem> {
        match self.with_objects(ArrayType::any_or_objects(), |node, _| node.to_value())? {
            Some(value) => Ok(PackItem::Value(value)),
            None => self.any_array().map(PackItem::Array),
        }
    }
}
