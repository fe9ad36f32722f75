//! A group: the variables of a field that is flattened into its folder.

use crate::{Error, ErrorKind, Result, text};
use std::borrow::{Borrow, Cow};
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::iter::successors;
use std::ops::Bound;
use std::sync::Arc;

/// Levels of groups in groups, lists and maps among them: a load and a save go down them by recursion.
const MAX_DEPTH: usize = 128;

/// Entries of lists without a single variable, in all. A folder may say of a list that it has any number of those.
const MAX_HOLLOW: usize = 1 << 16;

/// What a variable may be called: an older name of each group that it is in makes as many more.
const MAX_NAMES: usize = 256;

/// See the file's first line. An entry of a list or map is a group too.
#[derive(Debug)]
pub(crate) struct Group {
    /// What the field is called, groups around it and all: `model.opt`. The present name comes first.
    pub(crate) names: Vec<String>,
    /// What its variables' names begin with: `model.opt.`. The present one comes first.
    pub(crate) prefixes: Vec<String>,
    /// The field as Rust has it, for errors: `model.layers[0]`.
    pub(crate) path: String,
    outer: Option<Arc<Group>>,
    depth: usize,
}

/// What a group is made of, beside the group that it is in.
pub(crate) struct GroupField<'f> {
    pub(crate) name: &'f str,
    pub(crate) aliases: &'f [&'f str],
    /// What stands in the place of `name.`.
    pub(crate) prefix: Option<&'f str>,
    /// What Rust calls the field, or an entry: `[0]`.
    pub(crate) field: &'f str,
}

/// The entries of a list, a map or an option: which variables below the group are of it.
#[derive(Debug)]
pub(crate) enum Entries {
    /// An option's, if there is something.
    All,
    Nothing,
    /// A list's, of this length.
    List(usize, EntryNames),
    /// A map's, by the text of the keys.
    Map(Vec<String>, EntryNames),
}

/// Which names below a list or map are of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryNames {
    /// `layers.0.w`: entries are structs.
    Below,
    /// `layers.0` as well: it tells of a list, map or option how many there are in that.
    OwnAndBelow,
}

impl EntryNames {
    pub(crate) const fn of(has_entries: bool) -> Self {
        if has_entries { Self::OwnAndBelow } else { Self::Below }
    }

    /// The key that a name goes on with below a group.
    pub(crate) fn first_key(self, rest: &str) -> Option<&str> {
        match rest.split_once('.') {
            Some((key, _)) => Some(key),
            None => Some(rest).filter(|_| self == Self::OwnAndBelow),
        }
    }
}

impl Entries {
    /// Whether a folder without the variable that tells them would be told of just these, by the names below the group.
    pub(crate) fn are_told_by(&self, keys: &NamedKeys) -> bool {
        match self {
            Self::All => !keys.0.is_empty(),
            Self::Nothing => keys.0.is_empty(),
            Self::List(length, of) => {
                let named = keys.of(*of);
                named.len() == *length
                    && named.iter().all(|key| index(key).is_some_and(|index| index < *length))
            }
            Self::Map(own, of) => {
                keys.of(*of) == own.iter().map(String::as_str).collect::<BTreeSet<_>>()
            }
        }
    }
}

/// What the names below a group go on with: which entries there are in a folder that lacks the variable that tells them, for
/// Python has set the others one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NamedKeys(BTreeSet<(String, bool)>);

impl NamedKeys {
    /// `below`: the names that begin with a prefix.
    pub(crate) fn of_group<'n, N: Iterator<Item = &'n str>>(
        group: &'n Group,
        below: impl Fn(&'n str) -> N,
    ) -> Self {
        let rests = group.prefixes.iter().flat_map(|prefix| {
            let prefix = prefix.as_str();
            below(prefix).filter_map(move |name| name.strip_prefix(prefix))
        });
        Self(
            rests
                .map(|rest| match rest.split_once('.') {
                    Some((key, _)) => (key.to_owned(), true),
                    None => (rest.to_owned(), false),
                })
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of entries.
    pub(crate) fn of(&self, names: EntryNames) -> BTreeSet<&str> {
        let is_entry = |is_below: bool| is_below || names == EntryNames::OwnAndBelow;
        self.0
            .iter()
            .filter(|(_, is_below)| is_entry(*is_below))
            .map(|(key, _)| key.as_str())
            .collect()
    }
}

/// How much of what has no bytes of its own a load or a save has met: a folder of a few bytes may say any number of it.
#[derive(Debug, Default)]
pub(crate) struct Flattened {
    levels: Cell<usize>,
    hollow: Cell<usize>,
}

impl Flattened {
    /// Goes down one level, of groups or of what is in the place of one in a pickle, which may hold itself.
    ///
    /// # Errors
    /// `Limit` if it is too deep, and those of what is there.
    pub(crate) fn descend<R>(&self, read: impl FnOnce() -> Result<R>) -> Result<R> {
        let levels = self.levels.get();
        if levels == MAX_DEPTH {
            return Err(too_deep());
        }
        self.levels.set(levels + 1);
        let read = read();
        self.levels.set(levels);
        read
    }

    /// Counts entries that have no variable.
    ///
    /// # Errors
    /// `Limit` if there are too many.
    pub(crate) fn add_hollow(&self, count: usize) -> Result<()> {
        self.hollow.set(self.hollow.get().saturating_add(count));
        if self.hollow.get() > MAX_HOLLOW {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected(format!("at most {MAX_HOLLOW} entries of lists without a variable"))
                .with_found("more"));
        }
        Ok(())
    }
}

fn too_deep() -> Error {
    Error::new(ErrorKind::Limit)
        .with_expected(format!("at most {MAX_DEPTH} levels of `flatten`"))
        .with_found("more")
}

impl Group {
    /// `is_there`: whether it may have variables with this older prefix.
    ///
    /// # Errors
    /// `Limit` if it is too deep, or has too many names.
    pub(crate) fn new(
        outer: Option<&Arc<Self>>,
        of: &GroupField<'_>,
        is_there: impl Fn(&str) -> bool,
    ) -> Result<Arc<Self>> {
        let depth = outer.map_or(0, |outer| outer.depth) + 1;
        let path = rust_path(outer.map(Arc::as_ref), of.field);
        let own = of.prefix.map_or_else(|| [of.name, "."].concat(), str::to_owned);
        let older: Vec<_> = of.aliases.iter().map(|alias| [alias, "."].concat()).collect();
        let older = older.iter().map(String::as_str);
        let names = names(outer.map(Arc::as_ref), of.name, of.aliases)?;
        let names: Vec<_> = names.into_iter().map(Cow::into_owned).collect();
        let mut prefixes = Vec::new();
        for prefix in products(outer.map(Arc::as_ref), &own, older) {
            if prefixes.is_empty() || is_there(&prefix) {
                prefixes.push(prefix);
            }
        }
        let limit = |expected: String, found: String| {
            let error = Error::new(ErrorKind::Limit).with_expected(expected).with_found(found);
            Err(error.with_variable(text::bounded_name(&path)))
        };
        if depth > MAX_DEPTH {
            return Err(too_deep().with_variable(text::bounded_name(&path)));
        }
        if prefixes.len() > MAX_NAMES {
            let expected = format!("at most {MAX_NAMES} names that a field ever had");
            return limit(expected, prefixes.len().to_string());
        }
        Ok(Arc::new(Self { names, prefixes, path, outer: outer.cloned(), depth }))
    }

    /// What the folder calls it.
    pub(crate) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// It, and the groups that it is in, from within.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &Self> {
        successors(Some(self), |group| group.outer.as_deref())
    }

    /// What a name goes on with below it.
    pub(crate) fn rest_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        self.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()))
    }

    pub(crate) fn outer(&self) -> Option<&Arc<Self>> {
        self.outer.as_ref()
    }

    /// Whether it, or one that it is in, is among some names.
    pub(crate) fn is_among(&self, mut is_one: impl FnMut(&str) -> bool) -> bool {
        self.chain().any(|group| group.names.iter().any(|name| is_one(name)))
    }
}

/// What the folder may call a field of a group, or of the folder itself: the present name, then the older ones.
///
/// # Errors
/// `Limit` if there are too many.
pub(crate) fn names<'n>(
    group: Option<&Group>,
    name: &'n str,
    aliases: &[&'n str],
) -> Result<Vec<Cow<'n, str>>> {
    let Some(group) = group else {
        let own = [name].into_iter().chain(aliases.iter().copied());
        return Ok(own.map(Cow::Borrowed).collect());
    };
    let count = group.prefixes.len().saturating_mul(aliases.len() + 1);
    if count > MAX_NAMES {
        return Err(Error::new(ErrorKind::Limit)
            .with_expected(format!("at most {MAX_NAMES} names that a field ever had"))
            .with_found(count.to_string())
            .with_variable(text::bounded_name(&rust_path(Some(group), name))));
    }
    Ok(products(Some(group), name, aliases.iter().copied()).map(Cow::Owned).collect())
}

/// A field as Rust has it.
pub(crate) fn rust_path(group: Option<&Group>, field: &str) -> String {
    match group {
        None => field.to_owned(),
        Some(group) if field.starts_with('[') => [&group.path, field].concat(),
        Some(group) => [&group.path, ".", field].concat(),
    }
}

/// An entry as Rust has it.
pub(crate) fn entry_field(key: &str) -> String {
    if index(key).is_some() { format!("[{key}]") } else { format!("[{key:?}]") }
}

/// What begins an alias, of a field in a group, that is the name of a variable at the top of the folder.
const ROOT: char = '/';

/// Each name of a field after each prefix of the group, and its older names at the top of the folder as they are.
fn products<'n>(
    group: Option<&Group>,
    name: &'n str,
    aliases: impl Iterator<Item = &'n str> + Clone,
) -> impl Iterator<Item = String> {
    let prefixes: Vec<&str> =
        group.map_or_else(|| vec![""], |it| it.prefixes.iter().map(String::as_str).collect());
    let is_root = |alias: &str| group.is_some() && alias.starts_with(ROOT);
    let (root, beside): (Vec<_>, Vec<_>) = aliases.partition(|alias| is_root(alias));
    let root = root.into_iter().filter_map(|alias| alias.strip_prefix(ROOT)).map(str::to_owned);
    prefixes
        .into_iter()
        .flat_map(|prefix| {
            [name]
                .into_iter()
                .chain(beside.iter().copied())
                .map(move |name| [prefix, name].concat())
        })
        .chain(root)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The number of a list's entry, as its variables' names have it.
pub(crate) fn index(text: &str) -> Option<usize> {
    let is_plain = text == "0" || !text.starts_with(['0', '+']);
    if is_plain { text.parse().ok() } else { None }
}

/// The names that begin so, of all in order.
pub(crate) fn beginning_with<'n, N: Borrow<str> + Ord>(
    sorted: &'n BTreeSet<N>,
    prefix: &'n str,
) -> impl Iterator<Item = &'n str> {
    let from = sorted.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
    from.map(Borrow::borrow).take_while(move |name| name.starts_with(prefix))
}

/// The innermost groups that names are below; of a group without a prefix nobody can tell.
pub(crate) fn owners<'g, 'n>(
    all: impl Iterator<Item = &'g Arc<Group>>,
    names: impl Iterator<Item = &'n str>,
) -> HashMap<&'n str, Arc<Group>> {
    let mut groups: HashMap<*const Group, &Arc<Group>> = HashMap::new();
    for group in all {
        let mut group = Some(group);
        while let Some(inner) = group.filter(|it| !groups.contains_key(&Arc::as_ptr(it))) {
            groups.insert(Arc::as_ptr(inner), inner);
            group = inner.outer.as_ref();
        }
    }
    if groups.is_empty() {
        return HashMap::new();
    }
    let prefixes = groups
        .values()
        .flat_map(|group| group.prefixes.iter().map(move |prefix| (prefix.as_str(), *group)));
    let prefixes = prefixes.filter(|(prefix, _)| !prefix.is_empty()).collect();
    longest(prefixes, names.collect())
        .into_iter()
        .map(|(name, _, group)| (name, Arc::clone(group)))
        .collect()
}

/// Of each name the longest of the prefixes that it begins with, in one pass over both: a folder may have many of
/// either. Of equal prefixes the last counts.
pub(crate) fn longest<'p, 'n, T: Copy>(
    mut prefixes: Vec<(&'p str, T)>,
    mut names: Vec<&'n str>,
) -> Vec<(&'n str, &'p str, T)> {
    prefixes.sort_by_key(|(prefix, _)| *prefix);
    names.sort_unstable();
    let mut prefixes = prefixes.into_iter().peekable();
    // Each begins with the one before.
    let mut open: Vec<(&str, T)> = Vec::new();
    let mut found = Vec::new();
    for name in names {
        while let Some(prefix) = prefixes.next_if(|(prefix, _)| *prefix <= name) {
            while open.pop_if(|(last, _)| !prefix.0.starts_with(*last)).is_some() {}
            open.push(prefix);
        }
        while open.pop_if(|(last, _)| !name.starts_with(*last)).is_some() {}
        found.extend(open.last().map(|&(prefix, owner)| (name, prefix, owner)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::longest;

    #[test]
    fn a_name_is_below_the_longest_prefix_that_it_begins_with() {
        let prefixes = vec![("m.", 0), ("m.a.", 1), ("m.a.b.", 2), ("n.", 3)];
        let names = vec!["m.a.b.w", "m", "m.a.c", "m.b.w", "n.x", "m.a.b", "z", "m.a.b.d"];
        let mut found: Vec<_> =
            longest(prefixes, names).into_iter().map(|(name, _, owner)| (name, owner)).collect();
        found.sort_unstable();
        let expected =
            [("m.a.b", 1), ("m.a.b.d", 2), ("m.a.b.w", 2), ("m.a.c", 1), ("m.b.w", 0), ("n.x", 3)];
        assert_eq!(found, expected);
    }
}
