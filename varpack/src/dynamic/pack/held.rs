//! The variables that a pack holds: in order, and found by name.

use crate::dynamic::ordered::Ordered;
use crate::dynamic::value::PackValue;
use std::ops::{Deref, DerefMut};

/// One variable.
#[derive(Debug)]
pub(super) struct HeldVariable {
    pub(super) name: String,
    pub(super) value: PackValue,
    /// Whether it is as the folder holds it. Of no account for an array: that knows itself.
    pub(super) loaded: bool,
}

/// See the file's first line.
#[derive(Debug, Default)]
pub(super) struct HeldVariables(Ordered<String, HeldVariable>);

impl HeldVariables {
    /// Puts a variable in the place of the one of its name, which it gives back, or at the end.
    pub(super) fn insert(&mut self, held: HeldVariable) -> Option<HeldVariable> {
        if let Some(found) = self.0.get_mut(&held.name) {
            return Some(std::mem::replace(found, held));
        }
        self.0.push(held.name.clone(), held);
        None
    }

    /// Puts further variables behind.
    pub(super) fn extend(&mut self, others: Self) {
        for held in others.0 {
            self.insert(held);
        }
    }
}

impl Deref for HeldVariables {
    type Target = Ordered<String, HeldVariable>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// For changes of anything but a name.
impl DerefMut for HeldVariables {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}
