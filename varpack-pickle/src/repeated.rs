//! What several values share: as pickles of their own each would have it.

use super::value::{Identity, Object, Value};
use std::collections::HashMap;

/// What of the values seen so far more than one of them may hold.
#[derive(Default)]
pub struct Repeated {
    /// The value that held a part last, by the part.
    last: HashMap<Identity, usize>,
    /// Values so far.
    count: usize,
}

impl Repeated {
    /// Starts with the next value, which may be given in several pieces.
    pub fn next_value(&mut self) {
        self.count += 1;
    }

    /// About how many bytes of its pickle a piece shares with the values before; `most` if there are more. Nothing
    /// recurses, and what the value shares within itself is looked at once. All of the values live as long as this.
    pub fn weight(&mut self, piece: &Value, most: usize) -> usize {
        let mut weight = 0_usize;
        let mut parts = vec![(piece, false)];
        while let Some((part, within)) = parts.pop() {
            let mut is_repeated = within;
            if part.is_shared()
                && let Some(identity) = part.identity()
            {
                match self.last.insert(identity, self.count) {
                    Some(last) if last == self.count => continue,
                    before => is_repeated |= before.is_some(),
                }
            }
            if is_repeated {
                weight = weight.saturating_add(own_weight(part));
                if weight >= most {
                    return most;
                }
            }
            let mut below = |value| parts.push((value, is_repeated));
            match part {
                Value::List(items)
                | Value::Tuple(items)
                | Value::Set(items)
                | Value::FrozenSet(items) => items.iter().for_each(below),
                Value::ObjectArray(array) => array.items.iter().for_each(below),
                Value::Dict(entries) => {
                    entries.iter().flat_map(|(key, value)| [key, value]).for_each(below);
                }
                Value::Object(object) => {
                    let Object { callable, args, kwargs, state, setter, .. } = &**object;
                    [callable, args].into_iter().for_each(&mut below);
                    [kwargs, state, setter].into_iter().flatten().for_each(&mut below);
                    object.list_items.iter().for_each(&mut below);
                    object.dict_items.iter().flat_map(|(key, value)| [key, value]).for_each(below);
                }
                _ => {}
            }
        }
        weight
    }
}

/// About the bytes of a value in a pickle, but for what is in it.
fn own_weight(value: &Value) -> usize {
    1 + match value {
        Value::Str(text) => text.len(),
        Value::SurrogateStr(text) => text.as_bytes().len(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) => bytes.len(),
        Value::BigInt(int) => int.to_le_bytes().len(),
        Value::Array(array) => array.as_bytes().len() + array.header().size(),
        Value::Scalar(scalar) => scalar.bytes.len(),
        _ => 0,
    }
}
