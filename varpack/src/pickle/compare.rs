//! Equality of [`Value`]s, without recursion or expansion of what is shared.

use super::shared::{Children, Shared};
use super::value::Value;
use std::collections::HashMap;

/// Nodes taken to be equal, as a forest: two whose roots are one need no second look. So comparing
/// takes time in proportion to the nodes, not to what they expand to.
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

    /// Whether the nodes have to be compared: not if they are one, or were taken as equal before.
    fn unite<T: Children>(&mut self, a: &Shared<T>, b: &Shared<T>) -> bool {
        if a.ptr_eq(b) {
            return false;
        }
        if !a.is_shared() && !b.is_shared() {
            return true;
        }
        let (a, b) = (self.root(a.address()), self.root(b.address()));
        if a == b {
            return false;
        }
        self.0.insert(a, b);
        true
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
    a: &'v Value,
    b: &'v Value,
    classes: &mut Classes,
    pairs: &mut Vec<(&'v Value, &'v Value)>,
) -> bool {
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::BigInt(a), Value::BigInt(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Complex(a), Value::Complex(b)) => {
            (a.re.to_bits(), a.im.to_bits()) == (b.re.to_bits(), b.im.to_bits())
        }
        (Value::Str(a), Value::Str(b)) | (Value::Placeholder(a), Value::Placeholder(b)) => a == b,
        (Value::SurrogateStr(a), Value::SurrogateStr(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) | (Value::ByteArray(a), Value::ByteArray(b)) => a == b,
        (Value::List(a), Value::List(b))
        | (Value::Tuple(a), Value::Tuple(b))
        | (Value::Set(a), Value::Set(b))
        | (Value::FrozenSet(a), Value::FrozenSet(b)) => {
            !classes.unite(a, b) || same_items(a, b, pairs)
        }
        (Value::Dict(a), Value::Dict(b)) => !classes.unite(a, b) || same_entries(a, b, pairs),
        (Value::Array(a), Value::Array(b)) => a == b,
        (Value::ObjectArray(a), Value::ObjectArray(b)) => {
            !classes.unite(a, b)
                || (&a.shape, a.fortran_order) == (&b.shape, b.fortran_order)
                    && same_items(&a.items, &b.items, pairs)
        }
        (Value::Scalar(a), Value::Scalar(b)) => a == b,
        (Value::Dtype(a), Value::Dtype(b)) => a == b,
        (Value::Global(a), Value::Global(b)) => a == b,
        (Value::Object(a), Value::Object(b)) => {
            if !classes.unite(a, b) {
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
