//! What a load has seen: of each variable, and each item of its dictionaries, what the folder held and what
//! the value was. By it a save tells who has changed what.
//!
//! Names and keys are kept as fingerprints: a map may have a hundred thousand.

mod entries;
mod look;
mod mine;
mod note;
mod stamp;
mod whose;

use super::content::Variable;
use crate::Result;
use crate::array::{Binding, Witness};
use crate::os::dir::{DirId, Identity};
use crate::pickle::Node;
use crate::pickle::internal::{Fingerprint, Fingerprints};
use crate::sync::lock;
pub(crate) use mine::{Alike, Mine, MyItems, Room};
use stamp::Stamp;
use std::any::Any;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
pub(crate) use whose::Whose;

/// See the file's first line. The loaded struct and its arrays share it, until one that has saved gets another:
/// a copy that was made before has not seen what was saved since.
#[derive(Debug)]
pub(crate) struct Baseline {
    dir: DirId,
    path: PathBuf,
    /// Which load of the process it was.
    number: u64,
    /// How many saves of what came of that load came before it.
    generation: u64,
    /// The same, of the youngest.
    latest: Arc<AtomicU64>,
    seen: Mutex<Sight>,
}

/// The baseline of who loaded a folder. A save looks at it once no other can save, for those of several threads
/// may be of one load, and leaves the next one.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<Option<Arc<Baseline>>>);

impl Remembered {
    pub(crate) fn get(&self) -> Option<Arc<Baseline>> {
        lock(&self.0).clone()
    }

    pub(crate) fn set(&self, baseline: &Arc<Baseline>) {
        *lock(&self.0) = Some(Arc::clone(baseline));
    }
}

impl From<Arc<Baseline>> for Remembered {
    fn from(baseline: Arc<Baseline>) -> Self {
        Self(Some(baseline).into())
    }
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight {
    /// The pickle that variables share, if what is said of all variables in it is as it is now.
    pub(crate) shared: Option<Stamp>,
    /// What stood under the files' names; of a pickle only if what is said of its variable is as it is in that
    /// very file.
    pub(crate) files: HashMap<Fingerprint, Stamp>,
    /// Of these, the ones that were edited in place since, and what lives as long as the array that was.
    pub(crate) edited: HashMap<Fingerprint, Weak<()>>,
    /// What the folder held, by variable.
    pub(crate) parts: HashMap<Fingerprint, Part>,
    /// What the struct's fields were.
    pub(crate) mine: HashMap<Fingerprint, Mine>,
    /// Fields whose variables were not loaded, and that have had their defaults since.
    pub(crate) skipped: HashSet<String>,
    /// Items of maps that were not loaded, and have not been set since, by the folder's name of the map.
    pub(crate) skipped_items: HashMap<Fingerprint, HashSet<Fingerprint>>,
    /// Those that were set and saved since.
    pub(crate) set: HashSet<Fingerprint>,
    /// Bytes of the pickles that were looked at.
    pub(crate) pickled: usize,
    /// Whether all that the folder has was loaded or skipped by name, whatever it is: by a pack.
    pub(crate) is_of_all: bool,
    /// What told the entries of flattened lists, maps and options of which the folder had no variable that does.
    pub(crate) told: HashMap<Fingerprint, Fingerprint>,
    /// The variables of those entries, by the one that tells them.
    pub(crate) below: HashMap<Fingerprint, HashSet<Fingerprint>>,
}

/// What a folder held of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// An array in a file of its own.
    Array { file: Fingerprint },
    /// A value in a pickle; `None` if only its file tells whether it is the same.
    Whole { file: Fingerprint, value: Option<Fingerprint> },
    /// A dictionary in a pickle, item by item.
    Dict { file: Fingerprint, items: HashMap<Fingerprint, SeenItem> },
    /// It was there, and nobody has looked.
    Unseen,
}

/// What a folder held under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeenItem {
    /// An array in a file of its own.
    File(Fingerprint),
    Value(Fingerprint),
}

impl Baseline {
    /// Of a folder of which nothing has been seen yet.
    pub(crate) fn new(dir: DirId, path: PathBuf) -> Arc<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (number, generation) = (COUNT.fetch_add(1, Ordering::Relaxed), 0);
        Arc::new(Self {
            dir,
            path,
            number,
            generation,
            latest: Arc::default(),
            seen: Mutex::default(),
        })
    }

    /// For whoever has saved by it: the same, to be told of the save.
    pub(crate) fn successor(&self) -> Arc<Self> {
        let Self { dir, number, .. } = *self;
        let generation = self.latest.fetch_add(1, Ordering::Relaxed) + 1;
        let (path, latest) = (self.path.clone(), Arc::clone(&self.latest));
        let seen = Mutex::new(Sight { edited: HashMap::new(), ..self.sight().clone() });
        Arc::new(Self { dir, path, number, generation, latest, seen })
    }

    /// Whether another copy of what was loaded has saved since.
    pub(crate) fn is_superseded(&self) -> bool {
        self.generation < self.latest.load(Ordering::Relaxed)
    }

    /// Whether both are of one load.
    pub(crate) fn is_of_load(&self, other: &Self) -> bool {
        self.number == other.number
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Of several that a struct's arrays come with, the least counts: the oldest load, for what has changed since
    /// is someone else's; of one load the youngest, for what was saved since is one's own.
    pub(crate) fn rank(&self) -> (u64, Reverse<u64>) {
        (self.number, Reverse(self.generation))
    }

    pub(crate) fn sight(&self) -> MutexGuard<'_, Sight> {
        lock(&self.seen)
    }

    /// What came with an array, if it remembers.
    pub(crate) fn of(binding: &Binding) -> Option<Arc<Self>> {
        binding.witness()?.into_any().downcast().ok()
    }
}

/// Of files of this folder.
impl Witness for Baseline {
    fn dir(&self) -> DirId {
        self.dir
    }

    fn note_file(&self, dir: DirId, name: &str, identity: Identity) {
        if dir == self.dir {
            self.sight().files.insert(Fingerprint::of(name), identity.into());
        }
    }

    fn note_edit(&self, dir: DirId, name: &str, identity: Identity, editor: Weak<()>) {
        if dir == self.dir {
            let mut sight = self.sight();
            sight.files.insert(Fingerprint::of(name), identity.into());
            sight.edited.insert(Fingerprint::of(name), editor);
        }
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl Sight {
    pub(crate) fn part(&self, variable: &str) -> Option<&Part> {
        self.parts.get(&Fingerprint::of(variable))
    }

    pub(crate) fn mine(&self, variable: &str) -> Option<&Mine> {
        self.mine.get(&Fingerprint::of(variable))
    }

    pub(crate) fn file(&self, name: &str) -> Option<&Stamp> {
        self.files.get(&Fingerprint::of(name))
    }

    /// Whether a field that was skipped still has its default.
    pub(crate) fn is_at_default(&self, variable: &Variable<'_>) -> Result<bool> {
        let mine = self.mine(&variable.name).filter(|_| self.is_skipped(variable));
        mine.map_or(Ok(false), |mine| mine.is_still(&variable.content, Alike::Equal))
    }

    /// Whether a field that was skipped was set and saved since.
    pub(crate) fn was_set(&self, variable: &Variable<'_>) -> bool {
        self.set.contains(&Fingerprint::of(variable.name.as_ref()))
    }

    /// Whether it is a map of which some items were not loaded.
    pub(crate) fn skips_items_of(&self, variable: &Variable<'_>) -> bool {
        let mut names = variable.names();
        !self.skipped_items.is_empty()
            && names.any(|name| self.skipped_items.contains_key(&Fingerprint::of(name)))
    }

    /// Whether a field was not loaded: as itself, or as a part of a list, map or option that it is new in.
    pub(crate) fn is_skipped(&self, variable: &Variable<'_>) -> bool {
        if self.skipped.is_empty() {
            return false;
        }
        let is_skipped = |name: &str| self.skipped.contains(name);
        variable.names().any(is_skipped)
            || variable.is_among(is_skipped) && self.mine(&variable.name).is_none()
    }
}

impl Part {
    /// Of a variable in a pickle. `by_item`: whether it counts as a dictionary.
    pub(crate) fn of(
        node: Node<'_>,
        file: &str,
        by_item: bool,
        fingerprints: &mut Fingerprints,
    ) -> Self {
        let file = Fingerprint::of(file);
        let entries = if by_item { node.entries() } else { None };
        let Some(entries) = entries else {
            return Self::Whole { file, value: Some(fingerprints.of(node)) };
        };
        let mut items = HashMap::with_capacity(entries.size_hint().0);
        for (key, value) in entries {
            items.insert(fingerprints.of_key(key), SeenItem::of(value, fingerprints));
        }
        Self::Dict { file, items }
    }
}

impl SeenItem {
    /// Of an array in a file of its own.
    pub(crate) fn file(&self) -> Option<Fingerprint> {
        match self {
            Self::File(file) => Some(*file),
            Self::Value(_) => None,
        }
    }

    pub(crate) fn of(node: Node<'_>, fingerprints: &mut Fingerprints) -> Self {
        match node.placeholder() {
            Some(file) => Self::File(Fingerprint::of(file)),
            None => Self::Value(fingerprints.of(node)),
        }
    }
}

/// Whether a dictionary has arrays in files of their own.
pub(crate) fn is_split(node: Node<'_>) -> bool {
    split_off(node).next().is_some()
}

/// The files of the arrays that were split off a dictionary.
fn split_off(node: Node<'_>) -> impl Iterator<Item = &str> {
    node.entries().into_iter().flatten().filter_map(|(_, item)| item.placeholder())
}
