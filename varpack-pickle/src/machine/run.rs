//! The pickle machine: runs opcodes over a stack and a memo, and leaves an arena behind. It builds
//! data and nothing else: a class is a name to it and a call is a note of what was to be called.

use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::{Arena, GlobalData, NodeData};
use crate::arena::pool::{Full, Run, index};
use crate::budget::HeldBytes;
use crate::format::calls::Build;
use crate::format::input::{Fault, Input, Step};
use crate::format::legacy;
use crate::format::opcode as op;
use crate::format::text;
use crate::machine::fills::{Fill, FillPart};
use crate::machine::memo::Memo;
use crate::npy::internal::file_kind;
use crate::{Error, ErrorKind, Result};

impl From<Full> for Fault {
    fn from(_: Full) -> Self {
        Fault::limit("over 4 billion items")
    }
}

pub(crate) struct Machine<'a, 'h> {
    pub(crate) input: Input<'a>,
    pub(crate) arena: Arena<'a>,
    memo: Memo<'a>,
    pub(crate) stack: Vec<Item<'a>>,
    /// Where each MARK stands in `stack`.
    pub(crate) marks: Vec<usize>,
    /// As PROTO says; pickles without it are of protocol 0 or 1.
    protocol: u8,
    /// What all of this takes; `None` if nobody counts.
    held: Option<&'h mut HeldBytes>,
    /// Opcodes until it is counted again.
    uncounted: u32,
    /// Items and bytes of states that may yet be compared with those that objects have already.
    pub(crate) uncompared: usize,
    /// In which order what is made is filled; `None` if nobody asks.
    pub(crate) fills: Option<Vec<Fill>>,
}

/// How many opcodes are run before what they took is counted. Each takes a few hundred bytes at most.
const UNCOUNTED: u32 = 1024;

/// Runs a pickle to its STOP, which has to be its last byte. `held`: what counts the memory of it. Of another kind
/// of file the error says which.
pub(crate) fn run<'a>(
    bytes: &'a [u8],
    held: Option<&mut HeldBytes>,
) -> Result<(Arena<'a>, Item<'a>)> {
    let mut machine = Machine::new(bytes, held);
    let root = machine.run(bytes).map_err(|error| match file_kind::of_pickle(bytes) {
        Some(kind) if error.kind() == ErrorKind::Pickle => {
            Error::new(ErrorKind::Pickle).with_expected("a pickle").with_found(kind)
        }
        _ => error,
    })?;
    machine.arena.find_filenames();
    Ok((machine.arena, root))
}

/// In which order a pickle fills what it makes.
pub(crate) fn fills(bytes: &[u8], held: Option<&mut HeldBytes>) -> Result<Vec<Fill>> {
    let mut machine = Machine::new(bytes, held);
    machine.fills = Some(Vec::new());
    machine.run(bytes)?;
    Ok(machine.fills.unwrap_or_default())
}

impl<'a, 'h> Machine<'a, 'h> {
    fn new(bytes: &'a [u8], held: Option<&'h mut HeldBytes>) -> Self {
        Self {
            input: Input::new(bytes),
            arena: Arena::default(),
            memo: Memo::default(),
            stack: Vec::new(),
            marks: Vec::new(),
            protocol: 0,
            held,
            uncounted: UNCOUNTED,
            uncompared: bytes.len(),
            fills: None,
        }
    }

    fn run(&mut self, bytes: &[u8]) -> Result<Item<'a>> {
        loop {
            let left = self.input.left();
            let explain = |fault: Fault, name| fault.at(bytes.len() - left, name);
            let opcode = self.input.byte().map_err(|fault| explain(fault, "no STOP yet"))?;
            if opcode == op::STOP {
                return self.stop().map_err(|fault| explain(fault, "STOP"));
            }
            self.uncounted -= 1;
            if self.uncounted == 0 {
                self.count(0)?;
            }
            if let Err(fault) = self.step(opcode) {
                return Err(match op::name(opcode) {
                    Some(name) => explain(fault, name),
                    None => explain(fault, &format!("byte 0x{opcode:02x}")),
                });
            }
        }
    }
}

impl<'a> Machine<'a, '_> {
    fn stop(&mut self) -> Step<Item<'a>> {
        let root = self.pop()?;
        if !self.stack.is_empty() || !self.marks.is_empty() {
            let left = self.stack.len() + self.marks.len();
            return Err(Fault::invalid(format!("{left} items are left on the stack")));
        }
        match self.input.left() {
            0 => Ok(root),
            left => Err(Fault::invalid(format!("{left} bytes follow the end of the pickle"))),
        }
    }

    /// Counts what the pickle takes so far, and so many items that are about to be put into a container.
    #[inline(never)]
    pub(crate) fn count(&mut self, items: usize) -> Result<()> {
        self.uncounted = UNCOUNTED;
        let Some(held) = &mut self.held else { return Ok(()) };
        let items = 2 * (items + self.stack.capacity()) * size_of::<Item<'_>>();
        let fills = 2 * self.fills.as_ref().map_or(0, Vec::len) * size_of::<Fill>();
        let size = self.arena.size() + self.memo.size() + items + fills;
        held.hold(size + self.marks.capacity() * size_of::<usize>())
    }

    /// Notes that a node was filled.
    #[inline]
    pub(crate) fn note(&mut self, node: NodeId, part: FillPart) -> Step<()> {
        if let Some(fills) = &mut self.fills {
            let (made, order) = (index(self.arena.node_count())?, index(fills.len())?);
            fills.push(Fill { node, made, order, part });
        }
        Ok(())
    }

    #[inline]
    fn step(&mut self, opcode: u8) -> Step<()> {
        if let Some(scalar) = self.input.scalar(opcode)? {
            return self.push(scalar);
        }
        match opcode {
            op::SHORT_BINUNICODE => {
                let len = self.input.byte()?;
                self.string(len.into())
            }
            op::BINUNICODE => {
                let len = self.input.u32()?;
                self.string(len.into())
            }
            op::BINUNICODE8 => {
                let len = self.input.u64()?;
                self.string(len)
            }
            op::MEMOIZE => {
                let item = self.top()?;
                self.memo.push(item)
            }
            op::BINPUT => {
                let index = self.input.byte()?;
                self.put(index.into())
            }
            op::LONG_BINPUT => {
                let index = self.input.u32()?;
                self.put(index.into())
            }
            op::PUT => {
                let index = text::index(self.input.line()?)?;
                self.put(index)
            }
            op::BINGET => {
                let index = self.input.byte()?;
                self.get(index.into())
            }
            op::LONG_BINGET => {
                let index = self.input.u32()?;
                self.get(index.into())
            }
            op::GET => {
                let index = text::index(self.input.line()?)?;
                self.get(index)
            }
            op::MARK => {
                self.marks.push(self.stack.len());
                self.append_scalars()
            }
            op::EMPTY_DICT => self.push_node(NodeData::Dict(Run::EMPTY)),
            op::EMPTY_LIST => self.push_node(NodeData::List(Run::EMPTY)),
            op::EMPTY_SET => self.push_node(NodeData::Set(Run::EMPTY)),
            op::EMPTY_TUPLE => self.push_node(NodeData::Tuple(Run::EMPTY)),
            op::SETITEMS | op::APPENDS | op::ADDITEMS => {
                let start = self.pop_mark()?;
                self.extend(opcode, start)
            }
            op::SETITEM => self.extend_by(opcode, 2),
            op::APPEND => self.extend_by(opcode, 1),
            op::TUPLE1 => self.collect_by(NodeData::Tuple, 1),
            op::TUPLE2 => self.collect_by(NodeData::Tuple, 2),
            op::TUPLE3 => self.collect_by(NodeData::Tuple, 3),
            op::TUPLE => self.collect(NodeData::Tuple),
            op::LIST => self.collect(NodeData::List),
            op::FROZENSET => self.collect(NodeData::FrozenSet),
            op::DICT => {
                let start = self.pop_mark()?;
                self.check_pairs(self.stack.len() - start)?;
                self.collect_from(NodeData::Dict, start)
            }
            op::LONG1 => {
                let len = self.input.byte()?;
                self.long(len.into())
            }
            op::LONG4 => {
                let len = u64::try_from(self.input.i32()?)
                    .map_err(|_| Fault::invalid("the length of the integer is negative"))?;
                self.long(len)
            }
            op::SHORT_BINBYTES => {
                let len = self.input.byte()?;
                self.bytes(len.into())
            }
            op::BINBYTES => {
                let len = self.input.u32()?;
                self.bytes(len.into())
            }
            op::BINBYTES8 => {
                let len = self.input.u64()?;
                self.bytes(len)
            }
            op::BYTEARRAY8 => {
                let len = self.input.u64()?;
                let bytes = self.input.take(len)?;
                self.push_node(NodeData::ByteArray(bytes))
            }
            _ => self.step_rare(opcode),
        }
    }

    /// The opcodes that come once a pickle, with objects, or in old protocols.
    #[inline(never)]
    fn step_rare(&mut self, opcode: u8) -> Step<()> {
        match opcode {
            op::PROTO => match self.input.byte()? {
                version @ 0..=op::HIGHEST_PROTOCOL => {
                    self.protocol = version;
                    Ok(())
                }
                version => Err(Fault::mismatch("a protocol from 0 to 5", version.to_string())),
            },
            op::FRAME => {
                let (len, left) = (self.input.u64()?, self.input.left());
                if len > left as u64 {
                    return Err(Fault::truncated(len, left));
                }
                self.append_scalars()
            }
            op::POP => self.pop_top(),
            op::POP_MARK => {
                let start = self.pop_mark()?;
                self.stack.truncate(start);
                Ok(())
            }
            op::DUP => {
                let item = self.top()?;
                let item = self.shared(item);
                self.push(item)
            }
            op::INT => match self.input.line()? {
                b"00" => self.push(Item::Bool(false)),
                b"01" => self.push(Item::Bool(true)),
                line => self.decimal(line),
            },
            op::LONG => {
                let line = self.input.line()?;
                self.decimal(line.strip_suffix(b"L").unwrap_or(line))
            }
            op::FLOAT => {
                let float = text::float(self.input.line()?)?;
                self.push(Item::Float(float))
            }
            op::STRING => {
                let bytes = text::quoted_bytes(self.input.line()?)?;
                self.arena.own(bytes.len());
                self.push_node(match String::from_utf8(bytes) {
                    Ok(text) if text.is_ascii() => NodeData::OwnedStr(text.into()),
                    Ok(text) => NodeData::OwnedBytes(text.into_bytes().into()),
                    Err(error) => NodeData::OwnedBytes(error.into_bytes().into()),
                })
            }
            op::BINSTRING => {
                let len = u64::try_from(self.input.i32()?)
                    .map_err(|_| Fault::invalid("the length of the string is negative"))?;
                self.byte_string(len)
            }
            op::SHORT_BINSTRING => {
                let len = self.input.byte()?;
                self.byte_string(len.into())
            }
            op::UNICODE => {
                let text = text::raw_unicode_escape(self.input.line()?)?;
                self.arena.own(text.len());
                self.push_node(match String::from_utf8(text) {
                    Ok(text) => NodeData::OwnedStr(text.into()),
                    Err(error) => NodeData::OwnedSurrogates(error.into_bytes().into()),
                })
            }
            op::GLOBAL => {
                let (module, name) = self.global_lines()?;
                self.push_global(module, name)
            }
            op::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                match (module, name) {
                    (
                        Item::Str(module) | Item::SharedStr(module),
                        Item::Str(name) | Item::SharedStr(name),
                    ) => self.push_global(module, name),
                    _ => Err(Fault::invalid("the module and the name are not two strings")),
                }
            }
            op::REDUCE => {
                let (args, callable) = (self.pop()?, self.pop()?);
                self.object(Build::Reduce, callable, args)
            }
            op::NEWOBJ => {
                let (args, class) = (self.pop()?, self.pop()?);
                self.object(Build::New, class, args)
            }
            op::NEWOBJ_EX => {
                let (kwargs, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.check_keywords(kwargs)?;
                self.object(Build::NewEx, class, args)?;
                let object = self.top_object()?;
                self.arena.extra_mut(object).kwargs = Some(kwargs);
                Ok(())
            }
            op::INST => {
                let (module, name) = self.global_lines()?;
                self.collect(NodeData::Tuple)?;
                let args = self.pop()?;
                self.push_global(module, name)?;
                let class = self.pop()?;
                self.object(Build::Instance, class, args)
            }
            op::OBJ => {
                let start = self.pop_mark()?;
                if start == self.stack.len() {
                    return Err(Fault::invalid("no class after the MARK"));
                }
                let class = self.stack.remove(start);
                self.collect_from(NodeData::Tuple, start)?;
                let args = self.pop()?;
                self.object(Build::Instance, class, args)
            }
            op::BUILD => {
                let state = self.pop()?;
                self.top_object()?;
                match self.top()? {
                    Item::Node(object) => self.set_state(object, state, None),
                    _ => Ok(()),
                }
            }
            op::PERSID | op::BINPERSID => Err(Fault::invalid(
                "the pickle refers to an object outside it (a persistent id), which only the \
                 program that wrote it can find",
            )),
            op::EXT1 | op::EXT2 | op::EXT4 => Err(Fault::invalid(
                "the pickle refers to Python's extension registry (copyreg.add_extension)",
            )),
            op::NEXT_BUFFER | op::READONLY_BUFFER => Err(Fault::invalid(
                "the pickle has buffers outside it (buffer_callback), which are not here",
            )),
            _ => Err(Fault::invalid("no such opcode")),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, item: Item<'a>) -> Step<()> {
        self.stack.push(item);
        Ok(())
    }

    #[inline]
    pub(super) fn push_node(&mut self, data: NodeData<'a>) -> Step<()> {
        let item = self.arena.push(data)?;
        self.push(item)
    }

    fn push_global(&mut self, module: &'a str, name: &'a str) -> Step<()> {
        let (module, name) = match self.protocol {
            0..3 => legacy::current(module, name),
            _ => (module, name),
        };
        let item = self.arena.push_global(GlobalData::new(module, name))?;
        self.push(item)
    }

    /// What lies under the last MARK is out of reach.
    #[inline]
    pub(super) fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(crate) fn pop(&mut self) -> Step<Item<'a>> {
        let item = self.top()?;
        self.stack.pop();
        Ok(item)
    }

    pub(crate) fn top(&self) -> Step<Item<'a>> {
        match self.stack.last() {
            Some(item) if self.stack.len() > self.fence() => Ok(*item),
            _ => Err(Fault::invalid("nothing is on the stack")),
        }
    }

    pub(super) fn pop_mark(&mut self) -> Step<usize> {
        self.marks.pop().ok_or_else(|| Fault::invalid("no MARK is on the stack"))
    }

    fn put(&mut self, index: u64) -> Step<()> {
        let item = self.top()?;
        self.memo.put(index, item)
    }

    #[inline(always)]
    fn get(&mut self, index: u64) -> Step<()> {
        let item = self.memo.get(index)?;
        let item = self.shared(item);
        self.push(item)
    }

    #[inline(always)]
    fn shared(&mut self, item: Item<'a>) -> Item<'a> {
        match item {
            Item::Str(text) => Item::SharedStr(text),
            Item::Bytes(bytes) => Item::SharedBytes(bytes),
            Item::Node(id) => {
                self.arena.share(id);
                item
            }
            _ => item,
        }
    }
}
