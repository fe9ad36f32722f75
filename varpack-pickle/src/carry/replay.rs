//! What holds itself, from one pickle to another: step by step, in the order in which its pickle makes it.
//!
//! Python can make it in no other order. A function is called with a list that is empty as yet or with one that is
//! full, and a set hashes its items while they have no state as yet or have one: that is up to the pickle. CPython
//! begins some of these objects twice, and throws one of them away; what it keeps is made step by step all the same.
//!
//! Each object goes into the memo as soon as it is made, and is fetched from there. What nothing else refers to is
//! written where it is used, as long as Python cannot tell.

use crate::Result;
use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::NodeData;
use crate::arena::pool::Items;
use crate::carry::copy::{Carrier, CarryTask, REMEMBERED};
use crate::document::history::History;
use crate::format::opcode as op;
use crate::machine::fills::{Fill, FillPart};
use crate::write::batch::Batch;
use std::collections::{HashMap, HashSet};

/// What is left of the items, or of the keys and values, of what is filled in several steps.
type Rest<'d> = HashMap<(NodeId, u8), Items<'d, 'd>>;

/// Bytes of a node that was seen, while the tables of them double, and of one that is still to be looked at.
const SEEN: usize = 2 * (size_of::<NodeId>() + 1) + 4 * size_of::<NodeId>();

impl<'d> Carrier<'d, '_> {
    /// Writes an object that holds itself, however far down.
    pub(super) fn replay(&mut self, root: NodeId) -> Result<()> {
        let (nodes, fills) = self.steps(root)?;
        let (mut fills, mut rest, mut top) = (fills.into_iter().peekable(), Rest::new(), None);
        for node in nodes {
            while let Some(fill) = fills.next_if(|fill| fill.made as usize <= node.index()) {
                self.refill(fill, &mut rest, &mut top)?;
            }
            self.writer.out.cut();
            self.show(None, &mut top);
            self.create(node)?;
            self.run()?;
            self.memoize(node)?;
            top = Some(node);
        }
        for fill in fills {
            self.refill(fill, &mut rest, &mut top)?;
        }
        if top != Some(root) {
            self.show(None, &mut top);
            self.node(root)?;
        }
        self.run()
    }

    /// What is to be made for a node, and how it is filled, each in the pickle's order.
    fn steps(&mut self, root: NodeId) -> Result<(Vec<NodeId>, Vec<Fill>)> {
        let mut nodes = self.parts_in_loops(root)?;
        nodes.retain(|&node| !self.is_written_in_place(node));
        nodes.sort_unstable_by_key(|node| node.index());
        if self.carried.history.is_none() {
            self.carried.history = Some(History::of(self.document)?);
        }
        let mut fills = Vec::new();
        if let Some(history) = &self.carried.history {
            for &node in &nodes {
                let own = history.of_node(node);
                self.meter.charge_each(own.len(), 2 * size_of::<Fill>())?;
                fills.extend_from_slice(own);
            }
        }
        fills.sort_unstable_by_key(|fill| fill.order);
        Ok((nodes, fills))
    }

    /// The nodes from this one on that are, or hold, a part of themselves, and are not in the memo.
    fn parts_in_loops(&self, root: NodeId) -> Result<Vec<NodeId>> {
        let is_new =
            |node| self.document.is_cyclic(node) && !self.carried.nodes.contains_key(&node);
        let mut seen: HashSet<_> = [root].into_iter().filter(|&root| is_new(root)).collect();
        let mut next: Vec<_> = seen.iter().copied().collect();
        while let Some(node) = next.pop() {
            for child in self.arena.children(node) {
                if let Item::Node(child) = child
                    && is_new(child)
                    && seen.insert(child)
                {
                    self.meter.charge(SEEN)?;
                    next.push(child);
                }
            }
        }
        Ok(seen.into_iter().collect())
    }

    /// Whether Python cannot tell when this is made and filled, up to where it is used: nothing else refers to it, and
    /// it neither calls nor hashes what may be half made.
    pub(super) fn is_written_in_place(&self, node: NodeId) -> bool {
        let is_finite = |key| !matches!(key, Item::Node(key) if self.document.is_cyclic(key));
        !self.arena.is_shared(node)
            && match self.arena.node(node) {
                NodeData::List(_) | NodeData::Tuple(_) => true,
                NodeData::Dict(run) => self.arena.items(*run).step_by(2).all(is_finite),
                _ => false,
            }
    }

    /// Has an object on top of Python's stack, and no other there.
    fn show(&mut self, node: Option<NodeId>, top: &mut Option<NodeId>) {
        if *top == node {
            return;
        }
        if top.is_some() {
            self.writer.out.op(op::POP);
        }
        *top = node.filter(|node| match self.carried.nodes.get(node) {
            Some(&index) => {
                self.writer.out.get(index);
                true
            }
            None => false,
        });
    }

    /// Makes an object, of parts that are there, with nothing in it that comes later.
    fn create(&mut self, node: NodeId) -> Result<()> {
        match self.arena.node(node) {
            NodeData::List(_) => self.writer.out.op(op::EMPTY_LIST),
            NodeData::Dict(_) => self.writer.out.op(op::EMPTY_DICT),
            NodeData::Set(_) => self.writer.out.op(op::EMPTY_SET),
            NodeData::Tuple(run) => return self.tuple(node, *run),
            NodeData::FrozenSet(run) => return self.frozen_set(node, *run),
            NodeData::Object(object) => return self.object(node, *object),
            // The others hold nothing.
            _ => {}
        }
        Ok(())
    }

    fn refill(&mut self, fill: Fill, rest: &mut Rest<'d>, top: &mut Option<NodeId>) -> Result<()> {
        self.writer.out.cut();
        self.show(Some(fill.node), top);
        let node = self.arena.node(fill.node);
        let (run, opcode, count) = match (fill.part, node) {
            (FillPart::State, NodeData::Object(object)) => {
                self.state(fill.node, *object)?;
                return self.run();
            }
            (FillPart::Items(count), NodeData::List(run)) => (*run, op::APPENDS, count),
            (FillPart::Items(count), NodeData::Set(run)) => (*run, op::ADDITEMS, count),
            (FillPart::Entries(count), NodeData::Dict(run)) => (*run, op::SETITEMS, count),
            (FillPart::Items(count), NodeData::Object(object)) => {
                (self.arena.object(*object).list_items, op::APPENDS, count)
            }
            (FillPart::Entries(count), NodeData::Object(object)) => {
                (self.arena.object(*object).dict_items, op::SETITEMS, count)
            }
            // A step is of what the node is.
            _ => return Ok(()),
        };
        let count = count as usize;
        let known = rest.remove(&(fill.node, opcode));
        let mut items = known.unwrap_or_else(|| self.arena.items(run));
        let next = items.clone();
        if count < items.len() {
            if let Some(last) = count.checked_sub(1) {
                items.nth(last);
            }
            self.meter.charge(REMEMBERED + 2 * size_of::<Items<'_, '_>>())?;
            rest.insert((fill.node, opcode), items);
        }
        self.push(CarryTask::Batches { items: next.take(count), batch: Batch::default(), opcode })?;
        self.run()
    }
}
