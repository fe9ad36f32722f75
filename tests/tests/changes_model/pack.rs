//! A `Pack` as a holder, and as a look at the folder.

use super::holder::{Hold, Kind};
use super::item::{ALL, Item};
use super::types::{Array, Content, Token, token_of};
use std::collections::BTreeMap;
use std::path::Path;
use varpack::pickle::{Value, from_value};
use varpack::{AnyArray, LoadOptions, Pack, PackRules, PackValue, Result, SaveOptions};

/// Opens a folder. What the pack changes stays where the structs have it: arrays in files, values in the shared pickle.
pub(crate) fn open(folder: &Path, options: &LoadOptions) -> Result<Pack> {
    let mut pack = Pack::open_with(folder, options)?;
    pack.set_rules(PackRules::new().split_min_len(1).separate_min_size(usize::MAX));
    Ok(pack)
}

/// The name by which a pack has an item, as a variable or within its dictionary.
pub(crate) fn name_in(pack: &Pack, item: Item) -> Option<&'static str> {
    let has = |name: &&&str| match item {
        Item::Epoch | Item::Moments => inner(pack).is_some_and(|value| value.get(name).is_some()),
        _ if item.is_variable() => pack.contains(name),
        _ => within(pack, item.field(), name).is_some(),
    };
    item.names().iter().find(has).copied()
}

/// An item of a dictionary: of a map, or of a value where the dictionary has no array in a file.
fn within<'p>(pack: &'p Pack, variable: &str, name: &str) -> Option<Within<'p>> {
    let value = pack.get(variable)?;
    if let Some(map) = value.as_map() {
        let item = map.get(name)?;
        return item.as_array().map(Within::Array).or(item.as_value().map(Within::Value));
    }
    value.as_value()?.get(name).map(Within::Value)
}

enum Within<'p> {
    Array(&'p AnyArray),
    Value(&'p Value),
}

fn inner(pack: &Pack) -> Option<&Value> {
    match within(pack, "model", "optimizer")? {
        Within::Value(value) => Some(value),
        Within::Array(_) => panic!("an array in place of a struct"),
    }
}

/// What a pack has of an item.
pub(crate) fn token_in(pack: &Pack, item: Item) -> Token {
    let name = name_in(pack, item)?;
    if matches!(item, Item::Epoch | Item::Moments) {
        return of_value(inner(pack)?.get(name)?);
    }
    if item.is_variable() {
        let value = pack.get(name)?;
        return value.as_array().map_or_else(|| of_value(value.as_value()?), of_array);
    }
    match within(pack, item.field(), name)? {
        Within::Array(array) => of_array(array),
        Within::Value(value) => of_value(value),
    }
}

fn of_array(array: &AnyArray) -> Token {
    let view = array.view::<f64, ndarray::Ix1>().expect("an array of f64");
    token_of(view.as_slice()?)
}

fn of_value(value: &Value) -> Token {
    match value {
        Value::None => None,
        Value::Array(_) => token_of(&from_value::<Vec<f64>>(value).expect("an array of f64")),
        Value::List(list) => of_value(list.first()?),
        value => value.as_i64().map(i64::unsigned_abs).filter(|number| *number != 0),
    }
}

fn array_in(pack: &mut Pack, item: Item) -> Option<&mut AnyArray> {
    let name = name_in(pack, item).filter(|_| item.has_file())?;
    if item.is_variable() {
        return pack.get_mut(name)?.as_array_mut();
    }
    pack.get_mut(item.field())?.as_map_mut()?.get_mut(name)?.as_array_mut()
}

/// A pack with the names that it has found items by: what is taken out and put back has the same name.
pub(crate) struct Named {
    pack: Pack,
    names: BTreeMap<Item, &'static str>,
}

impl From<Pack> for Named {
    fn from(pack: Pack) -> Self {
        let named = |item| Some((item, name_in(&pack, item)?));
        Self { names: ALL.into_iter().filter_map(named).collect(), pack }
    }
}

impl Hold for Named {
    fn kind(&self) -> Kind {
        Kind::Pack
    }

    fn known(&mut self) -> Vec<Item> {
        let is_skipped = |item: &Item| self.pack.skipped().any(|name| name == item.field());
        ALL.into_iter().filter(|item| !is_skipped(item)).collect()
    }

    fn name(&self, item: Item) -> Option<&'static str> {
        self.names.get(&item).copied()
    }

    fn token(&mut self, item: Item) -> Token {
        token_in(&self.pack, item)
    }

    fn array(&mut self, item: Item) -> Option<Array> {
        array_in(&mut self.pack, item)?.clone().downcast().ok()
    }

    fn set(&mut self, item: Item, content: Content) -> bool {
        let name = self.name(item).unwrap_or(item.names()[0]);
        if matches!(item, Item::Epoch | Item::Moments) {
            return false;
        }
        if item.is_variable() {
            set_variable(&mut self.pack, item, name, content);
            return true;
        }
        let Some(map) = self.pack.get_mut(item.field()).and_then(PackValue::as_map_mut) else {
            return false;
        };
        match content {
            Content::None if item == Item::Seed => drop(map.insert(name, Value::None)),
            Content::None => drop(map.remove(name)),
            Content::Number(number) => drop(map.insert(name, Value::from(number as i64))),
            Content::Array(array) => {
                drop(map.insert(name, AnyArray::try_from(array).expect("an array")));
            }
        }
        true
    }

    fn edit(&mut self, item: Item, element: f64) -> Option<Result<()>> {
        let array = array_in(&mut self.pack, item)?;
        Some(array.view_mut::<f64, ndarray::Ix1>().map(|mut view| view.fill(element)))
    }

    fn flush(&self) -> Result<()> {
        self.pack.flush()
    }

    fn save(&mut self, _: &Path, options: &SaveOptions) -> Result<()> {
        self.pack.save_with(options).map(drop)
    }

    fn save_to(&mut self, folder: &Path, options: &SaveOptions) -> Result<()> {
        self.pack.save_to_with(folder, options).map(drop)
    }

    fn cloned(&self) -> Option<Box<dyn Hold>> {
        None
    }
}

fn set_variable(pack: &mut Pack, item: Item, name: &str, content: Content) {
    match content {
        Content::None => drop(pack.remove(name)),
        Content::Array(array) => {
            let value = PackValue::try_from(array).expect("an array");
            pack.insert(name, value).expect("a name that is free");
        }
        Content::Number(number) if item == Item::History => {
            pack.insert_value(name, &vec![number; 3]).expect("a list");
        }
        Content::Number(number) => drop(pack.insert_value(name, &number).expect("a number")),
    }
}
