//! What a fingerprint is made of: an object as Python has it in memory. Each protocol pickles bytes, sets, objects without
//! arguments, arrays and their dtypes in its own way, and versions of NumPy differ too; what they pickle is the same.

use super::{Fingerprint, Fingerprints, NodeForm, Open, Texts, Unordered, bytes_hash, hasher};
use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeChildren, NodeData};
use crate::arena::pool::Run;
use crate::budget::{Budget, Meter};
use crate::document::parsed::Document;
use crate::format::calls::{Build, Known};
use crate::npy::Dtype;
use crate::python::dtype;
use crate::python::kind::Kind;
use crate::python::numpy::{self, Array};
use crate::record_place::record_place;
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash};
use std::mem;

impl Fingerprints {
    /// What a node is, for a fingerprint.
    pub(super) fn form<'d>(&mut self, document: &'d Document<'d>, id: NodeId) -> NodeForm<'d> {
        if let Some(&known) = self.nodes.get(&id) {
            return NodeForm::Known(known);
        }
        let arena = &document.arena;
        let known = match arena.node(id) {
            NodeData::OwnedStr(text) => return NodeForm::Leaf(Item::Str(text)),
            NodeData::OwnedBytes(bytes) => return NodeForm::Leaf(Item::Bytes(bytes)),
            NodeData::Object(index) => match arena.kind(Item::Node(id)) {
                Kind::Bytes(bytes) => return NodeForm::Leaf(Item::Bytes(bytes)),
                Kind::ByteArray(bytes) => self.texts.tagged(b'a', bytes),
                Kind::Placeholder(file) => self.texts.tagged(b'p', file.as_bytes()),
                Kind::Set(run) => return self.set(arena, (id, *index), run, false),
                Kind::FrozenSet(run) => return self.set(arena, (id, *index), run, true),
                Kind::Array(_) | Kind::Scalar(_) | Kind::Dtype => {
                    match self.of_numpy(document, id) {
                        Some(form @ NodeForm::Open(_)) => return form,
                        Some(NodeForm::Known(known)) => known,
                        _ => return NodeForm::Open(parts(arena, id)),
                    }
                }
                _ => return NodeForm::Open(object(arena, id, *index)),
            },
            _ => match self.texts.node_leaf(arena, id) {
                Some(leaf) => leaf,
                None => return NodeForm::Open(parts(arena, id)),
            },
        };
        if arena.is_shared(id) {
            self.nodes.insert(id, known);
        }
        NodeForm::Known(known)
    }

    /// A set that is called with a list, as one that its pickle fills.
    fn set<'d>(
        &self,
        arena: &'d Arena<'d>,
        (id, index): (NodeId, u32),
        run: Run,
        is_frozen: bool,
    ) -> NodeForm<'d> {
        let list = match arena.args(arena.object(index)) {
            [Item::Node(list)] => Some((*list, is_frozen)),
            _ => None,
        };
        if let Some(&known) = list.and_then(|list| self.sets.get(&list)) {
            return NodeForm::Known(known);
        }
        let kind = if is_frozen { NodeData::FrozenSet(run) } else { NodeData::Set(run) };
        let open = opened(id, hasher(), &kind, arena.children_of(run));
        NodeForm::Open(Open { list, ..open })
    }

    /// An array or a scalar: its elements, and its dtype as a part. A dtype that is understood, without what only Python
    /// knows: what it says. `None` of what NumPy would understand, and this crate does not.
    fn of_numpy<'d>(&mut self, document: &'d Document<'d>, id: NodeId) -> Option<NodeForm<'d>> {
        let (arena, item) = (&document.arena, Item::Node(id));
        let meter = self.meter.get_or_insert_with(|| {
            let budget = Budget::in_proportion(u64::MAX, "Document::parse_within");
            budget.allow_for(document.bytes.len());
            Meter::of_expansion(budget)
        });
        let kind = arena.kind(item);
        let mut hasher = hasher();
        let part = match &kind {
            Kind::Scalar(object) => {
                let (_, bytes) = numpy::scalar_parts(arena, meter, object).ok()?;
                self.texts.tagged(b's', bytes).hash(&mut hasher);
                arena.dtype_of(&kind)?
            }
            Kind::Array(object) => match numpy::array(arena, meter, object).ok()? {
                Array::Plain { header, data } => {
                    let data = match data {
                        Cow::Borrowed(data) => self.texts.tagged(b'd', data),
                        Cow::Owned(data) => Texts::default().tagged(b'd', &data),
                    };
                    (header.shape, header.fortran_order, data).hash(&mut hasher);
                    arena.dtype_of(&kind)?
                }
                Array::Objects { shape, fortran_order, .. } => {
                    (b'o', shape, fortran_order).hash(&mut hasher);
                    numpy::data_of_array(arena, object).ok()?
                }
            },
            _ => {
                if arena.is_annotated(item, meter).ok()? {
                    return None;
                }
                let dtype = dtype::dtype(arena, meter, item).ok()?;
                return Some(NodeForm::Known(self.of_dtype(&dtype)));
            }
        };
        let parts = arena.children_among([Some(part), None, None, None, None]);
        Some(NodeForm::Open(Open { id, parts, hasher, unordered: None, list: None }))
    }

    /// The document keeps the fields of a structured one, and so their place.
    fn of_dtype(&mut self, dtype: &Dtype) -> u64 {
        let hash = || Fingerprint::of((b't', dtype)).0;
        record_place(dtype)
            .map_or_else(hash, |place| *self.records.entry(place).or_insert_with(hash))
    }
}

impl Texts {
    /// Of bytes, which many may have.
    fn tagged(&mut self, tag: u8, bytes: &[u8]) -> u64 {
        let mut tagged = vec![tag];
        self.write(bytes, &mut tagged);
        bytes_hash(&tagged)
    }
}

/// An object of a class or a function. `cls.__new__(cls)` is a call of `copyreg._reconstructor` before protocol 2.
fn object<'d>(arena: &'d Arena<'d>, id: NodeId, index: u32) -> Open<'d> {
    let (object, extra) = (arena.object(index), arena.extra(index));
    let is_object = |base: Item<'d>| matches!(arena.kind(base), Kind::Global(it) if (it.module, it.name) == ("builtins", "object"));
    let known = arena.callable(object).map(|global| global.known);
    let (build, callable, args) = match (known, object.build, arena.args(object)) {
        (Some(Known::Reconstructor), Build::Reduce, [class, base, Item::None])
            if is_object(*base) =>
        {
            (Build::New, *class, None)
        }
        (_, Build::New, []) => (Build::New, object.callable, None),
        (_, build, _) => (build, object.callable, Some(object.args)),
    };
    let mut hasher = hasher();
    let there =
        (args.is_some(), extra.kwargs.is_some(), object.state.is_some(), extra.setter.is_some());
    (build, there, object.list_items.len(), object.dict_items.len()).hash(&mut hasher);
    let mut parts = arena.children(id);
    parts.replace([Some(callable), args, extra.kwargs, object.state, extra.setter]);
    opened(id, hasher, arena.node(id), parts)
}

/// A node as the pickle has it.
fn parts<'d>(arena: &'d Arena<'d>, id: NodeId) -> Open<'d> {
    match arena.node(id) {
        NodeData::Object(index) => object(arena, id, *index),
        node => opened(id, hasher(), node, arena.children(id)),
    }
}

fn opened<'d>(
    id: NodeId,
    mut hasher: DefaultHasher,
    node: &NodeData<'d>,
    parts: NodeChildren<'d, 'd>,
) -> Open<'d> {
    let unordered = match node {
        NodeData::Set(_) | NodeData::FrozenSet(_) | NodeData::Dict(_) => {
            let are_pairs = matches!(node, NodeData::Dict(_));
            Some(Unordered { sum: 0, are_pairs, key: None })
        }
        _ => None,
    };
    (mem::discriminant(node), parts.size_hint()).hash(&mut hasher);
    Open { id, parts, hasher, unordered, list: None }
}
