//! Where the memo has the strings that come again and again: field names.

use crate::npy::Dtype;
use std::collections::HashMap;

const SLOTS: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Slot {
    address: usize,
    len: usize,
    index: u32,
}

/// Memo indices by string.
///
/// Only `&'static` strings can be kept without a copy. Their text decides, so that the pickle is the
/// same wherever the compiler has put them; in front of that, a few slots by address, two for each name,
/// answer without hashing a text.
#[derive(Debug)]
pub(crate) struct Names {
    slots: [Slot; SLOTS],
    indices: HashMap<&'static str, u32>,
    /// In the order of the indices, which is that of the pickle.
    texts: Vec<(u32, &'static str)>,
}

impl Default for Names {
    fn default() -> Self {
        let empty = Slot { address: 0, len: 0, index: 0 };
        Self { slots: [empty; SLOTS], indices: HashMap::new(), texts: Vec::new() }
    }
}

impl Names {
    #[inline]
    pub(crate) fn get(&mut self, name: &'static str) -> Option<u32> {
        let (address, len) = (name.as_ptr().addr(), name.len());
        let first = (address ^ len) % SLOTS;
        for at in [first, first ^ 1] {
            let slot = self.slots[at];
            if slot.address == address && slot.len == len {
                return Some(slot.index);
            }
        }
        self.search(name, first)
    }

    /// By the text. What stood in the first slot moves to the second: two names that come in turn keep one each.
    #[inline(never)]
    fn search(&mut self, name: &'static str, first: usize) -> Option<u32> {
        let index = *self.indices.get(name)?;
        self.slots[first ^ 1] = self.slots[first];
        self.slots[first] = Slot { address: name.as_ptr().addr(), len: name.len(), index };
        Some(index)
    }

    /// The string of a memo index.
    pub(crate) fn text(&self, index: u32) -> Option<&'static str> {
        let at = self.texts.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.texts.get(at).map(|(_, text)| *text)
    }

    pub(crate) fn insert(&mut self, name: &'static str, index: u32) {
        self.indices.insert(name, index);
        self.texts.push((index, name));
    }
}

/// A class or function, or a dtype.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) enum Constant {
    Global(String, String),
    Dtype(Dtype),
}
