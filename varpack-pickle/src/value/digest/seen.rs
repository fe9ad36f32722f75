//! What was looked at before: what several keys share is looked at once.

use super::{KeyDigest, Sense};
use crate::npy::Dtype;
use crate::record_place::RecordPlace;
use crate::value::kinds::{ContentsId, Value};
use std::collections::HashMap;

/// What was looked at before, by where it stands.
#[derive(Debug, Default)]
pub struct SeenKeys {
    /// What others may share. The value keeps the address from being reused.
    shared: HashMap<SeenAs, (KeyDigest, Value)>,
    /// What is alive for now.
    own: HashMap<SeenAs, KeyDigest>,
    /// Structured dtypes. They are alive as long as the one here is.
    pub(super) records: HashMap<RecordPlace, (u128, Dtype)>,
}

/// Which contents a value has, and how they are compared.
pub(super) type SeenAs = (ContentsId, Sense);

impl SeenKeys {
    /// Forgets what nothing keeps alive.
    pub fn forget(&mut self) {
        // A table that is emptied costs its capacity each time.
        self.own = HashMap::new();
    }

    pub(super) fn get(&self, place: SeenAs) -> Option<KeyDigest> {
        let shared = self.shared.get(&place).map(|(digest, _)| digest);
        shared.or_else(|| self.own.get(&place)).copied()
    }

    pub(super) fn insert(&mut self, place: SeenAs, value: &Value, digest: KeyDigest) {
        if value.is_shared() {
            self.shared.insert(place, (digest, value.clone()));
        } else {
            self.own.insert(place, digest);
        }
    }
}

/// Where the contents of a value stand, if it may be looked at again: if others may share it, and if it has keys
/// or items that are looked at by themselves before they are written.
pub(super) fn place(value: &Value, sense: Sense) -> Option<SeenAs> {
    let is_remembered = match value {
        Value::Set(_) | Value::FrozenSet(_) | Value::Dict(_) | Value::Object(_) => true,
        Value::Str(text) | Value::Placeholder(text) => is_long(text.len()) && value.is_shared(),
        Value::SurrogateStr(text) => is_long(text.as_bytes().len()) && value.is_shared(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) => is_long(bytes.len()) && value.is_shared(),
        Value::BigInt(int) => is_long(int.to_le_bytes().len()) && value.is_shared(),
        Value::Scalar(scalar) => is_long(scalar.bytes.len()) && value.is_shared(),
        _ => value.is_shared(),
    };
    // The parts of an object are compared to the last bit, whatever it is a part of.
    let sense = if matches!(value, Value::Object(_)) { Sense::Exact } else { sense };
    value.identity().filter(|_| is_remembered).map(|identity| (identity, sense))
}

/// Whether bytes are so many that to look at them takes longer than to remember them.
pub(crate) fn is_long(len: usize) -> bool {
    len > 64
}
