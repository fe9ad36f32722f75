//! Which objects a typed read takes for plain data: those whose state is fields, and the
//! containers of `collections`.

use super::arena::{Arena, Build, Item, NodeData};
use super::pool::Run;
use super::python::Known;

/// An object as plain data.
pub(super) enum Plain {
    /// A `deque`, or a subclass of `list`.
    Sequence(Run),
    /// An `OrderedDict`, `defaultdict` or `Counter`, a subclass of `dict`, or the fields of a
    /// dataclass or other plain object: `__dict__`, and slots after it.
    Entries(Vec<Run>),
}

/// The object as plain data, if it is that.
pub(super) fn plain<'d>(arena: &'d Arena<'d>, index: u32) -> Option<Plain> {
    let object = arena.object(index);
    let known = arena.callable(object).map_or(Known::Other, |global| global.known);
    match (known, object.build, arena.args(object)) {
        (Known::OrderedDict | Known::DefaultDict, Build::Reduce, _) => {
            Some(Plain::Entries(vec![object.dict_items]))
        }
        // A `Counter` is called with its counts, a `deque` with its items before Python 3.
        (Known::Counter, Build::Reduce, [Item::Node(counts)]) => match arena.node(*counts) {
            NodeData::Dict(run) => Some(Plain::Entries(vec![*run])),
            _ => None,
        },
        (Known::Deque, Build::Reduce, [Item::Node(items), ..]) if object.list_items.len() == 0 => {
            match arena.node(*items) {
                NodeData::List(run) | NodeData::Tuple(run) => Some(Plain::Sequence(*run)),
                _ => None,
            }
        }
        (Known::Deque, Build::Reduce, _) => Some(Plain::Sequence(object.list_items)),
        // `copyreg._reconstructor(cls, object, None)`
        (Known::Reconstructor, Build::Reduce, [_, Item::Node(base), Item::None]) => {
            match arena.node(*base) {
                NodeData::Global(base) if arena.global(*base).name == "object" => {
                    fields(arena, index)
                }
                _ => None,
            }
        }
        (Known::Other, Build::New | Build::Instance, []) => fields(arena, index),
        _ => None,
    }
}

/// What fills an object that was made without arguments.
fn fields<'d>(arena: &'d Arena<'d>, index: u32) -> Option<Plain> {
    let object = arena.object(index);
    match (object.list_items.len(), object.dict_items.len()) {
        (0, 0) => {}
        (_, 0) => return Some(Plain::Sequence(object.list_items)),
        (0, _) => return Some(Plain::Entries(vec![object.dict_items])),
        _ => return None,
    }
    let dict = |item: Item<'d>| match item {
        Item::None => Some(Run::EMPTY),
        Item::Node(id) => match arena.node(id) {
            NodeData::Dict(run) => Some(*run),
            _ => None,
        },
        _ => None,
    };
    match object.state {
        None => Some(Plain::Entries(Vec::new())),
        Some(state) => match (dict(state), arena.tuple(state)) {
            (Some(run), _) => Some(Plain::Entries(vec![run])),
            // `(__dict__, slots)`
            (None, Some([first, slots])) => {
                Some(Plain::Entries(vec![dict(*first)?, dict(*slots)?]))
            }
            _ => None,
        },
    }
}
