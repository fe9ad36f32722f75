//! Each attribute on each kind of field, and the names that the fields have by them.

use super::{Fields, flat, groups, nestable, seven};
use std::collections::BTreeSet;
use varpack::Varpack;

// The columns are: value, array, option, numbers, dict.
nestable! {
    Plain: [default] [mmap] [mmap] [npy] [nested];
    Renamed: [rename = "new value"] [mmap, rename = "new array"] [mmap, rename = "new option"]
        [npy, rename = "new numbers"] [nested, rename = "new dict"];
    #[varpack(rename_all = "UPPERCASE")]
    Upper: [rename = "as it is"] [mmap] [mmap] [npy] [nested];
    Newer: [alias = "other", alias = "new value"] [mmap, alias = "new array"] [mmap, alias = "new option"]
        [npy, alias = "new numbers"] [nested, alias = "new dict"];
    RenamedArrays: [rename = "new value"] [mmap, rename = "new array"] [mmap, rename = "new option"] [npy]
        [nested, rename = "new dict"];
    NewerArrays: [alias = "new value"] [mmap, alias = "new array"] [mmap, alias = "new option"] [npy]
        [nested, alias = "new dict"];
    Defaults: [default] [mmap, default] [mmap, default] [npy, default] [nested, default];
    Sevens: [default = "seven"] [mmap, default = "seven"] [mmap, default] [npy, default = "seven"]
        [nested, default = "seven"];
    Casts: [default] [mmap(cast)] [mmap(cast = "lossy")] [npy(cast)] [nested];
    Listed: [default] [mmap] [mmap] [default] [nested];
    Skipped: [skip] [skip] [skip] [skip] [skip];
    SkippedSevens: [skip, default = "seven"] [skip, default = "seven"] [skip, default = "seven"]
        [skip, default = "seven"] [skip, default = "seven"];
    Unsaved: [skip_save] [skip_save, mmap] [skip_save, mmap] [skip_save, npy] [skip_save, nested];
    UnsavedSevens: [skip_save, default = "seven"] [skip_save, mmap, default = "seven"] [skip_save, mmap, default = "seven"]
        [skip_save, npy, default = "seven"] [skip_save, nested, default = "seven"];
    UnsavedNewer: [skip_save, alias = "new value"] [skip_save, mmap, alias = "new array"]
        [skip_save, mmap, alias = "new option"] [skip_save, npy, alias = "new numbers"] [skip_save, nested, alias = "new dict"];
    Unloaded: [skip_load] [skip_load, mmap] [skip_load, mmap] [skip_load, npy] [skip_load, nested];
    UnloadedSevens: [skip_load, default = "seven"] [skip_load, mmap, default = "seven"] [skip_load, mmap, default = "seven"]
        [skip_load, npy, default = "seven"] [skip_load, nested, default = "seven"];
    UnloadedNewer: [skip_load, alias = "new value"] [skip_load, mmap, alias = "new array"]
        [skip_load, mmap, alias = "new option"] [skip_load, npy, alias = "new numbers"] [skip_load, nested, alias = "new dict"];
}

// separate, in_pickle, list, map, by_number.
flat! {
    FlatPlain: [separate] [separate] [mmap] [mmap(min_len = 2)] [mmap(int_keys)];
    FlatRenamed: [separate, rename = "new value"] [separate, rename = "new array"] [mmap, rename = "new list"]
        [mmap(min_len = 2), rename = "new map"] [mmap(int_keys), rename = "new numbers"];
    #[varpack(rename_all = "UPPERCASE")]
    FlatUpper: [separate] [separate, rename = "as it is"] [mmap] [mmap(min_len = 2)] [mmap(int_keys)];
    FlatNewer: [separate, alias = "other", alias = "new value"] [separate, alias = "new array"] [mmap, alias = "new list"]
        [mmap(min_len = 2), alias = "new map"] [mmap(int_keys), alias = "new numbers"];
    FlatDefaults: [separate, default] [separate, default] [mmap, default] [mmap(min_len = 2), default]
        [mmap(int_keys), default];
    FlatSevens: [separate, default = "seven"] [separate, default = "seven"] [mmap, default = "seven"]
        [mmap(min_len = 2), default = "seven"] [mmap(int_keys), default = "seven"];
    FlatUnsaved: [skip_save] [skip_save, separate] [skip_save, mmap] [skip_save, mmap] [skip_save, mmap];
    FlatUnsavedSevens: [skip_save, default = "seven"] [skip_save, separate, default = "seven"]
        [skip_save, mmap, default = "seven"] [skip_save, mmap, default = "seven"] [skip_save, mmap, default = "seven"];
    FlatUnsavedNewer: [skip_save, alias = "new value"] [skip_save, separate, alias = "new array"]
        [skip_save, mmap, alias = "new list"] [skip_save, mmap, alias = "new map"] [skip_save, mmap, alias = "new numbers"];
    FlatUnloaded: [skip_load, separate] [skip_load, separate] [skip_load, mmap] [skip_load, mmap(min_len = 2)]
        [skip_load, mmap(int_keys)];
    FlatUnloadedSevens: [skip_load, separate, default = "seven"] [skip_load, separate, default = "seven"]
        [skip_load, mmap, default = "seven"] [skip_load, mmap(min_len = 2), default = "seven"]
        [skip_load, mmap(int_keys), default = "seven"];
    FlatUnloadedNewer: [skip_load, separate, alias = "new value"] [skip_load, separate, alias = "new array"]
        [skip_load, mmap, alias = "new list"] [skip_load, mmap(min_len = 2), alias = "new map"]
        [skip_load, mmap(int_keys), alias = "new numbers"];
    InPickles: [default] [separate] [separate] [separate] [separate];
    AllInFiles: [separate] [mmap] [mmap] [mmap] [mmap(min_len = 1, int_keys)];
}

// one, many, map, maybe.
groups! {
    GroupsPlain: [flatten] [flatten] [flatten] [flatten];
    GroupsRenamed: [flatten, rename = "new one"] [flatten, rename = "new many"] [flatten, rename = "new map"]
        [flatten, rename = "new maybe"];
    #[varpack(rename_all = "UPPERCASE")]
    GroupsUpper: [flatten, rename = "as it is"] [flatten] [flatten] [flatten];
    GroupsNewer: [flatten, alias = "other", alias = "new one"] [flatten, alias = "new many"] [flatten, alias = "new map"]
        [flatten, alias = "new maybe"];
    GroupsPrefixed: [flatten(prefix = "o_")] [flatten(prefix = "l_")] [flatten(prefix = "m_")] [flatten(prefix = "y_")];
    GroupsDefaults: [flatten, default] [flatten, default] [flatten, default] [flatten, default];
    GroupsSevens: [flatten, default = "seven"] [flatten, default = "seven"] [flatten, default = "seven"]
        [flatten, default = "seven"];
    GroupsUnsaved: [skip_save, flatten] [skip_save, flatten] [skip_save, flatten] [skip_save, flatten];
    GroupsUnsavedSevens: [skip_save, flatten, default = "seven"] [skip_save, flatten, default = "seven"]
        [skip_save, flatten, default = "seven"] [skip_save, flatten, default = "seven"];
    GroupsUnsavedNewer: [skip_save, flatten, alias = "new one"] [skip_save, flatten, alias = "new many"]
        [skip_save, flatten, alias = "new map"] [skip_save, flatten, alias = "new maybe"];
}

/// With nothing but a step.
#[derive(Varpack, Clone, Debug, PartialEq)]
pub(crate) struct Nothing {
    pub(crate) step: u8,
}

impl Fields for Nothing {
    fn number(step: u8) -> Self {
        Self { step }
    }

    fn unset() -> Self {
        Self { step: 0 }
    }

    fn step(&mut self) -> &mut u8 {
        &mut self.step
    }
}

pub(crate) const NAMES: [&str; 6] = ["value", "array", "option", "numbers", "dict", "step"];
pub(crate) const RENAMED: [&str; 6] =
    ["new value", "new array", "new option", "new numbers", "new dict", "step"];
pub(crate) const FLAT_NAMES: [&str; 6] =
    ["separate", "in_pickle", "list", "map", "by_number", "step"];
pub(crate) const FLAT_RENAMED: [&str; 6] =
    ["new value", "new array", "new list", "new map", "new numbers", "step"];
pub(crate) const GROUPS: [&str; 5] = ["one", "many", "map", "maybe", "step"];
pub(crate) const GROUPS_RENAMED: [&str; 5] =
    ["new one", "new many", "new map", "new maybe", "step"];

/// The variables of groups: what tells the entries, and what is in them.
pub(crate) fn of_groups(prefixes: [&str; 4], names: [&str; 5]) -> BTreeSet<String> {
    let below = |group: usize, entry: &str| {
        ["n", "text"].map(|field| format!("{}{entry}{field}", prefixes[group]))
    };
    [(0, ""), (1, "0."), (1, "1."), (2, "k."), (3, "")]
        .into_iter()
        .flat_map(|(group, entry)| below(group, entry))
        .chain(names[1..].iter().map(|&name| name.to_owned()))
        .collect()
}

/// With a dot behind each name.
pub(crate) fn dotted(names: [&str; 5]) -> BTreeSet<String> {
    let prefixes: Vec<_> = names.iter().map(|name| format!("{name}.")).collect();
    of_groups([&prefixes[0], &prefixes[1], &prefixes[2], &prefixes[3]], names)
}
