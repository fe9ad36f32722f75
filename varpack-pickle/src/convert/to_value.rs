//! From a [`Document`](crate::Document) to a [`Value`], without recursion.

use crate::arena::item::Item;
use crate::arena::nodes::Arena;
use crate::arena::pool::Items;
use crate::bigint::BigInt;
use crate::budget::Meter;
use crate::convert::key_order::KeyOrder;
use crate::document::node::Node;
use crate::document::parsed::{Document, Referent};
use crate::npy::NpyArray;
use crate::python::dtype;
use crate::python::kind::Kind;
use crate::python::numpy;
use crate::sync::lock;
use crate::value::kinds::{Global, Object, ObjectArray, SurrogateStr, Value};
use crate::value::shared::Shared;
use crate::{Error, ErrorKind, Result};
use num_complex::Complex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// A container whose items are being converted.
struct Frame<'d> {
    build: Collect,
    items: Box<dyn Iterator<Item = Item<'d>> + 'd>,
    done: Vec<Value>,
    shared: Option<Referent>,
}

/// What holds no others, or what it is made of.
enum Leaf<'d> {
    Value(Value),
    Parts(Collect, Box<dyn Iterator<Item = Item<'d>> + 'd>),
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

impl Node<'_> {
    /// The object as a [`Value`], at any depth. What is shared stays shared, over several calls too. An array,
    /// scalar or dtype with metadata, which nothing else has a place for, is a [`Value::Object`].
    ///
    /// # Errors
    /// [`ErrorKind::Value`] if the object holds itself, however far down.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&[1.5])?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().to_value()?.as_slice().map(<[_]>::len), Some(1));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn to_value(self) -> Result<Value> {
        self.check_finite()?;
        to_value(self, false)
    }

    /// As [`to_value`](Self::to_value), dicts sorted by key.
    pub(crate) fn to_sorted_value(self) -> Result<Value> {
        self.check_finite()?;
        to_value(self, true)
    }
}

impl Value {
    /// Reads a pickle of any protocol.
    ///
    /// # Errors
    /// As of [`Document::parse`] and [`Node::to_value`](crate::Node::to_value).
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// assert_eq!(Value::from_slice(b"I42\n.")?, Value::Int(42));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn from_slice(bytes: &[u8]) -> Result<Self> {
        Document::parse(bytes)?.root().to_value()
    }
}

/// Converts a node that is known not to hold itself. `sorted`: dicts are sorted by their keys.
pub(crate) fn to_value(node: Node<'_>, sorted: bool) -> Result<Value> {
    let mut values = lock(&node.document.values);
    let (meter, expansion) = (node.document.meter(), node.document.expansion());
    let (arena, order) = (&node.document.arena, KeyOrder::default());
    let mut converter = Converter { arena, values: &mut values, sorted, order, meter, expansion };
    let mut path = Path::default();
    let mut next = Some(node.item);
    loop {
        let value = match next.take() {
            Some(item) => match converter.start(item)? {
                Started::Value(value) => Some(value),
                Started::Frame(frame) => {
                    path.push(frame, &converter.meter)?;
                    None
                }
            },
            None => None,
        };
        let Some(frame) = path.0.last_mut() else {
            return Ok(value.unwrap_or_default());
        };
        frame.done.extend(value);
        next = converter.scalars(frame)?;
        if next.is_none() {
            let frame = path.0.pop();
            let finished =
                frame.map(|frame| converter.finish(frame)).transpose()?.unwrap_or_default();
            match path.0.last_mut() {
                Some(parent) => parent.done.push(finished),
                None => return Ok(finished),
            }
        }
    }
}

/// The containers from the root to here.
#[derive(Default)]
struct Path<'d>(Vec<Frame<'d>>);

impl<'d> Path<'d> {
    fn push(&mut self, frame: Frame<'d>, meter: &Meter) -> Result<()> {
        if self.0.len() == self.0.capacity() {
            // It doubles, and each frame has its iterator.
            meter.charge_each(
                self.0.len() + 4,
                size_of::<Frame<'d>>() + size_of::<Items<'d, 'd>>(),
            )?;
        }
        self.0.push(frame);
        Ok(())
    }
}

/// What has become of an item.
enum Started<'d> {
    Value(Value),
    Frame(Frame<'d>),
}

struct Converter<'d, 'v> {
    arena: &'d Arena<'d>,
    values: &'v mut HashMap<Referent, Value>,
    sorted: bool,
    order: KeyOrder,
    /// Counts what is made once of each node.
    meter: Meter,
    /// Counts copies of what several nodes may be made of.
    expansion: Meter,
}

/// Bytes of the contents of a container or object, or of a text, beside what is in it: the counts of its
/// references, its length and what the allocator takes.
const CONTENTS: usize = 56;

/// Bytes of a value that is remembered, for there are more references to it.
const REMEMBERED: usize = 2 * size_of::<(Referent, Value)>();

impl<'d> Converter<'d, '_> {
    /// Converts items that hold no others, up to one that may.
    fn scalars(&mut self, frame: &mut Frame<'d>) -> Result<Option<Item<'d>>> {
        for item in frame.items.by_ref() {
            let value = match item {
                Item::None => Value::None,
                Item::Bool(value) => Value::Bool(value),
                Item::Int(value) => Value::Int(value),
                Item::Float(value) => Value::Float(value),
                Item::Str(text) => {
                    self.meter.charge(text.len() + CONTENTS)?;
                    Value::Str(text.into())
                }
                Item::Bytes(bytes) => {
                    self.meter.charge(bytes.len() + CONTENTS)?;
                    Value::Bytes(bytes.into())
                }
                Item::SharedStr(text) => {
                    self.once(text.as_bytes(), true, || Value::Str(text.into()))?
                }
                Item::SharedBytes(bytes) => {
                    self.once(bytes, false, || Value::Bytes(bytes.into()))?
                }
                Item::Node(_) => return Ok(Some(item)),
            };
            frame.done.push(value);
        }
        Ok(None)
    }

    /// The value of bytes that several nodes refer to.
    fn once(&mut self, bytes: &[u8], is_text: bool, make: impl FnOnce() -> Value) -> Result<Value> {
        let shared = Referent::Bytes { address: bytes.as_ptr().addr(), len: bytes.len(), is_text };
        Ok(match self.values.entry(shared) {
            Entry::Occupied(entry) => entry.get().clone(),
            Entry::Vacant(entry) => {
                self.meter.charge(bytes.len() + CONTENTS + REMEMBERED)?;
                entry.insert(make()).clone()
            }
        })
    }

    /// Remembers the value of a node with more than one reference.
    fn remember(&mut self, shared: Option<Referent>, value: &Value) -> Result<()> {
        if let Some(shared) = shared {
            self.meter.charge(REMEMBERED)?;
            self.values.insert(shared, value.clone());
        }
        Ok(())
    }

    /// The value of a scalar or of a node converted before; otherwise the node's frame.
    fn start(&mut self, item: Item<'d>) -> Result<Started<'d>> {
        let shared = match item {
            Item::Node(id) if self.arena.is_shared(id) => Some(Referent::Node(id)),
            _ => None,
        };
        if let Some(value) = shared.and_then(|shared| self.values.get(&shared)) {
            return Ok(Started::Value(value.clone()));
        }
        let kind = self.arena.kind(item);
        let (build, run) = match kind {
            Kind::List(run) => (Collect::List, run),
            Kind::Tuple(run) => (Collect::Tuple, run),
            Kind::Set(run) => (Collect::Set, run),
            Kind::FrozenSet(run) => (Collect::FrozenSet, run),
            Kind::Dict(run) => (Collect::Dict, run),
            kind => match self.leaf(kind, item)? {
                Leaf::Value(value) => {
                    self.remember(shared, &value)?;
                    return Ok(Started::Value(value));
                }
                Leaf::Parts(build, items) => {
                    let len = items.size_hint().0.saturating_mul(2);
                    self.meter.charge_each(len + 4, size_of::<Value>())?;
                    let done = Vec::new();
                    return Ok(Started::Frame(Frame { build, items, done, shared }));
                }
            },
        };
        let items = self.arena.items(run);
        let size = run.len().saturating_mul(size_of::<Value>());
        // The entries of a dict are moved once they are paired.
        let size = if matches!(build, Collect::Dict) { size.saturating_mul(2) } else { size };
        self.meter.charge(size.saturating_add(CONTENTS))?;
        let done = Vec::with_capacity(run.len());
        Ok(Started::Frame(Frame { build, items: Box::new(items), done, shared }))
    }

    fn leaf(&mut self, kind: Kind<'d>, item: Item<'d>) -> Result<Leaf<'d>> {
        self.meter.charge(CONTENTS)?;
        if self.arena.is_annotated(item, &self.expansion)? {
            return Ok(self.opaque(item));
        }
        let value = match kind {
            Kind::Bool(value) => Value::Bool(value),
            Kind::Int(value) => Value::Int(value),
            Kind::Float(value) => Value::Float(value),
            Kind::BigInt(bytes) => {
                self.meter.charge(bytes.len())?;
                Value::BigInt(BigInt::from_le_bytes(bytes))
            }
            Kind::Complex(re, im) => Value::Complex(Complex::new(re, im)),
            // Several variables may be one text.
            Kind::Str(text) => self.once(text.as_bytes(), true, || Value::Str(text.into()))?,
            Kind::Surrogates(bytes) => {
                self.once(bytes, true, || Value::SurrogateStr(SurrogateStr::from_checked(bytes)))?
            }
            // Calls that encode one text, or have one argument, give one object.
            Kind::Bytes(bytes) => self.once(bytes, false, || Value::Bytes(bytes.into()))?,
            Kind::ByteArray(bytes) => {
                self.expansion.charge(bytes.len())?;
                Value::ByteArray(bytes.into())
            }
            Kind::Placeholder(filename) => {
                self.expansion.charge(filename.len())?;
                Value::Placeholder(filename.into())
            }
            Kind::Global(global) => {
                self.expansion.charge(global.module.len() + global.name.len() + CONTENTS)?;
                Value::Global(Arc::new(Global {
                    module: global.module.to_owned(),
                    name: global.name.to_owned(),
                }))
            }
            Kind::Array(object) => {
                match self.known(numpy::array(self.arena, &self.expansion, object))? {
                    Some(numpy::Array::Plain { header, data }) => {
                        self.expansion.charge(numpy::array_size(&header, data.len()))?;
                        match self.known(NpyArray::from_parsed(header, &data))? {
                            Some(array) => Value::Array(Arc::new(array)),
                            None => return Ok(self.opaque(item)),
                        }
                    }
                    Some(numpy::Array::Objects { shape, fortran_order, items }) => {
                        let array = ObjectArray { shape, fortran_order, items: Vec::new() };
                        // Several arrays may have one list of elements.
                        self.expansion.charge_each(items.len(), size_of::<Value>())?;
                        let items = Box::new(self.arena.items(items));
                        return Ok(Leaf::Parts(Collect::ObjectArray(array), items));
                    }
                    None => return Ok(self.opaque(item)),
                }
            }
            Kind::Scalar(object) => {
                // Calls with one dtype and one byte string give one object.
                let parts = match *self.arena.args(object) {
                    [Item::Node(dtype), Item::SharedBytes(bytes)] => Some(Referent::Scalar {
                        dtype,
                        address: bytes.as_ptr().addr(),
                        len: bytes.len(),
                    }),
                    _ => None,
                };
                if let Some(value) = parts.and_then(|parts| self.values.get(&parts)) {
                    return Ok(Leaf::Value(value.clone()));
                }
                match self.known(numpy::scalar(self.arena, &self.expansion, object))? {
                    Some(scalar) => {
                        let value = Value::Scalar(Arc::new(scalar));
                        self.remember(parts, &value)?;
                        value
                    }
                    None => return Ok(self.opaque(item)),
                }
            }
            Kind::Dtype => match self.known(dtype::dtype(self.arena, &self.expansion, item))? {
                Some(dtype) => Value::Dtype(Arc::new(dtype)),
                None => return Ok(self.opaque(item)),
            },
            Kind::Object(_) => return Ok(self.opaque(item)),
            _ => Value::None,
        };
        Ok(Leaf::Value(value))
    }

    /// What NumPy's call gives; `None` if this crate does not understand it. There is no way to go on without
    /// memory.
    fn known<T>(&self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if self.expansion.is_exceeded() => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Any call as it stands: an object of a class that is not known, or one that NumPy would
    /// understand and this crate does not.
    fn opaque(&self, item: Item<'d>) -> Leaf<'d> {
        let nothing = || Leaf::Parts(Collect::Tuple, Box::new(std::iter::empty()));
        let Item::Node(id) = item else { return nothing() };
        match self.arena.node(id) {
            crate::arena::nodes::NodeData::Object(index) => {
                Leaf::Parts(Collect::Object(*index), Box::new(self.arena.children(id)))
            }
            _ => nothing(),
        }
    }

    fn finish(&mut self, frame: Frame<'d>) -> Result<Value> {
        let done = frame.done;
        let value = match frame.build {
            Collect::List => Value::List(Shared::new(done)),
            Collect::Tuple => Value::Tuple(Shared::new(done)),
            Collect::Set => Value::Set(Shared::new(done)),
            Collect::FrozenSet => Value::FrozenSet(Shared::new(done)),
            Collect::Dict if self.sorted => {
                Value::Dict(Shared::new(sorted(done, &mut self.order)?))
            }
            Collect::Dict => Value::Dict(Shared::new(pairs(done.into_iter()))),
            Collect::ObjectArray(array) => {
                Value::ObjectArray(Shared::new(ObjectArray { items: done, ..array }))
            }
            Collect::Object(index) => {
                self.meter.charge(size_of::<Object>())?;
                Value::Object(Shared::new(self.object(index, done)?))
            }
        };
        self.remember(frame.shared, &value)?;
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

fn sorted(items: Vec<Value>, order: &mut KeyOrder) -> Result<Vec<(Value, Value)>> {
    let entries = pairs(items.into_iter()).into_iter();
    let mut keyed: Vec<_> =
        entries.map(|entry| Ok((order.rank(&entry.0)?, entry))).collect::<Result<_>>()?;
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(keyed.into_iter().map(|(_, entry)| entry).collect())
}
