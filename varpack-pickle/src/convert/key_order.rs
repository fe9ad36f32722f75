//! The order of a sorted dict's keys: the same for equal keys, whatever they share.

use crate::Result;
use crate::value::digest::KeyDigests;
use crate::value::digest::seen::SeenKeys;
use crate::value::kinds::Value;
use crate::write::emit;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Bytes of the largest key that is in the order of its pickle: of it nothing that it shares with others is
/// worth to be remembered.
const SMALL: usize = 1024;

/// Bytes that each part of a key counts beside its own.
const PART: usize = 16;

/// Puts keys in order, and looks at what they share once.
#[derive(Default)]
pub(crate) struct KeyOrder {
    /// Without a secret: it is the same in every process.
    digests: KeyDigests<BuildHasherDefault<DefaultHasher>>,
    seen: SeenKeys,
}

/// Where a key stands among others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Pickle(Vec<u8>),
    Digest(u128),
}

impl KeyOrder {
    /// Of a key that lives as long as this.
    ///
    /// # Errors
    /// As of [`emit::to_vec`].
    pub(super) fn rank(&mut self, key: &Value) -> Result<Rank> {
        match is_small(key) {
            true => emit::to_vec(key).map(Rank::Pickle),
            false => Ok(Rank::Digest(self.digests.of_any(key, &mut self.seen).digest)),
        }
    }
}

/// Whether a key has few parts that are short, as plain data.
fn is_small(key: &Value) -> bool {
    let mut left = SMALL;
    let mut parts = vec![key];
    while let Some(part) = parts.pop() {
        let len = match part {
            Value::Tuple(items) | Value::FrozenSet(items) => {
                if items.len() > left / PART {
                    return false;
                }
                parts.extend(items.iter());
                0
            }
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Complex(_) => 0,
            Value::Str(text) => text.len(),
            Value::SurrogateStr(text) => text.as_bytes().len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::BigInt(int) => int.to_le_bytes().len(),
            _ => return false,
        };
        match left.checked_sub(len.saturating_add(PART)) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}
