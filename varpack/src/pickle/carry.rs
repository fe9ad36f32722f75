//! From one pickle to another, object by object, as they stand: what a program has not touched is the same to
//! Python afterwards, whatever it is.
//!
//! The order is CPython's. A container is put into the memo before its items, an object after the call that
//! makes it and before its items and its state; so both may hold themselves. A tuple, or what a call is given,
//! cannot be there before its parts are. Where one of those holds it, it is written a second time, inside of
//! them, and the first one is thrown away half made (`save_tuple` and `save_reduce` in CPython's pickle.py).

use super::arena::{Arena, Build, Item, NodeData, NodeId};
use super::batch::Batch;
use super::bigint::BigInt;
use super::document::Document;
use super::opcode as op;
use super::pool::{Items, Run};
use super::python::{Kind, Known, PLACEHOLDER};
use super::writer::Writer;
use crate::Result;
use crate::budget::Meter;
use std::collections::{HashMap, HashSet};

/// Where the memo of a pickle has what was carried over into it from one document.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    nodes: HashMap<NodeId, u32>,
    /// Texts and bytes, by where they stand.
    texts: HashMap<(usize, usize, bool), u32>,
}

/// Bytes of an entry of the memo, while the table of them doubles.
const REMEMBERED: usize = 2 * size_of::<((usize, usize, bool), u32)>();

/// Bytes of a text that is written as often as it comes where no other refers to it.
const SHORT: usize = 16;

/// What is still to be written, the last first.
enum Task<'d> {
    Item(Item<'d>),
    Op(u8),
    /// Items up to the opcode that takes them all.
    Items(Items<'d, 'd>),
    /// Items, or keys and values, for the container beneath them.
    Batches {
        items: Items<'d, 'd>,
        batch: Batch,
        opcode: u8,
    },
    Memoize(NodeId),
    /// All parts are on the stack.
    Make {
        id: NodeId,
        opcode: u8,
        parts: Parts,
        /// The object that is to be filled then.
        object: Option<u32>,
    },
}

/// What the parts of an object take on Python's stack.
#[derive(Clone, Copy)]
enum Parts {
    Items(usize),
    /// Everything from the last MARK up.
    Marked,
}

/// Writes an object of a document whose place the writer has made sure of. `carried`: of this document and this
/// writer.
pub(super) fn write<'d>(
    writer: &mut Writer,
    document: &'d Document<'d>,
    root: Item<'d>,
    carried: &mut Carried,
) -> Result<()> {
    let is_cyclic = matches!(root, Item::Node(id) if document.is_cyclic(id));
    let mut carrier = Carrier {
        writer,
        document,
        arena: &document.arena,
        carried,
        remembers_all: is_cyclic,
        open: HashSet::new(),
        tasks: Vec::new(),
        meter: document.meter(),
        expansion: document.expansion(),
    };
    carrier.start(root)?;
    while let Some(task) = carrier.tasks.pop() {
        carrier.step(task)?;
    }
    Ok(())
}

struct Carrier<'d, 'w> {
    writer: &'w mut Writer,
    document: &'d Document<'d>,
    arena: &'d Arena<'d>,
    carried: &'w mut Carried,
    /// Whether everything is put into the memo, and not only what the pickle itself refers to again: of what
    /// holds itself, a part may be written again.
    remembers_all: bool,
    /// What is half made and may hold itself.
    open: HashSet<NodeId>,
    tasks: Vec<Task<'d>>,
    /// Counts what is made once of each object.
    meter: Meter,
    /// Counts what may be made several times.
    expansion: Meter,
}

impl<'d> Carrier<'d, '_> {
    fn push(&mut self, task: Task<'d>) -> Result<()> {
        if self.tasks.len() == self.tasks.capacity() {
            self.meter.charge_each(self.tasks.len() + 4, size_of::<Task<'_>>())?;
        }
        self.tasks.push(task);
        Ok(())
    }

    fn step(&mut self, task: Task<'d>) -> Result<()> {
        match task {
            Task::Item(item) => self.start(item),
            Task::Op(opcode) => {
                self.writer.out.op(opcode);
                Ok(())
            }
            Task::Memoize(id) => self.memoize(id),
            Task::Items(mut items) => match items.next() {
                Some(item) => {
                    self.push(Task::Items(items))?;
                    self.start(item)
                }
                None => Ok(()),
            },
            Task::Batches { items, batch, opcode } => self.batches(items, batch, opcode),
            Task::Make { id, opcode, parts, object } => self.make(id, opcode, parts, object),
        }
    }

    fn batches(&mut self, mut items: Items<'d, 'd>, mut batch: Batch, opcode: u8) -> Result<()> {
        loop {
            batch.end_item(&mut self.writer.out, opcode);
            let Some(item) = items.next() else {
                batch.end(&mut self.writer.out, opcode);
                return Ok(());
            };
            batch.start_item(&mut self.writer.out);
            if opcode == op::SETITEMS {
                let value = items.next().unwrap_or(Item::None);
                self.push(Task::Batches { items, batch, opcode })?;
                self.push(Task::Item(value))?;
                return self.start(item);
            }
            // Scalars come in long lists, which need no task for each.
            if !self.scalar(item) {
                self.push(Task::Batches { items, batch, opcode })?;
                return self.start(item);
            }
        }
    }

    /// Writes what is one opcode.
    fn scalar(&mut self, item: Item<'d>) -> bool {
        let out = &mut self.writer.out;
        out.cut();
        match item {
            Item::None => out.op(op::NONE),
            Item::Bool(value) => out.bool(value),
            Item::Int(value) => out.int(value),
            Item::Float(value) => out.float(value),
            _ => return false,
        }
        true
    }

    /// Writes what can be written of an item at once, and leaves tasks for the rest.
    fn start(&mut self, item: Item<'d>) -> Result<()> {
        match item {
            Item::None | Item::Bool(_) | Item::Int(_) | Item::Float(_) => {
                self.scalar(item);
                Ok(())
            }
            Item::Str(text) => self.text(text.as_bytes(), true, false),
            Item::SharedStr(text) => self.text(text.as_bytes(), true, true),
            Item::Bytes(bytes) => self.text(bytes, false, false),
            Item::SharedBytes(bytes) => self.text(bytes, false, true),
            Item::Node(id) => self.node(id),
        }
    }

    fn text(&mut self, bytes: &[u8], is_text: bool, is_shared: bool) -> Result<()> {
        self.writer.out.cut();
        let place = (bytes.as_ptr().addr(), bytes.len(), is_text);
        if let Some(&index) = self.carried.texts.get(&place) {
            self.writer.out.get(index);
            return Ok(());
        }
        match is_text {
            true => self.writer.out.surrogate_str(bytes),
            false => self.writer.out.bytes(bytes),
        }
        if is_shared || self.document.memoizes(bytes) || self.remembers_all && bytes.len() > SHORT {
            self.meter.charge(REMEMBERED)?;
            self.carried.texts.insert(place, self.writer.out.memoize()?);
        }
        Ok(())
    }

    /// Puts the object on top into the memo, if anything may refer to it.
    fn remember(&mut self, id: NodeId) -> Result<()> {
        if self.remembers_all || self.arena.is_shared(id) { self.memoize(id) } else { Ok(()) }
    }

    fn memoize(&mut self, id: NodeId) -> Result<()> {
        self.meter.charge(REMEMBERED)?;
        self.carried.nodes.insert(id, self.writer.out.memoize()?);
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result<()> {
        self.writer.out.cut();
        if let Some(&index) = self.carried.nodes.get(&id) {
            self.writer.out.get(index);
            return Ok(());
        }
        match self.arena.node(id) {
            NodeData::List(run) => self.container(id, op::EMPTY_LIST, *run, op::APPENDS),
            NodeData::Dict(run) => self.container(id, op::EMPTY_DICT, *run, op::SETITEMS),
            NodeData::Set(run) => self.container(id, op::EMPTY_SET, *run, op::ADDITEMS),
            NodeData::Tuple(run) => self.tuple(id, *run),
            NodeData::FrozenSet(run) => {
                self.open(id, run.len())?;
                self.writer.out.op(op::MARK);
                self.parts(id, op::FROZENSET, Parts::Marked, None)?;
                self.push(Task::Items(self.arena.items(*run)))
            }
            NodeData::Object(object) => match self.placeholder(id, *object) {
                Some(filename) => self.writer.write_placeholder(filename),
                None => self.object(id, *object),
            },
            // The writer's own memo has it.
            NodeData::Global(global) => {
                let global = self.arena.global(*global);
                self.expansion.charge(global.module.len() + global.name.len())?;
                self.writer.global(global.module, global.name).map(drop)
            }
            leaf => {
                self.leaf(leaf)?;
                self.remember(id)
            }
        }
    }

    fn leaf(&mut self, leaf: &NodeData<'d>) -> Result<()> {
        match leaf {
            NodeData::BigInt(bytes) => self.writer.out.big_int(&BigInt::from_le_bytes(bytes))?,
            NodeData::OwnedBigInt(bytes) => {
                self.writer.out.big_int(&BigInt::from_le_bytes(bytes))?;
            }
            NodeData::ByteArray(bytes) => self.writer.byte_array(bytes)?,
            NodeData::Surrogates(text) => self.writer.out.surrogate_str(text),
            NodeData::OwnedSurrogates(text) => self.writer.out.surrogate_str(text),
            NodeData::OwnedStr(text) => self.writer.out.str(text),
            NodeData::OwnedBytes(bytes) => self.writer.out.bytes(bytes),
            // The others are no leaves.
            _ => {}
        }
        Ok(())
    }

    fn container(&mut self, id: NodeId, empty: u8, run: Run, opcode: u8) -> Result<()> {
        self.writer.out.op(empty);
        self.remember(id)?;
        self.fill(run, opcode)
    }

    fn fill(&mut self, run: Run, opcode: u8) -> Result<()> {
        let items = self.arena.items(run);
        self.push(Task::Batches { items, batch: Batch::default(), opcode })
    }

    fn tuple(&mut self, id: NodeId, run: Run) -> Result<()> {
        let opcode = op::tuple(run.len());
        let parts = match opcode {
            // Python has one.
            op::EMPTY_TUPLE => {
                self.writer.out.op(opcode);
                return Ok(());
            }
            op::TUPLE => {
                self.writer.out.op(op::MARK);
                Parts::Marked
            }
            _ => Parts::Items(run.len()),
        };
        self.open(id, run.len())?;
        self.parts(id, opcode, parts, None)?;
        self.push(Task::Items(self.arena.items(run)))
    }

    /// The file of a placeholder just as the writer writes it.
    fn placeholder(&self, id: NodeId, index: u32) -> Option<&'d str> {
        let object = self.arena.object(index);
        let class = self.arena.callable(object)?;
        let is_ours = (class.module, class.name) == PLACEHOLDER
            && object.build == Build::New
            && self.arena.args(object).is_empty()
            && object.list_items.len() + object.dict_items.len() == 0
            && !self.arena.is_shared(id);
        let (Item::Node(state), true) = (object.state?, is_ours) else { return None };
        match (self.arena.node(state), self.arena.kind(Item::Node(id))) {
            (NodeData::Dict(run), Kind::Placeholder(file))
                if run.len() == 2 && !self.arena.is_shared(state) =>
            {
                Some(file)
            }
            _ => None,
        }
    }

    fn object(&mut self, id: NodeId, index: u32) -> Result<()> {
        let (object, extra) = (self.arena.object(index), self.arena.extra(index));
        self.open(id, 2)?;
        match (object.build, extra.kwargs) {
            (Build::Instance, _) => {
                self.writer.out.op(op::MARK);
                self.parts(id, op::OBJ, Parts::Marked, Some(index))?;
                let args = self.arena.sequence(object.args).unwrap_or(Run::EMPTY);
                self.push(Task::Items(self.arena.items(args)))?;
            }
            (Build::NewEx, kwargs) => {
                self.parts(id, op::NEWOBJ_EX, Parts::Items(3), Some(index))?;
                self.push(Task::Item(kwargs.unwrap_or(Item::None)))?;
                self.push(Task::Item(object.args))?;
            }
            (build, _) => {
                let opcode = if build == Build::New { op::NEWOBJ } else { op::REDUCE };
                self.parts(id, opcode, Parts::Items(2), Some(index))?;
                self.push(Task::Item(object.args))?;
            }
        }
        self.push(Task::Item(object.callable))
    }

    /// Leaves an object to be made when its parts, which the caller leaves to be written, are on the stack.
    fn parts(&mut self, id: NodeId, opcode: u8, parts: Parts, object: Option<u32>) -> Result<()> {
        self.push(Task::Make { id, opcode, parts, object })
    }

    /// Begins what cannot be referred to before its parts, so many, are written. To begin it again while it is
    /// half made costs its parts once more.
    fn open(&mut self, id: NodeId, parts: usize) -> Result<()> {
        if self.document.is_cyclic(id) && !self.open.insert(id) {
            self.expansion.charge_each(parts + 1, SHORT)?;
        }
        Ok(())
    }

    fn make(&mut self, id: NodeId, opcode: u8, parts: Parts, object: Option<u32>) -> Result<()> {
        self.open.remove(&id);
        if let Some(&index) = self.carried.nodes.get(&id) {
            // Its parts held it.
            match parts {
                Parts::Marked => self.writer.out.op(op::POP_MARK),
                Parts::Items(count) => (0..count).for_each(|_| self.writer.out.op(op::POP)),
            }
            self.writer.out.get(index);
            return Ok(());
        }
        self.writer.out.op(opcode);
        let Some(index) = object else { return self.remember(id) };
        let (object, extra) = (self.arena.object(index), self.arena.extra(index));
        let is_dtype = self.arena.callable(object).is_some_and(|it| it.known == Known::Dtype);
        if is_dtype && extra.setter.is_none() && !self.remembers_all {
            // As the writer writes them: each, and whole.
            self.push(Task::Memoize(id))?;
        } else if extra.setter.is_some() {
            // It is given the object by its place in the memo.
            self.memoize(id)?;
        } else {
            self.remember(id)?;
        }
        match (object.state, extra.setter) {
            (Some(state), Some(setter)) => {
                for opcode in [op::POP, op::REDUCE, op::TUPLE2] {
                    self.push(Task::Op(opcode))?;
                }
                for part in [state, Item::Node(id), setter] {
                    self.push(Task::Item(part))?;
                }
            }
            (Some(state), None) => {
                self.push(Task::Op(op::BUILD))?;
                self.push(Task::Item(state))?;
            }
            (None, _) => {}
        }
        self.fill(object.dict_items, op::SETITEMS)?;
        self.fill(object.list_items, op::APPENDS)
    }
}
