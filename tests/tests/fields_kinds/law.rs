//! Whatever a type saves it loads, in each mode; what was not changed is not written; what was changed is in the folder,
//! as in one that never held anything else.

use super::Struct;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::Value;
use varpack::{
    ErrorKind, LoadOptions, Loaded, Mode, Pack, PackFields, PackMap, PackValue, Result, Varpack,
};
use varpack_tests::folders::{MODES, State};
use varpack_tests::holders::unsynced;

type Outcome<T = ()> = std::result::Result<T, TestCaseError>;

/// One value, another of which it takes over a field, and then a second one, and how.
#[derive(Clone, Debug)]
pub(crate) struct Change<T> {
    first: T,
    other: T,
    fields: [usize; 2],
    /// With arrays that are tied to another folder, not with those in memory.
    is_from_folder: bool,
    mode: Mode,
}

pub(crate) fn change<T: Struct>() -> impl Strategy<Value = Change<T>> {
    let fields = [0..T::FIELDS, 0..T::FIELDS];
    (T::any(), T::any(), fields, any::<bool>(), 0..MODES.len()).prop_map(
        |(first, other, fields, is_from_folder, mode)| Change {
            first,
            other,
            fields,
            is_from_folder,
            mode: MODES[mode],
        },
    )
}

/// A folder of its own for each way to save.
struct Folders(TempDir);

impl Folders {
    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn saved(&self, name: &str, value: &impl Varpack) -> Outcome<PathBuf> {
        let folder = self.at(name);
        named(value.save_with(&folder, &unsynced()).map(drop))?;
        Ok(folder)
    }
}

/// Keys may be such that two are one file, or make the name of another field.
fn named(saved: Result<()>) -> Outcome {
    match saved {
        Err(error) if matches!(error.kind(), ErrorKind::Name | ErrorKind::Usage) => {
            Err(TestCaseError::reject("names"))
        }
        saved => ok(saved),
    }
}

fn ok<T>(outcome: Result<T>) -> Outcome<T> {
    outcome.map_err(|error| TestCaseError::fail(error.to_string()))
}

/// What another type, which knows nothing of the struct, finds there.
fn variables(folder: &Path) -> Outcome<BTreeMap<String, PackValue>> {
    let pack = ok(Pack::open(folder))?;
    Ok(pack.iter().map(|(name, value)| (name.to_owned(), in_order(value))).collect())
}

/// Hash maps have another order in each pickle; and in a dictionary that was changed what is new comes last.
fn in_order(value: &PackValue) -> PackValue {
    if let PackValue::Map(map) = value {
        let mut items: Vec<_> = map.iter().collect();
        items.sort_by_cached_key(|(key, _)| format!("{key:?}"));
        let items = items.into_iter().map(|(key, item)| (key.clone(), item.clone()));
        return items.collect::<PackMap>().into();
    }
    match value.as_value().and_then(Value::as_entries) {
        Some(entries) => {
            let mut entries = entries.to_vec();
            entries.sort_by_cached_key(|(key, _)| format!("{key:?}"));
            Value::dict(entries).into()
        }
        None => value.clone(),
    }
}

/// How many files there are of each kind: what the items of a map are called depends on what was there before.
fn files(folder: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in State::of(folder).names() {
        let extension = name.rsplit('.').next().unwrap_or_default();
        *counts.entry(extension.to_owned()).or_default() += 1;
    }
    counts
}

fn load<T: PackFields>(folder: &Path, mode: Mode) -> Outcome<Loaded<T>> {
    ok(T::load_with(folder, &LoadOptions::new().mode(mode)))
}

fn load_plain<T: PackFields>(folder: &Path, mode: Mode) -> Outcome<T> {
    match mode {
        Mode::ReadWrite => ok(T::edit(folder)),
        Mode::CopyOnWrite => ok(T::load(folder)),
        mode => load(folder, mode).map(Loaded::into_inner),
    }
}

pub(crate) fn holds<T: Struct + PackFields>(change: &Change<T>) -> Outcome {
    let folders = Folders(tempfile::tempdir().expect("a folder to work in"));
    comes_back(&folders, &change.first, change.mode)?;
    let other = match change.is_from_folder {
        true => load_plain(&folders.saved("other", &change.other)?, change.mode)?,
        false => change.other.clone(),
    };
    let taken = |value: &mut T| value.take(change.fields[0], &other);
    let mut changed = change.first.loaded();
    taken(&mut changed);
    let expected = T::kept(&change.first, &changed);
    let fresh = folders.saved("fresh", &expected)?;
    let is_as_fresh = |folder: &Path, how: &str| is_as(folder, &fresh, &expected, how);

    let folder = folders.saved("loaded", &change.first)?;
    let mut loaded = load::<T>(&folder, change.mode)?;
    taken(&mut loaded);
    ok(loaded.save_with(&unsynced()))?;
    is_as_fresh(&folder, "loaded")?;
    let before = State::of(&folder);
    ok(loaded.save_with(&unsynced()))?;
    is_untouched(&before, &folder, "saved again")?;
    loaded.take(change.fields[1], &other);
    let twice = T::kept(&expected, &loaded);
    let fresh_again = folders.saved("fresh again", &twice)?;
    ok(loaded.save_with(&unsynced()))?;
    is_as(&folder, &fresh_again, &twice, "changed again")?;

    let folder = folders.saved("plain", &change.first)?;
    let mut plain = load_plain::<T>(&folder, change.mode)?;
    taken(&mut plain);
    ok(plain.save_with(&folder, &unsynced()))?;
    is_as_fresh(&folder, "plain")?;

    let folder = folders.saved("updated", &change.first)?;
    let options = LoadOptions::new().mode(change.mode);
    ok(T::update_with(&folder, &options, &unsynced(), |value| {
        taken(value);
        Ok(())
    }))?;
    is_as_fresh(&folder, "updated")
}

/// Holds what one holds that never held anything else.
fn is_as<T: Struct + PackFields>(folder: &Path, fresh: &Path, expected: &T, how: &str) -> Outcome {
    prop_assert_eq!(variables(folder)?, variables(fresh)?, "{}", how);
    prop_assert_eq!(files(folder), files(fresh), "{}", how);
    prop_assert_eq!(&ok(T::load(folder))?, &expected.loaded(), "{}", how);
    Ok(())
}

fn is_untouched(before: &State, folder: &Path, how: &str) -> Outcome {
    let now = State::of(folder);
    prop_assert_eq!(before.touched(&now), [""; 0], "{}", how);
    Ok(())
}

/// By each way to save it unchanged, to its own folder and to others.
fn comes_back<T: Struct + PackFields>(folders: &Folders, first: &T, mode: Mode) -> Outcome {
    let folder = folders.saved("run", first)?;
    let before = State::of(&folder);
    let loaded = load::<T>(&folder, mode)?;
    prop_assert_eq!(&*loaded, &first.loaded());
    ok(loaded.save_with(&unsynced()))?;
    is_untouched(&before, &folder, "saved unchanged")?;
    let copy = folders.at("copy");
    ok(loaded.save_to_with(&copy, &unsynced()))?;
    prop_assert_eq!(variables(&copy)?, variables(&folder)?, "copied");
    prop_assert_eq!(files(&copy), files(&folder), "copied");
    prop_assert_eq!(&ok(T::load(&copy))?, &first.loaded(), "copied");

    let plain = load_plain::<T>(&folder, mode)?;
    prop_assert_eq!(&plain, &first.loaded());
    ok(plain.save_with(&folder, &unsynced()))?;
    is_untouched(&before, &folder, "saved plainly")?;

    let mut pack = ok(Pack::open_with(&folder, &LoadOptions::new().mode(mode)))?;
    ok(pack.save_with(&unsynced()))?;
    is_untouched(&before, &folder, "saved as a pack")?;
    let copy = folders.at("copy of a pack");
    ok(pack.save_to_with(&copy, &unsynced()))?;
    // What has files there, the pack's own rules say.
    prop_assert_eq!(&ok(T::load(&copy))?, &first.loaded(), "copied as a pack");
    Ok(())
}
