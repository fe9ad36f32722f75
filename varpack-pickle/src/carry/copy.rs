//! From one pickle to another, object by object, as they stand: what a program has not touched is the same to
//! Python afterwards, whatever it is.
//!
//! The order is CPython's: each part where it is used first. What holds itself has an order of its own: see
//! [`replay`](crate::carry::replay).

use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, NodeData};
use crate::arena::pool::{Items, Run};
use crate::bigint::BigInt;
use crate::budget::Meter;
use crate::document::history::History;
use crate::document::node::Node;
use crate::document::parsed::Document;
use crate::format::calls::{Build, Known, PLACEHOLDER};
use crate::format::opcode as op;
use crate::python::kind::Kind;
use crate::write::batch::Batch;
use crate::write::writer::Writer;
use crate::{Error, ErrorKind, Result};
use std::collections::HashMap;
use std::iter::Take;

/// Where the memo of a pickle has what was carried over into it from one document.
#[derive(Debug, Default)]
pub struct Carried {
    pub(crate) nodes: HashMap<NodeId, u32>,
    /// Texts and bytes, by where they stand.
    texts: HashMap<(usize, usize, bool), u32>,
    /// Of the document, once something is carried over that holds itself.
    pub(crate) history: Option<History>,
}

impl Carried {
    /// For another pickle, of the same document.
    pub fn begin_again(&mut self) {
        (self.nodes, self.texts) = Default::default();
    }
}

impl Writer {
    /// Carries an object over from a document as it stands there, whether or not it can be a [`Value`]. `carried`:
    /// what was carried over from that document into this pickle; what they share stays shared.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if no value can stand here; [`ErrorKind::Limit`] if it takes more than the document's
    /// budget has.
    #[doc(hidden)]
    pub fn carry(&mut self, node: Node<'_>, carried: &mut Carried) -> Result<()> {
        self.start_value()?;
        self.guarded(|writer| write(writer, node.document, node.item, carried))?;
        self.end_value();
        Ok(())
    }
}

/// Bytes of an entry of the memo, while the table of them doubles.
pub(crate) const REMEMBERED: usize = 2 * size_of::<((usize, usize, bool), u32)>();

/// What is still to be written, the last first.
pub(crate) enum CarryTask<'d> {
    Item(Item<'d>),
    Op(u8),
    /// Items up to the opcode that takes them all.
    Items(Items<'d, 'd>),
    /// Items, or keys and values, for the container beneath them.
    Batches {
        items: Take<Items<'d, 'd>>,
        batch: Batch,
        opcode: u8,
    },
    Memoize(NodeId),
    /// All parts are on the stack.
    Make {
        id: NodeId,
        opcode: u8,
        /// The object that is to be filled then.
        object: Option<u32>,
    },
}

/// Writes an object of a document whose place the writer has made sure of. `carried`: of this document and this
/// writer.
pub(crate) fn write<'d>(
    writer: &mut Writer,
    document: &'d Document<'d>,
    root: Item<'d>,
    carried: &mut Carried,
) -> Result<()> {
    let mut carrier = Carrier {
        writer,
        document,
        arena: &document.arena,
        carried,
        tasks: Vec::new(),
        meter: document.meter(),
        expansion: document.expansion(),
    };
    match root {
        Item::Node(id) if document.is_cyclic(id) => carrier.replay(id),
        _ => {
            carrier.start(root)?;
            carrier.run()
        }
    }
}

pub(crate) struct Carrier<'d, 'w> {
    pub(crate) writer: &'w mut Writer,
    pub(crate) document: &'d Document<'d>,
    pub(crate) arena: &'d Arena<'d>,
    pub(crate) carried: &'w mut Carried,
    tasks: Vec<CarryTask<'d>>,
    /// Counts what is made once of each object.
    pub(crate) meter: Meter,
    /// Counts what may be made several times.
    expansion: Meter,
}

impl<'d> Carrier<'d, '_> {
    /// Does what is left to do.
    pub(crate) fn run(&mut self) -> Result<()> {
        while let Some(task) = self.tasks.pop() {
            self.step(task)?;
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, task: CarryTask<'d>) -> Result<()> {
        if self.tasks.len() == self.tasks.capacity() {
            self.meter.charge_each(self.tasks.len() + 4, size_of::<CarryTask<'_>>())?;
        }
        self.tasks.push(task);
        Ok(())
    }

    fn step(&mut self, task: CarryTask<'d>) -> Result<()> {
        match task {
            CarryTask::Item(item) => self.start(item),
            CarryTask::Op(opcode) => {
                self.writer.out.op(opcode);
                Ok(())
            }
            CarryTask::Memoize(id) => self.memoize(id),
            CarryTask::Items(mut items) => match items.next() {
                Some(item) => {
                    self.push(CarryTask::Items(items))?;
                    self.start(item)
                }
                None => Ok(()),
            },
            CarryTask::Batches { items, batch, opcode } => self.batches(items, batch, opcode),
            CarryTask::Make { id, opcode, object } => self.make(id, opcode, object),
        }
    }

    fn batches(
        &mut self,
        mut items: Take<Items<'d, 'd>>,
        mut batch: Batch,
        opcode: u8,
    ) -> Result<()> {
        loop {
            batch.end_item(&mut self.writer.out, opcode);
            let Some(item) = items.next() else {
                batch.end(&mut self.writer.out, opcode);
                return Ok(());
            };
            batch.start_item(&mut self.writer.out);
            if opcode == op::SETITEMS {
                let value = items.next().unwrap_or(Item::None);
                self.push(CarryTask::Batches { items, batch, opcode })?;
                self.push(CarryTask::Item(value))?;
                return self.start(item);
            }
            // Scalars come in long lists, which need no task for each.
            if !self.scalar(item) {
                self.push(CarryTask::Batches { items, batch, opcode })?;
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
            true => self.writer.out.surrogate_str(bytes)?,
            false => self.writer.out.bytes(bytes)?,
        }
        if is_shared || self.document.memoizes(bytes) {
            self.meter.charge(REMEMBERED)?;
            self.carried.texts.insert(place, self.writer.out.memoize()?);
        }
        Ok(())
    }

    /// Puts the object on top into the memo, if anything may refer to it.
    fn remember(&mut self, id: NodeId) -> Result<()> {
        if self.arena.is_shared(id) { self.memoize(id) } else { Ok(()) }
    }

    pub(crate) fn memoize(&mut self, id: NodeId) -> Result<()> {
        self.meter.charge(REMEMBERED)?;
        self.carried.nodes.insert(id, self.writer.out.memoize()?);
        Ok(())
    }

    pub(crate) fn node(&mut self, id: NodeId) -> Result<()> {
        self.writer.out.cut();
        if let Some(&index) = self.carried.nodes.get(&id) {
            self.writer.out.get(index);
            return Ok(());
        }
        if self.document.is_cyclic(id) && !self.is_written_in_place(id) {
            // Whatever of it is used has been made, as it was in its pickle.
            return Err(Error::msg(ErrorKind::Pickle, "an object is used before it is made"));
        }
        match self.arena.node(id) {
            NodeData::List(run) => self.container(id, op::EMPTY_LIST, *run, op::APPENDS),
            NodeData::Dict(run) => self.container(id, op::EMPTY_DICT, *run, op::SETITEMS),
            NodeData::Set(run) => self.container(id, op::EMPTY_SET, *run, op::ADDITEMS),
            NodeData::Tuple(run) => self.tuple(id, *run),
            NodeData::FrozenSet(run) => self.frozen_set(id, *run),
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
            NodeData::Surrogates(text) => self.writer.out.surrogate_str(text)?,
            NodeData::OwnedSurrogates(text) => self.writer.out.surrogate_str(text)?,
            NodeData::OwnedStr(text) => self.writer.out.str(text)?,
            NodeData::OwnedBytes(bytes) => self.writer.out.bytes(bytes)?,
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
        let items = items.clone().take(items.len());
        self.push(CarryTask::Batches { items, batch: Batch::default(), opcode })
    }

    pub(super) fn frozen_set(&mut self, id: NodeId, run: Run) -> Result<()> {
        self.writer.out.op(op::MARK);
        self.push(CarryTask::Make { id, opcode: op::FROZENSET, object: None })?;
        self.push(CarryTask::Items(self.arena.items(run)))
    }

    pub(crate) fn tuple(&mut self, id: NodeId, run: Run) -> Result<()> {
        let opcode = op::tuple(run.len());
        match opcode {
            // Python has one.
            op::EMPTY_TUPLE => {
                self.writer.out.op(opcode);
                return Ok(());
            }
            op::TUPLE => self.writer.out.op(op::MARK),
            _ => {}
        }
        self.push(CarryTask::Make { id, opcode, object: None })?;
        self.push(CarryTask::Items(self.arena.items(run)))
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

    pub(crate) fn object(&mut self, id: NodeId, index: u32) -> Result<()> {
        let (object, extra) = (self.arena.object(index), self.arena.extra(index));
        let opcode = match object.build {
            Build::Instance => op::OBJ,
            Build::NewEx => op::NEWOBJ_EX,
            Build::New => op::NEWOBJ,
            Build::Reduce => op::REDUCE,
        };
        self.push(CarryTask::Make { id, opcode, object: Some(index) })?;
        match object.build {
            Build::Instance => {
                self.writer.out.op(op::MARK);
                let args = self.arena.sequence(object.args).unwrap_or(Run::EMPTY);
                self.push(CarryTask::Items(self.arena.items(args)))?;
            }
            Build::NewEx => {
                self.push(CarryTask::Item(extra.kwargs.unwrap_or(Item::None)))?;
                self.push(CarryTask::Item(object.args))?;
            }
            Build::New | Build::Reduce => self.push(CarryTask::Item(object.args))?,
        }
        self.push(CarryTask::Item(object.callable))
    }

    /// Makes what has all of its parts on the stack.
    fn make(&mut self, id: NodeId, opcode: u8, object: Option<u32>) -> Result<()> {
        self.writer.out.op(opcode);
        if self.document.is_cyclic(id) {
            // What comes then, and when, its pickle says.
            return Ok(());
        }
        let Some(index) = object else { return self.remember(id) };
        let (object, extra) = (self.arena.object(index), self.arena.extra(index));
        let is_dtype = self.arena.callable(object).is_some_and(|it| it.known == Known::Dtype);
        if is_dtype && extra.setter.is_none() {
            // As the writer writes them: each, and whole.
            self.push(CarryTask::Memoize(id))?;
        } else if extra.setter.is_some() {
            // It is given the object by its place in the memo.
            self.memoize(id)?;
        } else {
            self.remember(id)?;
        }
        self.state(id, index)?;
        self.fill(object.dict_items, op::SETITEMS)?;
        self.fill(object.list_items, op::APPENDS)
    }

    /// Gives the object on top its state, if it has one.
    pub(crate) fn state(&mut self, id: NodeId, index: u32) -> Result<()> {
        match (self.arena.object(index).state, self.arena.extra(index).setter) {
            (Some(state), Some(setter)) => {
                for opcode in [op::POP, op::REDUCE, op::TUPLE2] {
                    self.push(CarryTask::Op(opcode))?;
                }
                for part in [state, Item::Node(id), setter] {
                    self.push(CarryTask::Item(part))?;
                }
            }
            (Some(state), None) => {
                self.push(CarryTask::Op(op::BUILD))?;
                self.push(CarryTask::Item(state))?;
            }
            (None, _) => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
