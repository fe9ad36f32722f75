//! Those who have the folder in memory: what the model asks of each kind of them.

use super::item::Item;
use super::types::{Array, Content, Fields, Token, known};
use std::path::Path;
use varpack::{Loaded, Result, SaveOptions};

/// How it remembers what the folder held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `Loaded`: by itself.
    Loaded,
    /// A struct from `load`, or a clone of one: by the arrays that it was loaded with.
    Plain,
    /// By itself, and each variable by the name that it was found by.
    Pack,
}

pub(crate) trait Hold {
    fn kind(&self) -> Kind;
    /// What it knows, or could add.
    fn known(&mut self) -> Vec<Item>;
    /// The name that it has for an item, if it has not several.
    fn name(&self, _: Item) -> Option<&'static str> {
        None
    }
    fn token(&mut self, item: Item) -> Token;
    /// A clone.
    fn array(&mut self, item: Item) -> Option<Array>;
    /// `false` if it has no place for it.
    fn set(&mut self, item: Item, content: Content) -> bool;
    /// Fills an array through `view_mut`. `None` if there is none.
    fn edit(&mut self, item: Item, element: f64) -> Option<Result<()>>;
    fn flush(&self) -> Result<()>;
    fn save(&mut self, folder: &Path, options: &SaveOptions) -> Result<()>;
    fn save_to(&mut self, folder: &Path, options: &SaveOptions) -> Result<()>;
    /// A clone, as a plain struct.
    fn cloned(&self) -> Option<Box<dyn Hold>>;
}

fn edit(fields: &mut impl Fields, item: Item, element: f64) -> Option<Result<()>> {
    let array = fields.slot(item)?.array()?;
    Some(array.view_mut().map(|mut view| view.fill(element)))
}

fn set(fields: &mut impl Fields, item: Item, content: Content) -> bool {
    fields.slot(item).map(|slot| slot.set(content)).is_some()
}

impl<T: Fields> Hold for Loaded<T> {
    fn kind(&self) -> Kind {
        Kind::Loaded
    }

    fn known(&mut self) -> Vec<Item> {
        known(&mut **self)
    }

    fn token(&mut self, item: Item) -> Token {
        self.slot(item)?.token()
    }

    fn array(&mut self, item: Item) -> Option<Array> {
        self.slot(item)?.array().cloned()
    }

    fn set(&mut self, item: Item, content: Content) -> bool {
        set(&mut **self, item, content)
    }

    fn edit(&mut self, item: Item, element: f64) -> Option<Result<()>> {
        edit(&mut **self, item, element)
    }

    fn flush(&self) -> Result<()> {
        (**self).flush()
    }

    fn save(&mut self, _: &Path, options: &SaveOptions) -> Result<()> {
        self.save_with(options).map(drop)
    }

    fn save_to(&mut self, folder: &Path, options: &SaveOptions) -> Result<()> {
        self.save_to_with(folder, options).map(drop)
    }

    fn cloned(&self) -> Option<Box<dyn Hold>> {
        Some(Box::new(Plain(T::clone(self))))
    }
}

pub(crate) struct Plain<T>(pub(crate) T);

impl<T: Fields> Hold for Plain<T> {
    fn kind(&self) -> Kind {
        Kind::Plain
    }

    fn known(&mut self) -> Vec<Item> {
        known(&mut self.0)
    }

    fn token(&mut self, item: Item) -> Token {
        self.0.slot(item)?.token()
    }

    fn array(&mut self, item: Item) -> Option<Array> {
        self.0.slot(item)?.array().cloned()
    }

    fn set(&mut self, item: Item, content: Content) -> bool {
        set(&mut self.0, item, content)
    }

    fn edit(&mut self, item: Item, element: f64) -> Option<Result<()>> {
        edit(&mut self.0, item, element)
    }

    fn flush(&self) -> Result<()> {
        self.0.flush()
    }

    fn save(&mut self, folder: &Path, options: &SaveOptions) -> Result<()> {
        self.0.save_with(folder, options).map(drop)
    }

    fn save_to(&mut self, folder: &Path, options: &SaveOptions) -> Result<()> {
        self.0.save_with(folder, options).map(drop)
    }

    fn cloned(&self) -> Option<Box<dyn Hold>> {
        Some(Box::new(Self(self.0.clone())))
    }
}
