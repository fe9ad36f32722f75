//! What a pickle holds, in a few flat vectors: scalars in place, everything mutable by index.

use crate::arena::facts::Facts;
use crate::arena::item::{Item, NodeId};
use crate::arena::pool::{Full, Items, Pool, Run, index};
use crate::arena::scalar_run::ScalarRun;
use crate::format::calls::{Build, Known};
use std::collections::HashMap;

/// What cannot stand in an [`Item`]: containers, objects, and scalars that are rare.
#[derive(Debug)]
pub(crate) enum NodeData<'a> {
    List(Run),
    Tuple(Run),
    Set(Run),
    FrozenSet(Run),
    /// Keys and values take turns.
    Dict(Run),
    Object(u32),
    Global(u32),
    /// Two's complement, little-endian; over 64 bits.
    BigInt(&'a [u8]),
    ByteArray(&'a [u8]),
    /// A `str` with lone surrogates.
    Surrogates(&'a [u8]),
    /// As above, decoded from an escape and so not in the input.
    OwnedBigInt(Box<[u8]>),
    OwnedSurrogates(Box<[u8]>),
    OwnedStr(Box<str>),
    OwnedBytes(Box<[u8]>),
}

/// A class or function, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GlobalData<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) known: Known,
}

impl<'a> GlobalData<'a> {
    pub(crate) fn new(module: &'a str, name: &'a str) -> Self {
        let known = Known::of(module, name);
        // NumPy 2's names for what pickles of arrays call are not known to NumPy 1; it knows both. (Of what protocol 5
        // calls, in `numpy.core.numeric`, it warns.)
        let module = match known {
            Known::Reconstruct | Known::Scalar => "numpy.core.multiarray",
            _ => module,
        };
        Self { module, name, known }
    }
}

/// An object that was asked for with a callable and arguments.
#[derive(Debug)]
pub(crate) struct ObjectData<'a> {
    pub(crate) build: Build,
    pub(crate) callable: Item<'a>,
    pub(crate) args: Item<'a>,
    /// From BUILD.
    pub(crate) state: Option<Item<'a>>,
    /// From APPEND and APPENDS.
    pub(crate) list_items: Run,
    /// From SETITEM and SETITEMS.
    pub(crate) dict_items: Run,
}

impl ObjectData<'_> {
    /// Whether there are items that were put into it once it was made.
    pub(crate) fn has_items(&self) -> bool {
        self.list_items.len() + self.dict_items.len() != 0
    }

    /// Whether nothing follows the call that makes it. A setter has a state.
    pub(crate) fn is_only_called(&self) -> bool {
        self.state.is_none() && !self.has_items()
    }
}

/// What few objects have.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extra<'a> {
    /// The keyword arguments of NEWOBJ_EX.
    pub(crate) kwargs: Option<Item<'a>>,
    /// A function called with the object and its state in place of `__setstate__`
    /// (the sixth part of `__reduce__`'s tuple).
    pub(crate) setter: Option<Item<'a>>,
}

/// Every item of one pickle. Nothing is allocated for a node alone.
#[derive(Debug, Default)]
pub(crate) struct Arena<'a> {
    nodes: Vec<NodeData<'a>>,
    pool: Pool<'a>,
    objects: Vec<ObjectData<'a>>,
    globals: Vec<GlobalData<'a>>,
    extras: HashMap<u32, Extra<'a>>,
    /// Which nodes were fetched from the memo or duplicated; shorter than `nodes`.
    shared: Vec<bool>,
    pub(crate) facts: Facts<'a>,
    /// Bytes of what nodes own beside the input.
    owned: usize,
}

impl<'a> Arena<'a> {
    /// Bytes that it takes, when each of its vectors has doubled for the last time.
    pub(crate) fn size(&self) -> usize {
        let tables = self.extras.len() * size_of::<(u32, Extra<'_>)>();
        let vectors = self.nodes.len() * size_of::<NodeData<'_>>()
            + self.pool.size()
            + self.objects.len() * size_of::<ObjectData<'_>>()
            + self.globals.len() * size_of::<GlobalData<'_>>()
            + self.shared.len();
        (2 * (tables + vectors)).saturating_add(self.owned).saturating_add(self.facts.size())
    }

    /// Counts bytes that a node owns.
    pub(crate) fn own(&mut self, bytes: usize) {
        self.owned = self.owned.saturating_add(bytes);
    }

    #[inline]
    pub(crate) fn push(&mut self, data: NodeData<'a>) -> Result<Item<'a>, Full> {
        let id = NodeId::new(index(self.nodes.len())?);
        self.nodes.push(data);
        Ok(Item::Node(id))
    }

    pub(crate) fn push_object(&mut self, object: ObjectData<'a>) -> Result<Item<'a>, Full> {
        let id = index(self.objects.len())?;
        self.objects.push(object);
        self.push(NodeData::Object(id))
    }

    pub(crate) fn push_global(&mut self, global: GlobalData<'a>) -> Result<Item<'a>, Full> {
        let id = index(self.globals.len())?;
        self.globals.push(global);
        self.push(NodeData::Global(id))
    }

    /// See [`Pool::extend`].
    #[inline]
    pub(crate) fn extend(&mut self, run: Run, items: &[Item<'a>]) -> Result<Run, Full> {
        self.pool.extend(run, items)
    }

    /// See [`Pool::extend_scalars`].
    pub(crate) fn extend_scalars(&mut self, run: Run, items: ScalarRun<'a>) -> Result<Run, Full> {
        self.pool.extend_scalars(run, items)
    }

    #[inline]
    pub(crate) fn node(&self, id: NodeId) -> &NodeData<'a> {
        &self.nodes[id.index()]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut NodeData<'a> {
        &mut self.nodes[id.index()]
    }

    pub(crate) fn objects(&self) -> &[ObjectData<'a>] {
        &self.objects
    }

    /// Whether a class or function is called anywhere.
    pub(crate) fn has_global(&self, known: Known) -> bool {
        self.globals.iter().any(|global| global.known == known)
    }

    pub(crate) fn object(&self, object: u32) -> &ObjectData<'a> {
        &self.objects[object as usize]
    }

    pub(crate) fn object_mut(&mut self, object: u32) -> &mut ObjectData<'a> {
        &mut self.objects[object as usize]
    }

    pub(crate) fn global(&self, global: u32) -> GlobalData<'a> {
        self.globals[global as usize]
    }

    pub(crate) fn extra(&self, object: u32) -> Extra<'a> {
        self.extras.get(&object).copied().unwrap_or_default()
    }

    pub(crate) fn extra_mut(&mut self, object: u32) -> &mut Extra<'a> {
        self.extras.entry(object).or_default()
    }

    /// Notes that there is another reference to a node.
    pub(crate) fn share(&mut self, id: NodeId) {
        if self.shared.len() <= id.index() {
            self.shared.resize(self.nodes.len(), false);
        }
        self.shared[id.index()] = true;
    }

    /// Whether there may be more than one reference to a node.
    pub(crate) fn is_shared(&self, id: NodeId) -> bool {
        self.shared.get(id.index()).is_some_and(|&shared| shared)
    }

    /// Whether any node that is not a class or function is referenced twice: without that there is
    /// no cycle.
    pub(crate) fn has_sharing(&self) -> bool {
        let shared = self.shared.iter().zip(&self.nodes);
        shared.into_iter().any(|(&shared, data)| shared && !matches!(data, NodeData::Global(_)))
    }

    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The items of a list or tuple.
    #[inline]
    pub(crate) fn sequence(&self, item: Item<'a>) -> Option<Run> {
        match item {
            Item::Node(id) => match self.node(id) {
                NodeData::List(run) | NodeData::Tuple(run) => Some(*run),
                _ => None,
            },
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn items(&self, run: Run) -> Items<'_, 'a> {
        self.pool.items(run)
    }

    /// See [`Pool::as_slice`].
    pub(crate) fn as_slice(&self, run: Run) -> Option<&[Item<'a>]> {
        self.pool.as_slice(run)
    }

    /// The items that a node refers to directly, in the order that they are built in.
    pub(crate) fn children(&self, id: NodeId) -> NodeChildren<'_, 'a> {
        let mut parts = Makers::default();
        let (run, dict) = match self.node(id) {
            NodeData::List(run)
            | NodeData::Tuple(run)
            | NodeData::Set(run)
            | NodeData::FrozenSet(run)
            | NodeData::Dict(run) => (*run, Run::EMPTY),
            NodeData::Object(index) => {
                let (object, extra) = (self.object(*index), self.extra(*index));
                parts = Makers {
                    items: [
                        Some(object.callable),
                        Some(object.args),
                        extra.kwargs,
                        object.state,
                        extra.setter,
                    ],
                    next: 0,
                };
                (object.list_items, object.dict_items)
            }
            _ => (Run::EMPTY, Run::EMPTY),
        };
        NodeChildren { parts, items: self.items(run), pairs: self.items(dict) }
    }

    /// The same of what has these items.
    pub(crate) fn children_of(&self, run: Run) -> NodeChildren<'_, 'a> {
        NodeChildren {
            parts: Makers::default(),
            items: self.items(run),
            pairs: self.items(Run::EMPTY),
        }
    }

    /// The same of what is made of these.
    pub(crate) fn children_among(&self, items: [Option<Item<'a>>; 5]) -> NodeChildren<'_, 'a> {
        NodeChildren { parts: Makers { items, next: 0 }, ..self.children_of(Run::EMPTY) }
    }
}

#[derive(Clone, Debug, Default)]
struct Makers<'a> {
    items: [Option<Item<'a>>; 5],
    next: usize,
}

/// What a node refers to directly.
#[derive(Clone, Debug)]
pub(crate) struct NodeChildren<'d, 'a> {
    parts: Makers<'a>,
    items: Items<'d, 'a>,
    pairs: Items<'d, 'a>,
}

impl<'a> NodeChildren<'_, 'a> {
    /// What makes the object, in the place of what the pickle says.
    pub(crate) fn replace(&mut self, items: [Option<Item<'a>>; 5]) {
        self.parts = Makers { items, next: 0 };
    }
}

impl<'a> Iterator for NodeChildren<'_, 'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        while let Some(part) = self.parts.items.get(self.parts.next) {
            self.parts.next += 1;
            if part.is_some() {
                return *part;
            }
        }
        self.items.next().or_else(|| self.pairs.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (items, pairs) = (self.items.len(), self.pairs.len());
        (items + pairs, Some(items + pairs + self.parts.items.len()))
    }
}
