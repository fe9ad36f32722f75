//! Keys of dicts, and items of sets, as Python compares them: `1`, `True` and `1.0` are one.

use super::digest::{KeyDigests, Seen, is_long};
use super::opcode as op;
use super::output::ODD;
use super::ser::Serializer;
use super::value::Value;
use super::writer::Writer;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::any::type_name;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Keys that are compared each with each: a set of them takes longer.
const FEW: usize = 8;

/// A key of a kind that has one form for each value: equal ones are equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Plain<'k> {
    Int(i64),
    /// UTF-8.
    Text(&'k [u8]),
}

impl<'k> Plain<'k> {
    fn of(key: &'k Value) -> Option<Self> {
        match key {
            Value::Int(int) => Some(Self::Int(*int)),
            // Many dicts may share a long one, which is looked at once.
            Value::Str(text) if !is_long(text.len()) || !key.is_shared() => {
                Some(Self::Text(text.as_bytes()))
            }
            _ => None,
        }
    }

    fn fingerprint(self, random: &RandomState) -> u64 {
        match self {
            // As it is: two of them are two integers, or one by a chance of 2^-64 a text's.
            Self::Int(int) => int.cast_unsigned(),
            Self::Text(text) => {
                let mut hasher = random.build_hasher();
                hasher.write(text);
                hasher.finish()
            }
        }
    }

    pub(super) fn to_value(self) -> Value {
        match self {
            Self::Int(int) => Value::Int(int),
            Self::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        }
    }
}

/// Refuses keys of which one is there twice.
///
/// # Errors
/// `Value`, naming the key.
pub(super) fn check_plain<'k>(keys: impl Iterator<Item = Plain<'k>> + Clone) -> Result<()> {
    let mut last = None;
    // As a sorted map has them.
    if keys.clone().all(|key| last.replace(key).is_none_or(|last| last < key)) {
        return Ok(());
    }
    let repeated = if keys.clone().nth(FEW).is_none() {
        let mut rest = keys;
        std::iter::from_fn(|| Some((rest.next()?, rest.clone())))
            .find_map(|(key, mut others)| others.find(|&other| other == key))
    } else {
        // Fingerprints are put in order sooner than keys are put into a set.
        let random = RandomState::new();
        let mut hashes: Vec<u64> = keys.clone().map(|key| key.fingerprint(&random)).collect();
        hashes.sort_unstable();
        if hashes.is_sorted_by(|one, next| one < next) {
            return Ok(());
        }
        let mut seen = HashSet::new();
        keys.into_iter().find(|&key| !seen.insert(key))
    };
    match repeated {
        None => Ok(()),
        Some(key) => Err(repeats(&key.to_value(), &key.to_value())),
    }
}

/// The keys of a dict that is being written: which of those that the output remembers is the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct DictKeys(usize);

impl DictKeys {
    #[inline(always)]
    pub(super) fn new(writer: &Writer) -> Self {
        Self(writer.out.keys.len())
    }

    /// Writes the key of an entry, and remembers it until its dict [ends](Self::end).
    ///
    /// # Errors
    /// `Value` if Python cannot hash it; any error of its own `Serialize`.
    pub(super) fn write<K: Serialize + ?Sized>(
        writer: &mut Writer,
        depth: usize,
        key: &K,
    ) -> Result<()> {
        let start = writer.out.len();
        writer.key_start = Some(start);
        key.serialize(Serializer::key(writer, depth))?;
        let handed = writer.handed_key.take();
        if is_plain(writer, start) {
            writer.out.keys.push(start);
            return Ok(());
        }
        // A value that is all of the key is looked at as it is: many keys may share its parts.
        let value = match handed {
            Some((end, value)) if end == writer.out.len() => value,
            _ => value(key)?,
        };
        writer.out.keys.push(ODD);
        writer.out.odd_keys.push(value);
        Ok(())
    }

    /// Checks the keys of a dict that is at its end, and forgets them.
    ///
    /// # Errors
    /// `Value`, naming both keys, if Python takes two of them for one.
    #[inline]
    pub(super) fn end(self, writer: &mut Writer) -> Result<()> {
        if writer.out.keys.len() > self.0 { self.check(writer) } else { Ok(()) }
    }

    fn check(self, writer: &mut Writer) -> Result<()> {
        let positions = writer.out.keys.split_off(self.0);
        let plain = positions.iter().map(|&position| plain(writer, position));
        let odd = positions.iter().filter(|&&position| position == ODD).count();
        if odd == 0 {
            return check_plain(plain.flatten());
        }
        let first_odd = writer.out.odd_keys.len().saturating_sub(odd);
        let mut odd = writer.out.odd_keys.iter().skip(first_odd).cloned();
        let keys: Vec<Value> = plain
            .map(|key| key.map(Plain::to_value).or_else(|| odd.next()).unwrap_or_default())
            .collect();
        writer.out.odd_keys.truncate(first_odd);
        Keys::default().check(keys.iter())
    }
}

/// Whether the keys of a map cannot repeat, nor be equal in Python: texts or integers, in one of the usual maps.
/// The names of types are not promised to stay; where one is unknown, its keys are checked.
#[inline]
pub(super) fn are_distinct<K, I>() -> bool {
    let (map, key) = (type_name::<I>(), type_name::<K>());
    let is_map = [
        "&alloc::collections::btree::map::BTreeMap<",
        "&std::collections::hash::map::HashMap<",
        "&indexmap::map::IndexMap<",
    ]
    .iter()
    .any(|name| map.starts_with(name));
    let is_key = matches!(
        key,
        "&alloc::string::String"
            | "&&str"
            | "&char"
            | "&i8"
            | "&i16"
            | "&i32"
            | "&i64"
            | "&isize"
            | "&i128"
            | "&u8"
            | "&u16"
            | "&u32"
            | "&u64"
            | "&usize"
            | "&u128"
    );
    is_map && is_key
}

/// A key as the value that Python sees.
#[cold]
fn value<K: Serialize + ?Sized>(key: &K) -> Result<Value> {
    let mut writer = Writer::new();
    writer.lone_key(key)?;
    Value::from_slice(&writer.finish()?)
}

/// Whether the bytes of the key that was written from `start` on alone tell what it is.
#[inline]
fn is_plain(writer: &Writer, start: usize) -> bool {
    match *writer.out.since(start) {
        [op::SHORT_BINUNICODE, len, ref text @ ..] => {
            // The name of a variant is put into the memo where it is written first.
            text.len() == usize::from(len)
                || text.len() == usize::from(len) + 1 && text.last() == Some(&op::MEMOIZE)
        }
        [op::BININT1, _] | [op::BININT2, _, _] | [op::BININT, _, _, _, _] => true,
        [op::LONG1, len @ 0..=8, ref bytes @ ..] => bytes.len() == usize::from(len),
        [op::BINGET, index] => writer.names.text(index.into()).is_some(),
        [op::LONG_BINGET, a, b, c, d] => {
            writer.names.text(u32::from_le_bytes([a, b, c, d])).is_some()
        }
        _ => false,
    }
}

/// The key at a position, if it is [plain](is_plain).
#[inline]
fn plain(writer: &Writer, position: usize) -> Option<Plain<'_>> {
    let index = match *writer.out.since(position) {
        [op::SHORT_BINUNICODE, len, ref text @ ..] => {
            return text.get(..usize::from(len)).map(Plain::Text);
        }
        [op::BINGET, index, ..] => index.into(),
        [op::LONG_BINGET, a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]),
        _ => return writer.out.plain_int(position).map(Plain::Int),
    };
    writer.names.text(index).map(|name| Plain::Text(name.as_bytes()))
}

/// Checks the keys of dicts, and what they share once.
#[derive(Debug, Default)]
pub(super) struct Keys {
    digests: KeyDigests,
    seen: Seen,
}

impl Keys {
    /// Refuses keys that Python takes for one, or cannot hash. Of objects nobody can tell but their classes:
    /// they are refused only where one and the same is there twice.
    ///
    /// All values that are checked have to live until this [forgets](Self::forget) them.
    ///
    /// # Errors
    /// `Value`, naming both keys.
    pub(super) fn check<'v>(
        &mut self,
        keys: impl Iterator<Item = &'v Value> + Clone,
    ) -> Result<()> {
        if keys.clone().all(|key| Plain::of(key).is_some()) {
            return check_plain(keys.filter_map(Plain::of));
        }
        let mut found: HashMap<u128, &Value> = HashMap::new();
        for key in keys {
            let digest = self.digests.of_key(key, &mut self.seen).map_err(unhashable)?;
            if let Some(first) = found.insert(digest.digest, key)
                && (digest.is_certain || is_same_object(first, key))
            {
                return Err(repeats(first, key));
            }
        }
        Ok(())
    }

    /// Forgets where values stood that may now be gone.
    pub(super) fn forget(&mut self) {
        self.seen.forget();
    }
}

fn is_same_object(left: &Value, right: &Value) -> bool {
    matches!((left, right), (Value::Object(left), Value::Object(right)) if left.ptr_eq(right))
}

#[cold]
fn repeats(first: &Value, second: &Value) -> Error {
    Error::msg(ErrorKind::Value, "Python takes two keys of a dict, or items of a set, for one")
        .with_expected("keys that differ in Python")
        .with_found(format!("`{first:?}` and `{second:?}`"))
}

#[cold]
pub(super) fn unhashable(what: &str) -> Error {
    Error::msg(ErrorKind::Value, "Python cannot hash the key of a dict")
        .with_expected("a string, a number or a tuple")
        .with_found(what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn are_distinct_in<M: IntoIterator<Item = (K, V)>, K, V>(_map: M) -> bool {
        are_distinct::<K, M>()
    }

    #[test]
    fn keys_of_the_usual_maps_are_known_to_be_distinct_and_no_others() {
        assert!(are_distinct_in(&BTreeMap::<String, u8>::new()));
        assert!(are_distinct_in(&BTreeMap::<&str, u8>::new()));
        assert!(are_distinct_in(&HashMap::<u64, u8>::new()));
        assert!(!are_distinct_in(&BTreeMap::<bool, u8>::new()));
        assert!(!are_distinct_in(&BTreeMap::<(u8, u8), u8>::new()));
        assert!(!are_distinct_in([("a", 1), ("a", 2)]));
        let twice = [(&"a".to_owned(), 1), (&"a".to_owned(), 2)];
        assert!(!are_distinct_in(twice));
    }
}
