//! Equality of [`Value`]s, without recursion or expansion of what is shared.

use crate::npy::{Dtype, Record};
use crate::value::digest::seen::is_long;
use crate::value::kinds::Value;
use std::collections::HashMap;

/// Contents taken to be equal, by where they stand, as a forest: two whose roots are one need no second look. So
/// comparing takes time in proportion to the contents, not to what they expand to.
#[derive(Default)]
struct Classes(HashMap<usize, usize>);

impl Classes {
    fn root(&mut self, mut node: usize) -> usize {
        while let Some(&parent) = self.0.get(&node) {
            // Halve the path for the next look.
            if let Some(&grandparent) = self.0.get(&parent) {
                self.0.insert(node, grandparent);
            }
            node = parent;
        }
        node
    }

    /// Whether two values of one kind have to be compared: not if their contents are one, or were taken as equal before.
    #[inline(never)]
    fn unite(&mut self, a: &Value, b: &Value) -> bool {
        match (a.reference(), b.reference()) {
            (Some((a, _)), Some((b, _))) if a == b => false,
            (Some((a, references)), Some((b, others))) if references > 1 || others > 1 => {
                self.unite_places(a, b)
            }
            _ => true,
        }
    }

    fn unite_places(&mut self, a: usize, b: usize) -> bool {
        if a == b {
            return false;
        }
        let (a, b) = (self.root(a), self.root(b));
        a != b && self.0.insert(a, b).is_none()
    }

    /// As `a == b`: the fields of one record may be those of many dtypes.
    fn same_dtype(&mut self, a: &Dtype, b: &Dtype) -> bool {
        let (Dtype::Record(a), Dtype::Record(b)) = (a, b) else { return a == b };
        let Record { fields, itemsize, aligned, .. } = a;
        let places = (fields.as_ptr().addr(), b.fields.as_ptr().addr());
        (*itemsize, *aligned) == (b.itemsize, b.aligned)
            && (!self.unite_places(places.0, places.1) || *fields == b.fields)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        let mut classes = Classes::default();
        let mut pairs = vec![(self, other)];
        while let Some((a, b)) = pairs.pop() {
            if !shallow_eq(a, b, &mut classes, &mut pairs) {
                return false;
            }
        }
        true
    }
}

impl Eq for Value {}

/// Compares two values but for what they hold, which goes to `pairs`.
fn shallow_eq<'v>(
    left: &'v Value,
    right: &'v Value,
    classes: &mut Classes,
    pairs: &mut Vec<(&'v Value, &'v Value)>,
) -> bool {
    // What is short is compared sooner than it is looked up.
    let mut is_known = |len: usize| is_long(len) && !classes.unite(left, right);
    match (left, right) {
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::BigInt(a), Value::BigInt(b)) => is_known(a.to_le_bytes().len()) || a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Complex(a), Value::Complex(b)) => {
            (a.re.to_bits(), a.im.to_bits()) == (b.re.to_bits(), b.im.to_bits())
        }
        (Value::Str(a), Value::Str(b)) | (Value::Placeholder(a), Value::Placeholder(b)) => {
            is_known(a.len()) || a == b
        }
        (Value::SurrogateStr(a), Value::SurrogateStr(b)) => is_known(a.as_bytes().len()) || a == b,
        (Value::Bytes(a), Value::Bytes(b)) | (Value::ByteArray(a), Value::ByteArray(b)) => {
            is_known(a.len()) || a == b
        }
        (Value::List(a), Value::List(b))
        | (Value::Tuple(a), Value::Tuple(b))
        | (Value::Set(a), Value::Set(b))
        | (Value::FrozenSet(a), Value::FrozenSet(b)) => {
            !classes.unite(left, right) || same_items(a, b, pairs)
        }
        (Value::Dict(a), Value::Dict(b)) => {
            !classes.unite(left, right) || same_entries(a, b, pairs)
        }
        (Value::Array(a), Value::Array(b)) => {
            !classes.unite(left, right)
                || classes.same_dtype(a.dtype(), b.dtype()) && a.has_same_elements(b)
        }
        (Value::ObjectArray(a), Value::ObjectArray(b)) => {
            !classes.unite(left, right)
                || (&a.shape, a.fortran_order) == (&b.shape, b.fortran_order)
                    && same_items(&a.items, &b.items, pairs)
        }
        (Value::Scalar(a), Value::Scalar(b)) => {
            is_known(a.bytes.len()) || a.bytes == b.bytes && classes.same_dtype(&a.dtype, &b.dtype)
        }
        (Value::Dtype(a), Value::Dtype(b)) => classes.same_dtype(a, b),
        (Value::Global(a), Value::Global(b)) => {
            is_known(a.module.len().saturating_add(a.name.len())) || a == b
        }
        (Value::Object(a), Value::Object(b)) => {
            if !classes.unite(left, right) {
                return true;
            }
            pairs.extend([(&a.callable, &b.callable), (&a.args, &b.args)]);
            let options = [(&a.kwargs, &b.kwargs), (&a.state, &b.state), (&a.setter, &b.setter)];
            for (a, b) in options {
                match (a, b) {
                    (Some(a), Some(b)) => pairs.push((a, b)),
                    (None, None) => {}
                    _ => return false,
                }
            }
            a.build == b.build
                && same_items(&a.list_items, &b.list_items, pairs)
                && same_entries(&a.dict_items, &b.dict_items, pairs)
        }
        _ => false,
    }
}

fn same_items<'v>(a: &'v [Value], b: &'v [Value], pairs: &mut Vec<(&'v Value, &'v Value)>) -> bool {
    pairs.extend(a.iter().zip(b));
    a.len() == b.len()
}

fn same_entries<'v>(
    a: &'v [(Value, Value)],
    b: &'v [(Value, Value)],
    pairs: &mut Vec<(&'v Value, &'v Value)>,
) -> bool {
    for ((key, value), (other_key, other_value)) in a.iter().zip(b) {
        pairs.extend([(key, other_key), (value, other_value)]);
    }
    a.len() == b.len()
}
