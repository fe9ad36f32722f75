//! Equality and `Debug` of [`Value`]s, without recursion or expansion of what is shared.

use super::shared::{Children, Shared};
use super::value::Value;
use std::collections::HashMap;
use std::fmt::{self, Write as _};

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

/// Levels and values that `Debug` prints; the rest is `…`.
const DEBUG_DEPTH: usize = 16;
const DEBUG_VALUES: usize = 1000;

/// As Python prints it, shortened where it is long or deep.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printer = Printer { out: f, left: DEBUG_VALUES };
        printer.value(self, 0)
    }
}

struct Printer<'p, 'f> {
    out: &'p mut fmt::Formatter<'f>,
    left: usize,
}

impl Printer<'_, '_> {
    fn value(&mut self, value: &Value, depth: usize) -> fmt::Result {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || depth > DEBUG_DEPTH {
            return self.out.write_char('…');
        }
        match value {
            Value::None => self.out.write_str("None"),
            Value::Bool(true) => self.out.write_str("True"),
            Value::Bool(false) => self.out.write_str("False"),
            Value::Int(value) => write!(self.out, "{value}"),
            Value::BigInt(value) => write!(self.out, "{value}"),
            Value::Float(value) => write!(self.out, "{value:?}"),
            Value::Complex(value) => write!(self.out, "complex({:?}, {:?})", value.re, value.im),
            Value::Str(text) => write!(self.out, "{text:?}"),
            Value::SurrogateStr(text) => write!(self.out, "{text:?}"),
            Value::Bytes(bytes) => write!(self.out, "b\"{}\"", bytes.escape_ascii()),
            Value::ByteArray(bytes) => {
                write!(self.out, "bytearray(b\"{}\")", bytes.escape_ascii())
            }
            Value::List(items) => self.items("[", items, "]", depth),
            Value::Tuple(items) if items.len() == 1 => self.items("(", items, ",)", depth),
            Value::Tuple(items) => self.items("(", items, ")", depth),
            Value::Set(items) => self.items("set([", items, "])", depth),
            Value::FrozenSet(items) => self.items("frozenset([", items, "])", depth),
            Value::Dict(entries) => self.entries(entries, depth),
            Value::Array(array) => write!(self.out, "{array:?}"),
            Value::ObjectArray(array) => {
                write!(self.out, "array(shape={:?}, ", array.shape)?;
                self.items("[", &array.items, "])", depth)
            }
            Value::Scalar(scalar) => {
                write!(self.out, "{}(b\"{}\")", scalar.dtype.name(), scalar.bytes.escape_ascii())
            }
            Value::Dtype(dtype) => write!(self.out, "dtype({})", dtype.descr()),
            Value::Placeholder(filename) => write!(self.out, "placeholder({filename:?})"),
            Value::Global(global) => write!(self.out, "{}.{}", global.module, global.name),
            Value::Object(object) => {
                self.value(&object.callable, depth + 1)?;
                let parts = [&object.kwargs, &object.state, &object.setter];
                self.value(&object.args, depth + 1)?;
                for part in parts.into_iter().flatten() {
                    self.out.write_char('+')?;
                    self.value(part, depth + 1)?;
                }
                if !object.list_items.is_empty() {
                    self.items("+[", &object.list_items, "]", depth)?;
                }
                if !object.dict_items.is_empty() {
                    self.out.write_char('+')?;
                    self.entries(&object.dict_items, depth)?;
                }
                Ok(())
            }
        }
    }

    fn items(&mut self, open: &str, items: &[Value], close: &str, depth: usize) -> fmt::Result {
        self.out.write_str(open)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.write_str(", ")?;
            }
            self.value(item, depth + 1)?;
            if self.left == 0 {
                break;
            }
        }
        self.out.write_str(close)
    }

    fn entries(&mut self, entries: &[(Value, Value)], depth: usize) -> fmt::Result {
        self.out.write_char('{')?;
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.out.write_str(", ")?;
            }
            self.value(key, depth + 1)?;
            self.out.write_str(": ")?;
            self.value(value, depth + 1)?;
            if self.left == 0 {
                break;
            }
        }
        self.out.write_char('}')
    }
}
