//! The items of a dictionary by what a folder may call them: a field of a struct has older names too.

use super::content::{Beside, Content, Key, Kind};
use crate::Result;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{BigInt, Document, Value, Writer};
use std::collections::HashMap;

/// See the file's first line. Each item is found once.
pub(crate) struct ItemNames {
    /// Of the keys, by number.
    keys: Vec<Fingerprint>,
    numbers: HashMap<Fingerprint, usize>,
    /// The fields of a struct that are `None`, by what a folder may call them.
    none: HashMap<Fingerprint, Fingerprint>,
    is_found: Vec<bool>,
}

/// What a name of the folder's stands for.
pub(crate) enum Named {
    /// The item of this number.
    Item(usize),
    /// One that was found by another of its names: the first counts.
    Again,
    /// A field that is `None` here, of this key.
    None(Fingerprint),
    Unknown,
}

impl ItemNames {
    pub(crate) fn of(content: &Content<'_>) -> Result<Self> {
        let items = match &content.0 {
            Kind::Dict(items, _) => items.as_slice(),
            _ => &[],
        };
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        let each = items.iter().zip(&keys).enumerate();
        let numbers = each
            .flat_map(|(number, ((key, _), &own))| names(key, own).map(move |name| (name, number)));
        let numbers = numbers.collect();
        Ok(Self { keys, numbers, none: none_fields(content)?, is_found: vec![false; items.len()] })
    }

    /// Finds an item by one of its names.
    pub(crate) fn find(&mut self, name: Fingerprint) -> Named {
        let Some(&number) = self.numbers.get(&name) else {
            return self.none.get(&name).map_or(Named::Unknown, |own| Named::None(*own));
        };
        match self.is_found.get_mut(number).map(|is_found| std::mem::replace(is_found, true)) {
            Some(false) => Named::Item(number),
            _ => Named::Again,
        }
    }

    /// Whether it stands for any.
    pub(crate) fn has(&self, name: &Fingerprint) -> bool {
        self.numbers.contains_key(name) || self.none.contains_key(name)
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

/// The fields of a struct that are `None`: their keys, by what a folder may call them.
pub(crate) fn none_fields(content: &Content<'_>) -> Result<HashMap<Fingerprint, Fingerprint>> {
    let Kind::Dict(_, Beside::Unknown(none)) = &content.0 else { return Ok(HashMap::new()) };
    let keys = key_fingerprints(none.iter())?;
    let fields = none.iter().zip(keys);
    Ok(fields.flat_map(|(key, own)| names(key, own).map(move |name| (name, own))).collect())
}

/// What a folder may call an item: by its key, of which `own` is the fingerprint, and by its older names.
pub(crate) fn names(key: &Key<'_>, own: Fingerprint) -> impl Iterator<Item = Fingerprint> {
    let aliases = key.aliases().iter().map(|alias| Fingerprint::of_text(alias));
    [own].into_iter().chain(aliases)
}

/// Those of the nodes that a pickle holds for keys. What the keys share is looked at once.
pub(crate) fn key_fingerprints<'k>(
    keys: impl Iterator<Item = &'k Key<'k>>,
) -> Result<Vec<Fingerprint>> {
    let mut values = Vec::new();
    let plain: Vec<_> =
        keys.map(|key| key.fingerprint().map_err(|value| values.push(value)).ok()).collect();
    if values.is_empty() {
        return Ok(plain.into_iter().flatten().collect());
    }
    let mut writer = Writer::new();
    writer.node(&Value::list(values))?;
    let pickle = writer.finish()?;
    let document = Document::parse(&pickle)?;
    let mut fingerprints = Fingerprints::default();
    let mut held = document.root().items().into_iter().flatten();
    let mut next = || held.next().map(|node| fingerprints.of_key(node));
    Ok(plain.into_iter().filter_map(|plain| plain.or_else(&mut next)).collect())
}

impl Key<'_> {
    /// The one of the node that a pickle holds; of a key that may share its parts, as a value, nothing yet.
    fn fingerprint(&self) -> Result<Fingerprint, Value> {
        match self {
            Self::Text(text) | Self::Field(text, _) => Ok(Fingerprint::of_text(text)),
            Self::Node(Value::Str(text)) => Ok(Fingerprint::of_text(text)),
            Self::Node(value) => Err((*value).clone()),
            Self::Int(int) => match i64::try_from(*int) {
                Ok(int) => Ok(Fingerprint::of_int(int)),
                Err(_) => Err(BigInt::from(*int).into()),
            },
        }
    }
}
