//! What a save would write of the items of a dictionary, as a folder would hold them.

use crate::Result;
use crate::folder::baseline::Mine;
use crate::folder::content::{Content, ContentKind, Key};
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{Document, Writer};
use std::cell::OnceCell;
use std::collections::HashMap;

/// See the file's first line. Values are pickled all at once, when the first one is asked for: items may share their
/// parts, and one by one each would be pickled with all that it shares.
pub(super) struct HeldItems<'c, 'a> {
    items: &'c [(Key<'a>, Content<'a>)],
    values: OnceCell<HashMap<usize, Fingerprint>>,
}

impl<'c, 'a> HeldItems<'c, 'a> {
    pub(super) fn new(items: &'c [(Key<'a>, Content<'a>)]) -> Self {
        Self { items, values: OnceCell::new() }
    }

    /// The one with a number, which is this content.
    pub(super) fn value(&self, number: usize, content: &Content<'_>) -> Result<Fingerprint> {
        if !is_value(content) {
            return Mine::as_held(content);
        }
        let values = match self.values.get() {
            Some(values) => values,
            None => {
                let values = self.all_values()?;
                self.values.get_or_init(|| values)
            }
        };
        values.get(&number).map_or_else(|| Mine::as_held(content), |value| Ok(*value))
    }

    fn all_values(&self) -> Result<HashMap<usize, Fingerprint>> {
        let mut writer = Writer::new();
        writer.begin_dict()?;
        let mut numbers = Vec::new();
        for (number, (_, content)) in self.items.iter().enumerate() {
            if is_value(content) {
                writer.key(&number)?;
                content.pickle(&mut writer)?;
                numbers.push(number);
            }
        }
        writer.end_dict()?;
        let bytes = writer.finish()?;
        let document = Document::parse(&bytes)?;
        let mut fingerprints = Fingerprints::default();
        let items = document.root().entries().into_iter().flatten();
        Ok(numbers.into_iter().zip(items.map(|(_, item)| fingerprints.of(item))).collect())
    }
}

fn is_value(content: &Content<'_>) -> bool {
    matches!(content.0, ContentKind::Value(_) | ContentKind::Node(_))
}
