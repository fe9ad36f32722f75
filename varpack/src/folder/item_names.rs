//! The items of a dictionary by what a folder may call them: a field of a struct has older names too.

use super::baseline::key_fingerprints;
use super::content::{Content, Key};
use crate::Result;
use crate::pickle::internal::Fingerprint;
use std::collections::HashMap;

/// See the file's first line. Each item is found once.
pub(crate) struct ItemNames {
    /// Of the keys, by number.
    keys: Vec<Fingerprint>,
    numbers: HashMap<Fingerprint, usize>,
    is_found: Vec<bool>,
}

/// What a name of the folder's stands for.
pub(crate) enum Named {
    /// The item of this number.
    Item(usize),
    /// One that was found by another of its names: the first counts.
    Again,
    Unknown,
}

impl ItemNames {
    pub(crate) fn of(items: &[(Key<'_>, Content<'_>)]) -> Result<Self> {
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        let each = items.iter().zip(&keys).enumerate();
        let numbers = each
            .flat_map(|(number, ((key, _), &own))| names(key, own).map(move |name| (name, number)));
        let numbers = numbers.collect();
        Ok(Self { keys, numbers, is_found: vec![false; items.len()] })
    }

    /// Finds an item by one of its names.
    pub(crate) fn find(&mut self, name: Fingerprint) -> Named {
        let Some(&number) = self.numbers.get(&name) else { return Named::Unknown };
        match self.is_found.get_mut(number).map(|is_found| std::mem::replace(is_found, true)) {
            Some(false) => Named::Item(number),
            _ => Named::Again,
        }
    }

    /// The key of an item.
    pub(crate) fn key(&self, number: usize) -> Option<&Fingerprint> {
        self.keys.get(number)
    }

    /// The items that were not found.
    pub(crate) fn rest(&self) -> impl Iterator<Item = usize> {
        self.is_found.iter().enumerate().filter(|(_, is_found)| !**is_found).map(|(at, _)| at)
    }
}

/// What a folder may call an item: by its key, of which `own` is the fingerprint, and by its older names.
pub(crate) fn names(key: &Key<'_>, own: Fingerprint) -> impl Iterator<Item = Fingerprint> {
    let aliases = key.aliases().iter().map(|alias| Fingerprint::of_text(alias));
    [own].into_iter().chain(aliases)
}
