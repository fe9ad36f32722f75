//! The items of a dictionary by what a folder may call them: a field of a struct has older names too.

use super::content::{Beside, Content, ContentKind, Key};
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::pickle::{BigInt, Document, Value, Writer};
use crate::{Error, Result};
use std::collections::{HashMap, HashSet};

/// See the file's first line. Of several names that a folder has, the first counts; what it has under the others is none
/// of the item's.
pub(crate) struct ItemNames {
    /// Of the keys, by number.
    keys: Vec<Fingerprint>,
    numbers: HashMap<Fingerprint, usize>,
    /// The keys of a struct's fields that are `None`.
    none: HashMap<Fingerprint, Fingerprint>,
    /// All names of those, by their keys.
    none_names: HashMap<Fingerprint, Vec<Fingerprint>>,
    is_found: Vec<bool>,
}

/// What a name of the folder's stands for.
pub(crate) enum NamedItem {
    /// The item of this number.
    Item(usize),
    /// A field that is `None` here, of this key.
    None(Fingerprint),
    Unknown,
}

impl ItemNames {
    /// `is_there`: whether the folder has a name.
    pub(crate) fn of(
        content: &Content<'_>,
        is_there: impl Fn(&Fingerprint) -> bool,
    ) -> Result<Self> {
        let items = match &content.0 {
            ContentKind::Dict(items, _) => items.as_slice(),
            _ => &[],
        };
        let keys = key_fingerprints(items.iter().map(|(key, _)| key))?;
        let there = |key, own| names(key, own).find(&is_there);
        let each = items.iter().zip(&keys).enumerate();
        let numbers =
            each.filter_map(|(number, ((key, _), &own))| Some((there(key, own)?, number)));
        let numbers = numbers.collect();
        let fields = || Ok::<_, Error>(none_fields(content).iter().zip(none_keys(content)?));
        let none = fields()?.filter_map(|(key, own)| Some((there(key, own)?, own))).collect();
        let none_names = fields()?.map(|(key, own)| (own, names(key, own).collect())).collect();
        Ok(Self { keys, numbers, none, none_names, is_found: vec![false; items.len()] })
    }

    /// What a name stands for.
    pub(crate) fn get(&self, name: &Fingerprint) -> NamedItem {
        match (self.numbers.get(name), self.none.get(name)) {
            (Some(&number), _) => NamedItem::Item(number),
            (None, Some(&own)) => NamedItem::None(own),
            (None, None) => NamedItem::Unknown,
        }
    }

    /// The same, of a name that the folder has: its item is no longer among the [rest](Self::rest).
    pub(crate) fn find(&mut self, name: &Fingerprint) -> NamedItem {
        let named = self.get(name);
        if let NamedItem::Item(number) = named
            && let Some(is_found) = self.is_found.get_mut(number)
        {
            *is_found = true;
        }
        named
    }

    /// All names of a field that is `None`, by its key.
    pub(crate) fn names_of_none(&self, own: &Fingerprint) -> &[Fingerprint] {
        self.none_names.get(own).map_or(&[], Vec::as_slice)
    }

    /// The keys of the items, by number.
    pub(crate) fn keys(&self) -> &[Fingerprint] {
        &self.keys
    }

    /// The items that were not found.
    pub(crate) fn rest(&self) -> impl Iterator<Item = usize> {
        self.is_found.iter().enumerate().filter(|(_, is_found)| !**is_found).map(|(at, _)| at)
    }
}

/// The fields of a struct that are `None`.
fn none_fields<'c, 'a>(content: &'c Content<'a>) -> &'c [Key<'a>] {
    match &content.0 {
        ContentKind::Dict(_, Beside::Unknown(none)) => none,
        _ => &[],
    }
}

/// The keys of those.
pub(crate) fn none_keys(content: &Content<'_>) -> Result<Vec<Fingerprint>> {
    key_fingerprints(none_fields(content).iter())
}

/// What a folder may call an item: by its key, of which `own` is the fingerprint, and by its older names.
pub(crate) fn names(key: &Key<'_>, own: Fingerprint) -> impl Iterator<Item = Fingerprint> {
    let aliases = key.aliases().iter().map(|alias| Fingerprint::of_text(alias));
    [own].into_iter().chain(aliases)
}

impl<'a> Content<'a> {
    /// Adds those items of another dictionary that are among some keys, and that this one lacks.
    pub(crate) fn add_items(
        &mut self,
        other: Content<'a>,
        keys: &HashSet<Fingerprint>,
    ) -> Result<()> {
        let (ContentKind::Dict(items, _), ContentKind::Dict(others, _)) = (&mut self.0, other.0)
        else {
            return Ok(());
        };
        let own: HashSet<_> =
            key_fingerprints(items.iter().map(|(key, _)| key))?.into_iter().collect();
        let digests = key_fingerprints(others.iter().map(|(key, _)| key))?;
        let wanted = others.into_iter().zip(digests);
        let wanted = wanted.filter(|(_, key)| keys.contains(key) && !own.contains(key));
        items.extend(wanted.map(|(item, _)| item));
        Ok(())
    }
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
