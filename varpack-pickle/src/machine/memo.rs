//! The memo of the reading machine: what PUT stores and GET fetches.

use crate::arena::item::Item;
use crate::format::input::{Fault, Step};
use crate::limits::MAX_MEMO_INDEX;
use std::collections::HashMap;

/// Items by index. Pickles number them from 0 up, so they stand in a vector; an index out of that
/// order, which only a foreign writer picks, goes to a map and costs no more than its own entry.
#[derive(Debug, Default)]
pub(crate) struct Memo<'a> {
    dense: Vec<Item<'a>>,
    /// Indices at or above `dense.len()`.
    sparse: HashMap<u64, Item<'a>>,
}

impl<'a> Memo<'a> {
    /// Bytes that it takes, when its vector has doubled for the last time.
    pub(crate) fn size(&self) -> usize {
        2 * (self.dense.len() * size_of::<Item<'_>>()
            + self.sparse.len() * size_of::<(u64, Item<'_>)>())
    }

    /// Stores at the next free index: MEMOIZE.
    #[inline]
    pub(crate) fn push(&mut self, item: Item<'a>) -> Step<()> {
        if self.sparse.is_empty() {
            self.dense.push(item);
            return Ok(());
        }
        self.put((self.dense.len() + self.sparse.len()) as u64, item)
    }

    /// Stores at an index.
    pub(crate) fn put(&mut self, index: u64, item: Item<'a>) -> Step<()> {
        if index > MAX_MEMO_INDEX {
            return Err(Fault::limit(format!("memo index {index} is over {MAX_MEMO_INDEX}")));
        }
        let next = self.dense.len() as u64;
        if index == next {
            self.sparse.remove(&index);
            self.dense.push(item);
        } else if index > next {
            self.sparse.insert(index, item);
        } else if let Some(slot) = usize::try_from(index).ok().and_then(|i| self.dense.get_mut(i)) {
            *slot = item;
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn get(&self, index: u64) -> Step<Item<'a>> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.dense.get(index))
            .or_else(|| self.sparse.get(&index))
            .copied()
            .ok_or_else(|| Fault::invalid(format!("nothing is in the memo at {index}")))
    }
}
