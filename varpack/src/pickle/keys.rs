//! Keys of dicts, and items of sets, as Python compares them: `1`, `True` and `1.0` are one.

use super::digest::{KeyDigests, Seen};
use super::opcode as op;
use super::output::WrittenKey;
use super::ser::Serializer;
use super::value::Value;
use super::writer::Writer;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use std::collections::{HashMap, HashSet};

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
            Value::Str(text) => Some(Self::Text(text.as_bytes())),
            _ => None,
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
        let mut seen = HashSet::new();
        keys.into_iter().find(|&key| !seen.insert(key))
    };
    match repeated {
        None => Ok(()),
        Some(key) => Err(repeats(&key.to_value(), &key.to_value())),
    }
}

/// Writes the key of an entry, and remembers it until its dict [ends](end_dict).
///
/// # Errors
/// `Value` if Python cannot hash it; any error of its own `Serialize`.
#[inline]
pub(super) fn write<K: Serialize + ?Sized>(
    writer: &mut Writer,
    depth: usize,
    key: &K,
) -> Result<()> {
    let start = writer.out.len();
    key.serialize(Serializer::key(writer, depth))?;
    let key = match written(writer, start) {
        Some(key) => key,
        None => WrittenKey::Other(Box::new(value(key)?)),
    };
    writer.out.keys.push(key);
    Ok(())
}

/// A key as the value that Python sees.
#[cold]
fn value<K: Serialize + ?Sized>(key: &K) -> Result<Value> {
    let mut writer = Writer::new();
    writer.lone_key(key)?;
    Value::from_slice(&writer.finish()?)
}

/// The key that was written from `start` on, if its bytes alone tell what it is.
#[inline]
fn written(writer: &Writer, start: usize) -> Option<WrittenKey> {
    match *writer.out.since(start) {
        [op::SHORT_BINUNICODE, len, ref text @ ..]
            // The name of a variant is put into the memo where it is written first.
            if text.len() == usize::from(len)
                || text.len() == usize::from(len) + 1 && text.last() == Some(&op::MEMOIZE) =>
        {
            Some(WrittenKey::At(start))
        }
        [op::BININT1, _] | [op::BININT2, _, _] | [op::BININT, _, _, _, _] => {
            Some(WrittenKey::At(start))
        }
        [op::LONG1, len @ 0..=8, ref bytes @ ..] if bytes.len() == usize::from(len) => {
            Some(WrittenKey::At(start))
        }
        [op::BINGET, index] => writer.names.text(index.into()).map(WrittenKey::Name),
        [op::LONG_BINGET, a, b, c, d] => {
            writer.names.text(u32::from_le_bytes([a, b, c, d])).map(WrittenKey::Name)
        }
        _ => None,
    }
}

/// Checks the keys of a dict that were [written](write), of which the first is the `first` of those that are
/// remembered, and forgets them.
///
/// # Errors
/// `Value`, naming both keys, if Python takes two of them for one.
#[inline]
pub(super) fn end_dict(writer: &mut Writer, first: usize) -> Result<()> {
    if writer.out.keys.len() > first { check_written(writer, first) } else { Ok(()) }
}

fn check_written(writer: &mut Writer, first: usize) -> Result<()> {
    let keys = writer.out.keys.get(first..).unwrap_or_default();
    let plain = |key: &'_ WrittenKey| match key {
        WrittenKey::At(position) => writer.out.plain(*position),
        WrittenKey::Name(name) => Some(Plain::Text(name.as_bytes())),
        WrittenKey::Other(_) => None,
    };
    if keys.iter().all(|key| !matches!(key, WrittenKey::Other(_))) {
        check_plain(keys.iter().filter_map(plain))?;
    } else {
        let values: Vec<Value> = keys
            .iter()
            .map(|key| match key {
                WrittenKey::Other(value) => (**value).clone(),
                key => plain(key).map(Plain::to_value).unwrap_or_default(),
            })
            .collect();
        Keys::default().check(values.iter())?;
    }
    writer.out.keys.truncate(first);
    Ok(())
}

/// Checks the keys of dicts, and what they share once.
#[derive(Default)]
pub(super) struct Keys {
    digests: KeyDigests,
    seen: Seen,
}

impl Keys {
    /// Refuses keys that Python takes for one, or cannot hash. Of objects nobody can tell but their classes:
    /// they are refused only where one and the same is there twice.
    ///
    /// All values that are ever checked have to outlive this.
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
