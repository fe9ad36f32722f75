//! What may stand under `#[varpack(flatten)]` beside structs: options, pointers, lists and maps of those.
//!
//! Which entries there are a variable of the field's own name tells. A folder that lacks it, for Python has set
//! the others one by one, is told by their names.

use super::keys::{in_order, map_of, of_text, sorted};
use super::of::Keys;
use super::reader::PackReader;
use super::writer::PackWriter;
use super::{FlattenField, MapKey, SaveFlatten, SaveKey};
use crate::folder::content::{Beside, Content, ContentKind, Key, PickledValue, check_distinct};
use crate::folder::group::{Entries, EntryNames, index};
use crate::pickle::Node;
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

macro_rules! saved_pointers {
    ($($pointer:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<F: SaveFlatten> SaveFlatten for $pointer {
            const HAS_ENTRIES: bool = F::HAS_ENTRIES;
            const IS_OPTION: bool = F::IS_OPTION;

            fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
                F::write_flat(self, writer)
            }
        }
    )*};
}

saved_pointers!(&F Box<F> Rc<F> Arc<F>);

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<F: FlattenField> FlattenField for $pointer<F> {
            fn read_flat(reader: &mut PackReader<'_>) -> Result<Self> {
                F::read_flat(reader).map(Self::new)
            }

            fn is_nested(node: Node<'_>) -> bool {
                F::is_nested(node)
            }

            fn absent() -> Option<Self> {
                F::absent().map(Self::new)
            }
        }
    )*};
}

pointers!(Box Rc Arc);

/// Whether there is something a bool tells; of a list or map in it, its own variable does.
#[diagnostic::do_not_recommend]
impl<F: SaveFlatten> SaveFlatten for Option<F> {
    const HAS_ENTRIES: bool = true;
    const IS_OPTION: bool = {
        assert!(
            !F::IS_OPTION,
            "an option of an option cannot be flattened: one of them tells nothing"
        );
        true
    };

    fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
        let _ = Self::IS_OPTION;
        match self {
            None => {
                writer.entries(Content::value(&false), Entries::Nothing);
                Ok(())
            }
            Some(value) if F::HAS_ENTRIES => value.write_flat(writer),
            Some(value) => {
                writer.entries(Content::value(&true), Entries::All);
                value.write_flat(writer)
            }
        }
    }
}

#[diagnostic::do_not_recommend]
impl<F: FlattenField> FlattenField for Option<F> {
    fn read_flat(reader: &mut PackReader<'_>) -> Result<Self> {
        let is_some = match reader.own() {
            Some(own) if own.kind_name() == "None" => false,
            Some(own) if own.kind_name() == "bool" => own.deserialize()?,
            Some(own) if F::HAS_ENTRIES || F::is_nested(own) => true,
            Some(_) => return Err(reader.unexpected("whether there is something (a bool)")),
            None => reader.has_below(),
        };
        if is_some { F::read_flat(reader).map(Some) } else { Ok(None) }
    }

    fn is_nested(node: Node<'_>) -> bool {
        node.kind_name() == "None" || F::is_nested(node)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

#[diagnostic::do_not_recommend]
impl<F: SaveFlatten> SaveFlatten for Vec<F> {
    const HAS_ENTRIES: bool = true;

    fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
        write_list(self, writer)
    }
}

#[diagnostic::do_not_recommend]
impl<F: SaveFlatten> SaveFlatten for &[F] {
    const HAS_ENTRIES: bool = true;

    fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
        write_list(self, writer)
    }
}

fn write_list<'a, F: SaveFlatten>(list: &'a [F], writer: &mut PackWriter<'a>) -> Result<()> {
    let length = Content(ContentKind::Value(PickledValue::Length(list.len())));
    writer.entries(length, Entries::List(list.len(), entry_names::<F>()));
    for (number, entry) in list.iter().enumerate() {
        if !writer.entry(&number.to_string(), entry)? {
            writer.add_hollow()?;
        }
    }
    Ok(())
}

#[diagnostic::do_not_recommend]
impl<F: FlattenField> FlattenField for Vec<F> {
    fn read_flat(reader: &mut PackReader<'_>) -> Result<Self> {
        if let Some(items) = reader.nested_items() {
            let items = items.enumerate();
            return items.map(|(number, node)| reader.item(&number.to_string(), node)).collect();
        }
        let there = reader.indices(entry_names::<F>())?;
        let length = match reader.own() {
            None => there.end,
            Some(own) => {
                let length = own.as_i64().filter(|length| *length >= 0);
                let length = length
                    .ok_or_else(|| reader.unexpected("the length of a list (an int from 0 on)"))?;
                // More than there can be is too many without a variable.
                usize::try_from(length).unwrap_or(usize::MAX)
            }
        };
        reader.expect_hollow(length.saturating_sub(there.count))?;
        (0..length).map(|number| reader.entry(&number.to_string())).collect()
    }

    fn is_nested(node: Node<'_>) -> bool {
        node.items().is_some()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}

fn write_map<'a, F: SaveFlatten + 'a>(
    items: Vec<(Key<'a>, &'a F)>,
    writer: &mut PackWriter<'a>,
) -> Result<()> {
    check_distinct(items.iter().map(|(key, _)| key)).map_err(|error| writer.locate(error))?;
    let keys: Vec<_> = items.iter().map(|(key, _)| key.text().into_owned()).collect();
    let (dict, values): (Vec<_>, Vec<_>) =
        items.into_iter().map(|(key, value)| ((key, Content::value(&())), value)).unzip();
    let entries = Entries::Map(keys.clone(), entry_names::<F>());
    writer.entries(Content(ContentKind::Dict(dict, Beside::Nothing)), entries);
    values.into_iter().zip(keys).try_for_each(|(value, key)| {
        writer.entry(&key, value)?;
        Ok(())
    })
}

fn read_map<K: MapKey, F: FlattenField, M: FromIterator<(K, F)>>(
    reader: &mut PackReader<'_>,
    len: impl Fn(&M) -> usize,
) -> Result<M> {
    let items: Result<_> = if let Some(entries) = reader.nested_entries() {
        let read = |(key, node): (Node<'_>, _)| {
            Ok((reader.key(key)?, reader.item(&key.raw_name(), node)?))
        };
        entries.map(read).collect()
    } else if let Some(own) = reader.own() {
        let keys = own.entries().filter(|_| !is_map_of_values(own));
        let keys = keys.ok_or_else(|| reader.unexpected("the keys of a map (a dict of None)"))?;
        keys.map(|(key, _)| Ok((reader.key(key)?, reader.entry(&key.raw_name())?))).collect()
    } else {
        // A name that goes on with no number may be another variable's; a text that no key has is a mistake.
        let is_key = |text: &&str| matches!(K::KEYS, Keys::Texts) || K::from_text(text).is_some();
        let keys = reader.named_keys();
        let keys = keys.of(entry_names::<F>()).into_iter().filter(is_key);
        keys.map(|text| Ok((reader.key_of_text(text)?, reader.entry(text)?))).collect()
    };
    map_of(items?, len).map_err(|error| reader.locate(error))
}

/// Whether a dictionary has more than the keys of a map.
fn is_map_of_values(node: Node<'_>) -> bool {
    let entries = node.entries();
    entries.is_some_and(|mut entries| entries.any(|(_, value)| value.kind_name() != "None"))
}

macro_rules! maps {
    ($($(#[$attribute:meta])* $map:ty, [$($saved:tt)*], [$($params:tt)*], $items:expr;)*) => {$(
        $(#[$attribute])*
        #[diagnostic::do_not_recommend]
        impl<$($saved)*> SaveFlatten for $map {
            const HAS_ENTRIES: bool = true;

            fn write_flat<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
                write_map($items(self), writer)
            }
        }

        $(#[$attribute])*
        #[diagnostic::do_not_recommend]
        impl<$($params)*> FlattenField for $map {
            fn read_flat(reader: &mut PackReader<'_>) -> Result<Self> {
                read_map(reader, Self::len)
            }

            fn is_nested(node: Node<'_>) -> bool {
                is_map_of_values(node)
            }

            fn absent() -> Option<Self> {
                Some(Self::default())
            }
        }
    )*};
}

maps! {
    BTreeMap<K, F>,
        [K: SaveKey, F: SaveFlatten],
        [K: MapKey + Ord, F: FlattenField], in_order;
    /// In the order of the keys, so that equal maps are saved alike.
    HashMap<K, F, S>,
        [K: SaveKey, F: SaveFlatten, S],
        [K: MapKey + Eq + Hash, F: FlattenField, S: BuildHasher + Default], sorted;
    #[cfg(feature = "indexmap")]
    indexmap::IndexMap<K, F, S>,
        [K: SaveKey, F: SaveFlatten, S],
        [K: MapKey + Eq + Hash, F: FlattenField, S: BuildHasher + Default], in_order;
}

fn entry_names<F: SaveFlatten>() -> EntryNames {
    EntryNames::of(F::HAS_ENTRIES)
}

/// The entries of a list that a folder has variables of.
struct Indices {
    /// One more than the last; none is missing before it.
    end: usize,
    /// How many there are.
    count: usize,
}

impl PackReader<'_> {
    fn indices(&self, names: EntryNames) -> Result<Indices> {
        let keys = self.named_keys();
        // No two texts are of one index.
        let mut found: Vec<_> = keys.of(names).into_iter().filter_map(index).collect();
        found.sort_unstable();
        let count = found.len();
        let gap = found.iter().enumerate().find(|(number, found)| number != *found);
        match gap {
            Some((number, found)) if self.own().is_none() => {
                let error = Error::msg(ErrorKind::Value, "an entry of the list is missing");
                Err(self
                    .locate(error.with_expected(number.to_string()).with_found(found.to_string())))
            }
            _ => Ok(Indices { end: count, count }),
        }
    }

    fn key<K: MapKey>(&self, key: Node<'_>) -> Result<K> {
        K::read(key).map_err(|error| self.locate(error))
    }

    fn key_of_text<K: MapKey>(&self, text: &str) -> Result<K> {
        of_text(text).map_err(|error| self.locate(error))
    }
}
