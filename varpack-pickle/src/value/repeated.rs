//! What several values share: as pickles of their own each would have it.

use crate::npy::{Dtype, Record};
use crate::value::kinds::{ContentsId, Object, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What of the values seen so far more than one of them may hold.
#[derive(Default)]
pub struct Repeated {
    /// The value that held a part last, by the part.
    last: HashMap<ContentsId, usize>,
    /// The same of what the dtypes of records have in common, by where it stands.
    last_fields: HashMap<usize, usize>,
    /// Parts that have alone as much as was asked for: they are not looked through again for each value.
    heavy: HashSet<ContentsId>,
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
        // Each with the outermost part around it, itself perhaps, that a value before holds, and what there was before that.
        let mut parts: Vec<(&Value, Option<(ContentsId, usize)>)> = vec![(piece, None)];
        while let Some((part, mut around)) = parts.pop() {
            if part.is_shared()
                && let Some(identity) = part.identity()
            {
                match self.last.insert(identity, self.count) {
                    Some(last) if last == self.count => continue,
                    Some(_) if self.heavy.contains(&identity) => return most,
                    Some(_) => around = around.or(Some((identity, weight))),
                    None => {}
                }
            }
            weight = weight.saturating_add(self.repeated_fields(part));
            if around.is_some() {
                weight = weight.saturating_add(own_weight(part));
            }
            if weight >= most {
                if let Some((outermost, before)) = around
                    && weight - before >= most
                {
                    self.heavy.insert(outermost);
                }
                return most;
            }
            let mut below = |value| parts.push((value, around));
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

    /// About the bytes of a dtype that a value before has, too.
    fn repeated_fields(&mut self, part: &Value) -> usize {
        let dtype = match part {
            Value::Array(array) => &array.header().dtype,
            Value::Scalar(scalar) => &scalar.dtype,
            _ => return 0,
        };
        let Dtype::Record(Record { fields, .. }) = dtype else { return 0 };
        if Arc::strong_count(fields) == 1 {
            return 0;
        }
        let address = Arc::as_ptr(fields).cast::<()>().addr();
        match self.last_fields.insert(address, self.count) {
            Some(last) if last != self.count => fields.len().saturating_mul(FIELD),
            _ => 0,
        }
    }
}

/// About the bytes of a field in the pickle of a dtype: its name, twice referred to, its type and offset.
const FIELD: usize = 16;

/// About the bytes of a value in a pickle, but for what is in it.
fn own_weight(value: &Value) -> usize {
    1 + match value {
        Value::Str(text) => text.len(),
        Value::SurrogateStr(text) => text.as_bytes().len(),
        Value::Bytes(bytes) | Value::ByteArray(bytes) => bytes.len(),
        Value::BigInt(int) => int.to_le_bytes().len(),
        Value::Array(array) => array.as_bytes().len(),
        Value::Scalar(scalar) => scalar.bytes.len(),
        _ => 0,
    }
}
