//! Keys of dicts, and items of sets, as Python compares them: `1`, `True` and `1.0` are one.

use crate::value::digest::KeyDigests;
use crate::value::digest::seen::{SeenKeys, is_long};
use crate::value::kinds::Value;
use crate::{Error, ErrorKind, Result};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// Keys that are compared each with each: a set of them takes longer.
const FEW: usize = 8;

/// A key of a kind that has one form for each value: equal ones are equal bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PlainKey<'k> {
    Int(i64),
    /// UTF-8.
    Text(&'k [u8]),
}

impl<'k> PlainKey<'k> {
    pub(crate) fn of(key: &'k Value) -> Option<Self> {
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

    pub(crate) fn to_value(self) -> Value {
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
pub(super) fn check_plain<'k>(keys: impl Iterator<Item = PlainKey<'k>> + Clone) -> Result<()> {
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

/// Checks the keys of dicts, and what they share once.
#[derive(Debug, Default)]
pub(crate) struct KeyChecks {
    digests: KeyDigests,
    seen: SeenKeys,
}

impl KeyChecks {
    /// Refuses keys that Python takes for one, or cannot hash. Of objects nobody can tell but their classes:
    /// they are refused only where one and the same is there twice.
    ///
    /// All values that are checked have to live until this [forgets](Self::forget) them.
    ///
    /// # Errors
    /// `Value`, naming both keys.
    pub(crate) fn check<'v>(
        &mut self,
        keys: impl Iterator<Item = &'v Value> + Clone,
    ) -> Result<()> {
        if keys.clone().all(|key| PlainKey::of(key).is_some()) {
            return check_plain(keys.filter_map(PlainKey::of));
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
    pub(crate) fn forget(&mut self) {
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
pub(crate) fn unhashable(what: &str) -> Error {
    Error::msg(ErrorKind::Value, "Python cannot hash the key of a dict")
        .with_expected("a string, a number or a tuple")
        .with_found(what)
}
