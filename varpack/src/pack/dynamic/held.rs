//! The variables that a pack holds: in order, and found by name.

use crate::pack::value::PackValue;
use std::collections::HashMap;
use std::ops::Deref;

/// One variable.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) name: String,
    pub(super) value: PackValue,
    /// Whether it is as the folder holds it, but for edits that its arrays know of.
    pub(super) loaded: bool,
}

/// See the file's first line.
#[derive(Debug, Default)]
pub(super) struct HeldVariables {
    list: Vec<Held>,
    /// Where in the list, by name.
    index: HashMap<String, usize>,
}

impl HeldVariables {
    pub(super) fn get(&self, name: &str) -> Option<&Held> {
        self.list.get(*self.index.get(name)?)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Held> {
        self.list.get_mut(*self.index.get(name)?)
    }

    /// Puts a variable in the place of the one of its name, which it gives back, or at the end.
    pub(super) fn insert(&mut self, held: Held) -> Option<Held> {
        if let Some(found) = self.get_mut(&held.name) {
            return Some(std::mem::replace(found, held));
        }
        self.index.insert(held.name.clone(), self.list.len());
        self.list.push(held);
        None
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Held> {
        let at = self.index.remove(name)?;
        for index in self.index.values_mut() {
            *index -= usize::from(*index > at);
        }
        Some(self.list.remove(at))
    }

    /// For changes of anything but a name.
    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Held> {
        self.list.iter_mut()
    }

    /// Puts further variables behind.
    pub(super) fn extend(&mut self, others: Self) {
        for held in others.list {
            self.insert(held);
        }
    }
}

impl Deref for HeldVariables {
    type Target = [Held];

    fn deref(&self) -> &[Held] {
        &self.list
    }
}
