//! A folder, those who have it loaded, and what was done so far.

use super::dice::Dice;
use super::folder::Folder;
use super::holder::{Hold, Kind, Plain};
use super::item::{ALL, Item};
use super::memory::{Held, Holder, InPlace, Sight, Sights};
use super::pack::{Named, open};
use super::types::{Content, Deep, Fields, Older, Part, Slot, Token, Values, Whole, new_array};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{LoadOptions, Loaded, Mode, Result, Varpack as _};
use varpack_tests::faults::scratch;
use varpack_tests::holders::unsynced;

/// What came of the saves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) saved: u64,
    /// As the documents say.
    pub(crate) stale: u64,
    /// `Stale` where the documents leave it open.
    pub(crate) open: u64,
    pub(crate) usage: u64,
    pub(crate) exists: u64,
    pub(crate) edited_in_place: u64,
}

pub(crate) struct World {
    seed: u64,
    pub(crate) dice: Dice,
    _parent: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) folder: Folder,
    pub(crate) sights: Sights,
    pub(crate) holders: Vec<Holder>,
    pub(crate) counts: Counts,
    log: Vec<String>,
    made: u64,
}

/// The modes in which an array can be written to.
const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadWrite, Mode::CopyOnWrite, Mode::InMemory];

/// How a folder is opened.
type Open = fn(&Path, &LoadOptions) -> Result<Box<dyn Hold>>;

fn loaded<T: Fields>(path: &Path, options: &LoadOptions) -> Result<Box<dyn Hold>> {
    let loaded: Loaded<T> = T::load_with(path, options)?;
    Ok(Box::new(loaded))
}

fn plain<T: Fields>(path: &Path, options: &LoadOptions) -> Result<Box<dyn Hold>> {
    Ok(Box::new(Plain(T::load_with(path, options)?.into_inner())))
}

fn packed(path: &Path, options: &LoadOptions) -> Result<Box<dyn Hold>> {
    Ok(Box::new(Named::from(open(path, options)?)))
}

/// By name, with how often each comes and which fields it can skip.
const OPENS: [(&str, Open, usize, &[&str]); 9] = [
    ("Loaded<Whole>", loaded::<Whole>, 4, &["mask", "layers", "history", "model"]),
    ("Loaded<Part>", loaded::<Part>, 2, &["layers", "model"]),
    ("Loaded<Deep>", loaded::<Deep>, 2, &["model"]),
    ("Loaded<Values>", loaded::<Values>, 1, &["history"]),
    ("Whole", plain::<Whole>, 4, &[]),
    ("Part", plain::<Part>, 2, &[]),
    ("Deep", plain::<Deep>, 2, &[]),
    ("Values", plain::<Values>, 1, &[]),
    ("Pack", packed, 4, &["layers", "history", "model"]),
];

impl World {
    /// A new folder, one in three by the older names of its fields.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let parent = scratch();
        let path = parent.path().join("run");
        let (mut whole, mut made) = (Whole::empty(), 0);
        for item in ALL {
            if !(item.may_be_none() && dice.one_in(2)) {
                made += 1;
                set_new(whole.slot(item), item, made);
            }
        }
        let is_older = dice.one_in(3);
        let saved = match is_older {
            true => Older::from(whole).save_with(&path, &unsynced()),
            false => whole.save_with(&path, &unsynced()),
        };
        saved.expect("a new folder");
        let folder = Folder::read(&path);
        let log = vec![format!("folder by its older names: {is_older}; {}", shown(&folder))];
        let (sights, holders, counts) = (Sights::default(), Vec::new(), Counts::default());
        Self { seed, dice, _parent: parent, path, folder, sights, holders, counts, log, made }
    }

    pub(crate) fn new_token(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    pub(crate) fn say(&mut self, what: String) {
        self.log.push(what);
    }

    /// One more who has it loaded.
    pub(crate) fn open(&mut self) {
        let kinds: Vec<_> = (0..OPENS.len()).flat_map(|n| vec![n; OPENS[n].2]).collect();
        let (name, open, _, may_skip) = OPENS[self.dice.pick(&kinds)];
        let mode = self.dice.pick(&MODES);
        let skipped: BTreeSet<_> = match !may_skip.is_empty() && self.dice.one_in(5) {
            true => [self.dice.pick(may_skip)].into(),
            false => BTreeSet::new(),
        };
        let options = LoadOptions::new().mode(mode).skip(skipped.iter().copied());
        let hold = open(&self.path, &options).expect("a folder that loads");
        let id = self.new_token() as usize;
        self.say(format!("#{id} {name} loads in {mode:?}, without {skipped:?}"));
        let holder = self.remember(id, hold, mode, skipped);
        self.holders.push(holder);
    }

    /// What a load remembers, once it is seen that it has loaded what is there.
    fn remember(
        &mut self,
        id: usize,
        mut hold: Box<dyn Hold>,
        mode: Mode,
        mut skipped: BTreeSet<&'static str>,
    ) -> Holder {
        let (kind, known) = (hold.kind(), hold.known());
        if kind != Kind::Pack && known == ALL {
            skipped.insert(Item::Notes.field());
        }
        let (sight, without) = (self.sights.count(), skipped.clone());
        let held = |(item, token): (Item, Token)| {
            let stored = self.folder.of(item);
            let is_there = token == stored.token && token.is_some();
            let stamp = stored.stamp.clone().filter(|_| item.has_file() && is_there);
            let in_place = match mode == Mode::ReadWrite && stamp.is_some() {
                true => InPlace::Yes,
                false => InPlace::No,
            };
            let sight = (item.is_array() && token.is_some()).then_some(sight);
            (item, Held { token, file: stamp.clone(), stamp, sight, in_place })
        };
        let mine: Vec<_> = known.iter().map(|item| (*item, hold.token(*item))).collect();
        for (item, token) in &mine {
            let is_skipped = skipped.contains(item.field());
            let wanted = self.folder.of(*item).token.filter(|_| !is_skipped);
            assert_eq!(*token, wanted, "{item:?} is not what was loaded");
        }
        let looked = match kind {
            Kind::Pack => ALL.iter().map(|item| item.field()).collect(),
            _ => known.iter().map(|item| item.field()).collect(),
        };
        let items = mine.iter().copied().map(held).collect();
        self.sights.add(Sight {
            load: sight,
            generation: 0,
            quiet_generation: 0,
            seen: ALL.into_iter().map(|item| (item, self.folder.of(item).clone())).collect(),
            mine: mine.into_iter().collect(),
            looked,
            skipped,
            edited: BTreeMap::new(),
        });
        let own = (kind != Kind::Plain).then_some(sight);
        Holder { id, hold, kind, mode, load: sight, without, known, items, own }
    }

    /// Looks whether all have in memory what they should.
    pub(crate) fn check_memory(&mut self) {
        for holder in &mut self.holders {
            for (item, held) in &holder.items {
                let found = holder.hold.token(*item);
                assert_eq!(found, held.token, "#{} has another {item:?} in memory", holder.id);
            }
        }
    }
}

/// Sets an item to something new.
fn set_new(slot: Option<Slot<'_>>, item: Item, token: u64) {
    if let Some(slot) = slot {
        slot.set(new_content(item, token));
    }
}

pub(crate) fn new_content(item: Item, token: u64) -> Content {
    if item.is_array() { Content::Array(new_array(token)) } else { Content::Number(token) }
}

/// What a folder holds, for people.
pub(crate) fn shown(folder: &Folder) -> String {
    let tokens = folder.tokens().into_iter();
    let tokens = tokens.map(|(item, token)| match (item, token) {
        (Item::Layer(key), Some(token)) => format!("layers[{key}] {token}"),
        (Item::Layer(key), None) => format!("layers[{key}] -"),
        (_, Some(token)) => format!("{} {token}", item.names()[0]),
        (_, None) => format!("{} -", item.names()[0]),
    });
    tokens.collect::<Vec<_>>().join(", ")
}

/// A test that fails says where.
impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "VARPACK_SEED={} repeats this; the folder, and what was done last:",
                self.seed
            );
            let last = self.log.iter().skip(1.max(self.log.len().saturating_sub(24)));
            for line in self.log.first().into_iter().chain(last) {
                eprintln!("    {line}");
            }
        }
    }
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            saved: self.saved + other.saved,
            stale: self.stale + other.stale,
            open: self.open + other.open,
            usage: self.usage + other.usage,
            exists: self.exists + other.exists,
            edited_in_place: self.edited_in_place + other.edited_in_place,
        }
    }
}
