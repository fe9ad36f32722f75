//! How the machine makes and fills containers and objects.

use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{NodeData, ObjectData};
use crate::arena::pool::{Run, index};
use crate::arena::scalar_run::ScalarRun;
use crate::format::calls::{Build, Known};
use crate::format::input::{Fault, Step};
use crate::format::opcode as op;
use crate::machine::fills::FillPart;
use crate::machine::run::Machine;

/// Items that are counted before they are moved at once.
const MANY: usize = 1024;

impl<'a> Machine<'a, '_> {
    /// POP takes an item, or else the MARK. A call whose result is thrown away was made for its
    /// effect on its first argument, which stands beneath it: the state setter of `__reduce__`, which is kept.
    ///
    /// CPython also throws away what it has made a second time, of what holds itself: that has another object
    /// beneath it, or comes out of the memo.
    pub(super) fn pop_top(&mut self) -> Step<()> {
        if self.stack.len() == self.fence() {
            return self.pop_mark().map(drop);
        }
        let Item::Node(call) = self.pop()? else { return Ok(()) };
        if self.arena.is_shared(call) {
            return Ok(());
        }
        let NodeData::Object(call) = *self.arena.node(call) else { return Ok(()) };
        let call = self.arena.object(call);
        let (callable, Item::Node(args)) = (call.callable, call.args) else { return Ok(()) };
        let NodeData::Tuple(args) = *self.arena.node(args) else { return Ok(()) };
        let Some(&[Item::Node(target), state]) = self.arena.as_slice(args) else { return Ok(()) };
        if !matches!(self.top(), Ok(Item::Node(beneath)) if beneath == target) {
            return Ok(());
        }
        self.set_state(target, state, Some(callable))
    }

    /// Makes a container of the items from the last MARK up.
    pub(crate) fn collect(&mut self, container: fn(Run) -> NodeData<'a>) -> Step<()> {
        let start = self.pop_mark()?;
        self.collect_from(container, start)
    }

    /// Makes a container of the topmost items.
    pub(super) fn collect_by(
        &mut self,
        container: fn(Run) -> NodeData<'a>,
        count: usize,
    ) -> Step<()> {
        let start = self.start_of(count)?;
        self.collect_from(container, start)
    }

    pub(super) fn collect_from(
        &mut self,
        container: fn(Run) -> NodeData<'a>,
        start: usize,
    ) -> Step<()> {
        if self.stack.len() - start > MANY {
            self.count(self.stack.len() - start)?;
        }
        let run = self.arena.extend(Run::EMPTY, &self.stack[start..])?;
        self.stack.truncate(start);
        self.push_node(container(run))?;
        let (true, Item::Node(id)) = (self.fills.is_some(), self.top()?) else { return Ok(()) };
        let count = index(run.len())?;
        match self.arena.node(id) {
            NodeData::List(_) => self.note(id, FillPart::Items(count)),
            NodeData::Dict(_) => self.note(id, FillPart::Entries(count)),
            // The others are made of what they hold.
            _ => Ok(()),
        }
    }

    pub(super) fn start_of(&self, count: usize) -> Step<usize> {
        let start = self.stack.len().checked_sub(count).filter(|&start| start >= self.fence());
        start.ok_or_else(|| Fault::invalid("too few items are on the stack"))
    }

    pub(super) fn check_pairs(&self, count: usize) -> Step<()> {
        match count % 2 {
            0 => Ok(()),
            _ => Err(Fault::invalid("a key has no value")),
        }
    }

    pub(super) fn extend_by(&mut self, opcode: u8, count: usize) -> Step<()> {
        let start = self.start_of(count)?;
        self.extend(opcode, start)
    }

    /// Moves the items from `start` up into the container beneath them.
    pub(crate) fn extend(&mut self, opcode: u8, start: usize) -> Step<()> {
        let items = &self.stack[start..];
        let keyed = matches!(opcode, op::SETITEM | op::SETITEMS);
        if keyed {
            self.check_pairs(items.len())?;
        }
        let Some(target) = start.checked_sub(1).filter(|&target| target >= self.fence()) else {
            return Err(Fault::invalid("no container is on the stack"));
        };
        let Item::Node(id) = self.stack[target] else {
            return Err(self.no_container(self.stack[target]));
        };
        let run = match (opcode, self.arena.node(id)) {
            (op::APPEND | op::APPENDS, NodeData::List(run))
            | (op::SETITEM | op::SETITEMS, NodeData::Dict(run))
            | (op::ADDITEMS, NodeData::Set(run)) => *run,
            (op::APPEND | op::APPENDS, NodeData::Object(object)) => {
                self.arena.object(*object).list_items
            }
            (op::SETITEM | op::SETITEMS, NodeData::Object(object)) => {
                self.arena.object(*object).dict_items
            }
            _ => return Err(self.no_container(Item::Node(id))),
        };
        if items.len() > MANY {
            self.count(items.len())?;
        }
        let items = &self.stack[start..];
        let count = index(items.len())?;
        let longer = self.arena.extend(run, items)?;
        self.note(id, if keyed { FillPart::Entries(count) } else { FillPart::Items(count) })?;
        self.stack.truncate(start);
        match self.arena.node_mut(id) {
            NodeData::List(run) | NodeData::Dict(run) | NodeData::Set(run) => *run = longer,
            NodeData::Object(object) => {
                let object = *object;
                let object = self.arena.object_mut(object);
                if keyed {
                    object.dict_items = longer;
                } else {
                    object.list_items = longer;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Scalars that come next and that an APPENDS after them gives to a list: the list takes them as
    /// they stand in the input, after what is on the stack for it already.
    pub(super) fn append_scalars(&mut self) -> Step<()> {
        let rest = self.input.rest();
        let scalars = ScalarRun::at_start_of(rest);
        if scalars.is_empty() || rest.get(scalars.size()) != Some(&op::APPENDS) {
            return Ok(());
        }
        let Some((id, run, start)) = self.open_list() else { return Ok(()) };
        self.input.take(scalars.size() as u64)?;
        let longer = self.arena.extend(run, &self.stack[start..])?;
        let longer = self.arena.extend_scalars(longer, scalars)?;
        self.note(id, FillPart::Items(index(longer.len() - run.len())?))?;
        *self.arena.node_mut(id) = NodeData::List(longer);
        self.stack.truncate(start);
        Ok(())
    }

    /// The list beneath the last MARK, its items, and where on the stack the next ones start.
    fn open_list(&self) -> Option<(NodeId, Run, usize)> {
        let (&start, outer) = self.marks.split_last()?;
        let list =
            start.checked_sub(1).filter(|list| outer.last().is_none_or(|mark| list >= mark))?;
        match *self.stack.get(list)? {
            Item::Node(id) => match self.arena.node(id) {
                NodeData::List(run) => Some((id, *run, start)),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn no_container(&self, item: Item<'a>) -> Fault {
        Fault::mismatch(
            "a container that takes these items",
            self.arena.type_name(item).to_string(),
        )
    }

    pub(crate) fn object(&mut self, build: Build, callable: Item<'a>, args: Item<'a>) -> Step<()> {
        let is_tuple = |id: NodeId| matches!(self.arena.node(id), NodeData::Tuple(_));
        if !matches!(args, Item::Node(id) if is_tuple(id)) {
            return Err(Fault::invalid("the arguments are not a tuple"));
        }
        let can_be_called =
            |id: NodeId| matches!(self.arena.node(id), NodeData::Global(_) | NodeData::Object(_));
        let Item::Node(called) = callable else { return Err(uncallable()) };
        if !can_be_called(called) {
            return Err(uncallable());
        }
        if let NodeData::Global(global) = *self.arena.node(called)
            && matches!(self.arena.global(global).known, Known::Encode | Known::ByteArray)
            && let Some(&[text, _]) = self.arena.tuple(args)
        {
            self.arena.note_encoded(text);
        }
        let object = ObjectData {
            build,
            callable,
            args,
            state: None,
            list_items: Run::EMPTY,
            dict_items: Run::EMPTY,
        };
        let item = self.arena.push_object(object)?;
        self.push(item)
    }

    pub(super) fn check_keywords(&self, kwargs: Item<'a>) -> Step<()> {
        let is_dict = |id: NodeId| matches!(self.arena.node(id), NodeData::Dict(_));
        match kwargs {
            Item::Node(id) if is_dict(id) => Ok(()),
            _ => Err(Fault::invalid("the keyword arguments are not a dict")),
        }
    }

    pub(super) fn top_object(&self) -> Step<u32> {
        match self.top()? {
            Item::Node(id) => match self.arena.node(id) {
                NodeData::Object(object) => Ok(*object),
                _ => Err(self.no_container(Item::Node(id))),
            },
            item => Err(self.no_container(item)),
        }
    }

    pub(super) fn global_lines(&mut self) -> Step<(&'a str, &'a str)> {
        let (module, name) = (self.input.line()?, self.input.line()?);
        match (std::str::from_utf8(module), std::str::from_utf8(name)) {
            (Ok(module), Ok(name)) => Ok((module, name)),
            _ => Err(Fault::invalid("the module or the name is not UTF-8")),
        }
    }
}

#[cold]
fn uncallable() -> Fault {
    Fault::invalid("what is to be called is neither a class nor a function")
}
