//! From a [`Document`](super::Document) to a [`Value`], without recursion.

use super::arena::{Arena, Item, NodeId};
use super::bigint::BigInt;
use super::dtype;
use super::node::Node;
use super::numpy;
use super::python::Kind;
use super::shared::Shared as Contents;
use super::value::{Global, Object, ObjectArray, SurrogateStr, Value};
use crate::sync::lock;
use crate::{Error, ErrorKind, Result};
use num_complex::Complex;
use std::collections::HashMap;
use std::sync::Arc;

/// What several references of a pickle refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Shared {
    Node(NodeId),
    /// Where a string or byte string stands in memory.
    Bytes {
        address: usize,
        len: usize,
    },
}

/// A container whose items are being converted.
struct Frame<'d> {
    build: Collect,
    items: Box<dyn Iterator<Item = Item<'d>> + 'd>,
    done: Vec<Value>,
    shared: Option<Shared>,
}

enum Collect {
    List,
    Tuple,
    Set,
    FrozenSet,
    Dict,
    ObjectArray(ObjectArray),
    /// The index of an object.
    Object(u32),
}

/// Converts a node that is known not to hold itself. `sorted`: dicts are sorted by the pickles of
/// their keys.
pub(super) fn to_value(node: Node<'_>, sorted: bool) -> Result<Value> {
    let mut values = lock(&node.document.values);
    let mut converter = Converter { arena: &node.document.arena, values: &mut values, sorted };
    let mut path: Vec<Frame<'_>> = Vec::new();
    let mut next = Some(node.item);
    loop {
        let value = match next.take() {
            Some(item) => match converter.start(item) {
                Ok(value) => value,
                Err(frame) => {
                    path.push(frame);
                    None
                }
            },
            None => None,
        };
        let Some(frame) = path.last_mut() else {
            return Ok(value.unwrap_or_default());
        };
        frame.done.extend(value);
        next = converter.scalars(frame);
        if next.is_none() {
            let finished =
                path.pop().map(|frame| converter.finish(frame)).transpose()?.unwrap_or_default();
            match path.last_mut() {
                Some(parent) => parent.done.push(finished),
                None => return Ok(finished),
            }
        }
    }
}

struct Converter<'d, 'v> {
    arena: &'d Arena<'d>,
    values: &'v mut HashMap<Shared, Value>,
    sorted: bool,
}

impl<'d> Converter<'d, '_> {
    /// Converts items that hold no others, up to one that may.
    fn scalars(&mut self, frame: &mut Frame<'d>) -> Option<Item<'d>> {
        for item in frame.items.by_ref() {
            let value = match item {
                Item::None => Value::None,
                Item::Bool(value) => Value::Bool(value),
                Item::Int(value) => Value::Int(value),
                Item::Float(value) => Value::Float(value),
                Item::Str(text) => Value::Str(text.into()),
                Item::Bytes(bytes) => Value::Bytes(bytes.into()),
                Item::SharedStr(text) => self.once(text.as_bytes(), || Value::Str(text.into())),
                Item::SharedBytes(bytes) => self.once(bytes, || Value::Bytes(bytes.into())),
                Item::Node(_) => return Some(item),
            };
            frame.done.push(value);
        }
        None
    }

    fn once(&mut self, bytes: &[u8], make: impl FnOnce() -> Value) -> Value {
        let shared = Shared::Bytes { address: bytes.as_ptr().addr(), len: bytes.len() };
        self.values.entry(shared).or_insert_with(make).clone()
    }

    /// The value of a scalar or of a node converted before; otherwise the node's frame.
    fn start(&mut self, item: Item<'d>) -> std::result::Result<Option<Value>, Frame<'d>> {
        let shared = match item {
            Item::Node(id) if self.arena.is_shared(id) => Some(Shared::Node(id)),
            _ => None,
        };
        if let Some(value) = shared.and_then(|shared| self.values.get(&shared)) {
            return Ok(Some(value.clone()));
        }
        let kind = self.arena.kind(item);
        let (build, run) = match kind {
            Kind::List(run) => (Collect::List, run),
            Kind::Tuple(run) => (Collect::Tuple, run),
            Kind::Set(run) => (Collect::Set, run),
            Kind::FrozenSet(run) => (Collect::FrozenSet, run),
            Kind::Dict(run) => (Collect::Dict, run),
            kind => match self.leaf(kind, item) {
                Ok(value) => {
                    if let Some(shared) = shared {
                        self.values.insert(shared, value.clone());
                    }
                    return Ok(Some(value));
                }
                Err((build, items)) => {
                    return Err(Frame { build, items, done: Vec::new(), shared });
                }
            },
        };
        let items = self.arena.items(run);
        let done = Vec::with_capacity(run.len());
        Err(Frame { build, items: Box::new(items), done, shared })
    }

    fn leaf(
        &mut self,
        kind: Kind<'d>,
        item: Item<'d>,
    ) -> std::result::Result<Value, (Collect, Box<dyn Iterator<Item = Item<'d>> + 'd>)> {
        let value = match kind {
            Kind::Bool(value) => Value::Bool(value),
            Kind::Int(value) => Value::Int(value),
            Kind::Float(value) => Value::Float(value),
            Kind::BigInt(bytes) => Value::BigInt(BigInt::from_le_bytes(bytes)),
            Kind::Complex(re, im) => Value::Complex(Complex::new(re, im)),
            Kind::Str(text) => Value::Str(text.into()),
            Kind::Surrogates(bytes) => Value::SurrogateStr(SurrogateStr::from_checked(bytes)),
            Kind::Bytes(bytes) => Value::Bytes(bytes.into()),
            Kind::ByteArray(bytes) => Value::ByteArray(bytes.into()),
            Kind::Placeholder(filename) => Value::Placeholder(filename.into()),
            Kind::Global(global) => Value::Global(Arc::new(Global {
                module: global.module.to_owned(),
                name: global.name.to_owned(),
            })),
            Kind::Array(object) => match numpy::array(self.arena, object) {
                Ok(numpy::Array::Plain { header, data }) => {
                    match crate::array::AnyArray::from_parsed(header, &data) {
                        Ok(array) => Value::Array(Arc::new(array)),
                        Err(_) => return Err(self.opaque(item)),
                    }
                }
                Ok(numpy::Array::Objects { shape, fortran_order, items }) => {
                    let array = ObjectArray { shape, fortran_order, items: Vec::new() };
                    let items = Box::new(self.arena.items(items));
                    return Err((Collect::ObjectArray(array), items));
                }
                Err(_) => return Err(self.opaque(item)),
            },
            Kind::Scalar(object) => match numpy::scalar(self.arena, object) {
                Ok(scalar) => Value::Scalar(Arc::new(scalar)),
                Err(_) => return Err(self.opaque(item)),
            },
            Kind::Dtype => match dtype::dtype(self.arena, item) {
                Ok(dtype) => Value::Dtype(Arc::new(dtype)),
                Err(_) => return Err(self.opaque(item)),
            },
            Kind::Object(_) => return Err(self.opaque(item)),
            _ => Value::None,
        };
        Ok(value)
    }

    /// Any call as it stands: an object of a class that is not known, or one that NumPy would
    /// understand and this crate does not.
    fn opaque(&self, item: Item<'d>) -> (Collect, Box<dyn Iterator<Item = Item<'d>> + 'd>) {
        let Item::Node(id) = item else { return (Collect::Tuple, Box::new(std::iter::empty())) };
        match self.arena.node(id) {
            super::arena::NodeData::Object(index) => {
                (Collect::Object(*index), Box::new(self.arena.children(id)))
            }
            _ => (Collect::Tuple, Box::new(std::iter::empty())),
        }
    }

    fn finish(&mut self, frame: Frame<'d>) -> Result<Value> {
        let done = frame.done;
        let value = match frame.build {
            Collect::List => Value::List(Contents::new(done)),
            Collect::Tuple => Value::Tuple(Contents::new(done)),
            Collect::Set => Value::Set(Contents::new(done)),
            Collect::FrozenSet => Value::FrozenSet(Contents::new(done)),
            Collect::Dict if self.sorted => Value::Dict(Contents::new(sorted(done)?)),
            Collect::Dict => Value::Dict(Contents::new(pairs(done.into_iter()))),
            Collect::ObjectArray(array) => {
                Value::ObjectArray(Contents::new(ObjectArray { items: done, ..array }))
            }
            Collect::Object(index) => Value::Object(Contents::new(self.object(index, done)?)),
        };
        if let Some(shared) = frame.shared {
            self.values.insert(shared, value.clone());
        }
        Ok(value)
    }

    /// The parts come in the order of [`Arena::children`].
    fn object(&self, index: u32, parts: Vec<Value>) -> Result<Object> {
        let (object, extra) = (self.arena.object(index), self.arena.extra(index));
        let mut parts = parts.into_iter();
        let mut part = || parts.next().unwrap_or_default();
        let callable = part();
        if !callable.is_callable() {
            return Err(Error::msg(ErrorKind::Value, "what makes an object")
                .with_expected("a class or function")
                .with_found(callable.kind_name()));
        }
        Ok(Object {
            build: object.build,
            callable,
            args: part(),
            kwargs: extra.kwargs.map(|_| part()),
            state: object.state.map(|_| part()),
            setter: extra.setter.map(|_| part()),
            list_items: parts.by_ref().take(object.list_items.len()).collect(),
            dict_items: pairs(parts),
        })
    }
}

fn pairs(mut items: impl Iterator<Item = Value>) -> Vec<(Value, Value)> {
    let mut entries = Vec::with_capacity(items.size_hint().0 / 2);
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        entries.push((key, value));
    }
    entries
}

fn sorted(items: Vec<Value>) -> Result<Vec<(Value, Value)>> {
    let entries = pairs(items.into_iter()).into_iter();
    let mut keyed: Vec<_> =
        entries.map(|entry| Ok((super::emit::to_vec(&entry.0)?, entry))).collect::<Result<_>>()?;
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(keyed.into_iter().map(|(_, entry)| entry).collect())
}
