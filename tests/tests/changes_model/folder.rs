//! What the folder holds: read by a load of its own into memory, and by looks at its files.

use super::item::{ALL, Item};
use super::pack::{name_in, open, token_in};
use super::types::Token;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use varpack::{LoadOptions, Mode, Pack};
use varpack_tests::folders::Stamp;

/// What is there of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stored {
    pub(crate) token: Token,
    pub(crate) name: Option<&'static str>,
    /// Of the file that it has.
    pub(crate) stamp: Option<Stamp>,
}

/// What is there of all items.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Folder {
    items: BTreeMap<Item, Stored>,
    files: BTreeMap<String, Stamp>,
}

fn look(path: &Path) -> Pack {
    let pack = open(path, &LoadOptions::new().mode(Mode::InMemory));
    pack.unwrap_or_else(|error| panic!("the folder does not load: {error}"))
}

/// What is there, wherever it stands.
pub(crate) fn tokens(path: &Path) -> BTreeMap<Item, Token> {
    let pack = look(path);
    ALL.into_iter().map(|item| (item, token_in(&pack, item))).collect()
}

impl Folder {
    /// Of a folder that loads, with arrays in files.
    pub(crate) fn read(path: &Path) -> Self {
        let pack = look(path);
        let files = stamps(path);
        let stored = |item: Item| {
            let name = name_in(&pack, item);
            let file = name.and_then(|name| item.file(name));
            let stamp = file.as_ref().and_then(|file| files.get(file)).cloned();
            assert!(stamp.is_some() || name.is_none() || !item.has_file(), "no file {file:?}");
            Stored { token: token_in(&pack, item), name, stamp }
        };
        Self { items: ALL.into_iter().map(|item| (item, stored(item))).collect(), files }
    }

    pub(crate) fn of(&self, item: Item) -> &Stored {
        &self.items[&item]
    }

    pub(crate) fn tokens(&self) -> BTreeMap<Item, Token> {
        self.items.iter().map(|(item, stored)| (*item, stored.token)).collect()
    }

    /// Looks at the files again, of which one was edited in place.
    pub(crate) fn look_again(&mut self, path: &Path, item: Item, token: Token) -> bool {
        let before = std::mem::replace(&mut self.files, stamps(path));
        let stored = self.items.get_mut(&item).expect("an item");
        let file = stored.name.and_then(|name| item.file(name));
        let is_edited = before != self.files;
        if let (true, Some(file)) = (is_edited, file) {
            *stored = Stored { token, stamp: self.files.get(&file).cloned(), ..stored.clone() };
        }
        is_edited
    }

    /// Whether a save in between has written anything.
    pub(crate) fn is_written_since(&self, before: &Self) -> bool {
        self.files != before.files
    }
}

/// Of all files but the lock file.
fn stamps(path: &Path) -> BTreeMap<String, Stamp> {
    let entries = fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry"));
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names = names.filter(|name| name != ".varpack.lock");
    names.map(|name| (name.clone(), Stamp::at(path.join(name)))).collect()
}
