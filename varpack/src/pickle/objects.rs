//! Which objects a typed read takes for plain data: those whose state is fields, the containers of
//! `collections`, and those of a class whose base is plain data.

use super::arena::{Arena, Build, Item, NodeData, ObjectData};
use super::numpy;
use super::pool::Run;
use super::python::{Kind, Known};
use super::visit::Ask;

/// An object as plain data.
pub(super) enum Plain<'d> {
    /// A `deque`, a subclass of `list`, or a namedtuple.
    Sequence(Run),
    /// An `OrderedDict`, `defaultdict` or `Counter`, a subclass of `dict`, or the fields of a
    /// dataclass or other plain object: `__dict__`, and slots after it.
    Entries(Vec<Run>),
    /// A dict that is called with a list of its keys and values.
    Pairs(Run),
    /// What a class was called with for it: of a member of an `Enum` its value, of a subclass of `int`,
    /// `str`, `tuple` and the like what it is without the subclass.
    Base(Item<'d>),
    /// A subclass of `numpy.ndarray` that pickles as that does.
    Array(&'d ObjectData<'d>),
}

/// The object as plain data, if it is that. A pickle does not say which base a class has: `ask` decides where
/// several are possible.
pub(super) fn plain<'d>(arena: &'d Arena<'d>, index: u32, ask: Ask) -> Option<Plain<'d>> {
    let object = arena.object(index);
    let known = arena.callable(object).map_or(Known::Other, |global| global.known);
    match (known, object.build, arena.args(object)) {
        (Known::OrderedDict, Build::Reduce, []) | (Known::DefaultDict, Build::Reduce, [] | [_]) => {
            Some(Plain::Entries(vec![object.dict_items]))
        }
        // Before Python 3 it is called with its entries, each a list of two.
        (Known::OrderedDict, Build::Reduce, [entries]) => match arena.kind(*entries) {
            Kind::List(run) => Some(Plain::Pairs(run)),
            _ => None,
        },
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
        // `copyreg._reconstructor(cls, base, base(self))`
        (Known::Reconstructor, Build::Reduce, [_, base, value]) => {
            match (global_name(arena, *base)?, value) {
                ("object", Item::None) => fields(arena, index, ask),
                ("object", _) => None,
                _ => Some(Plain::Base(*value)),
            }
        }
        (Known::Reconstruct, _, [class, ..]) => {
            let class = global_name(arena, *class)?;
            let is_whole = numpy::is_array_state(arena, object.state?);
            (is_whole && class != "MaskedArray").then_some(Plain::Array(object))
        }
        (Known::Other, Build::New | Build::Instance, []) => fields(arena, index, ask),
        (Known::Other, Build::New, [_, ..]) => subclass(arena, index, ask),
        (Known::Other, Build::Reduce | Build::Instance, args) => called(arena, object, args),
        _ => None,
    }
}

/// The call that makes an array, of a subclass of `numpy.ndarray` too.
pub(super) fn array<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Option<&'d ObjectData<'d>> {
    match arena.kind(item) {
        Kind::Array(object) => Some(object),
        Kind::Object(index) => match plain(arena, index, Ask::Any)? {
            Plain::Array(object) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

/// What fills an object that was made without arguments.
fn fields<'d>(arena: &'d Arena<'d>, index: u32, ask: Ask) -> Option<Plain<'d>> {
    let object = arena.object(index);
    match (object.list_items.len(), object.dict_items.len()) {
        (0, 0) => {}
        (_, 0) => return Some(Plain::Sequence(object.list_items)),
        (0, _) => return Some(Plain::Entries(vec![object.dict_items])),
        _ => return None,
    }
    match object.state {
        // A subclass of `list` without items looks as one of `object` does.
        None if ask.is_sequence() => Some(Plain::Sequence(Run::EMPTY)),
        None => Some(Plain::Entries(Vec::new())),
        Some(state) => attributes(arena, state).map(Plain::Entries),
    }
}

/// The attributes that a state sets: `__dict__`, or `(__dict__, slots)`.
fn attributes<'d>(arena: &'d Arena<'d>, state: Item<'d>) -> Option<Vec<Run>> {
    let dict = |item: Item<'d>| match item {
        Item::None => Some(Run::EMPTY),
        Item::Node(id) => match arena.node(id) {
            NodeData::Dict(run) => Some(*run),
            _ => None,
        },
        _ => None,
    };
    match (dict(state), arena.tuple(state)) {
        (Some(run), _) => Some(vec![run]),
        (None, Some([first, slots])) => Some(vec![dict(*first)?, dict(*slots)?]),
        _ => None,
    }
}

/// `cls.__new__(cls, *args)`: a subclass of `int`, `float`, `str`, `bytes` or `tuple` has its value as the one
/// argument, a namedtuple its items as the arguments.
fn subclass<'d>(arena: &'d Arena<'d>, index: u32, ask: Ask) -> Option<Plain<'d>> {
    let object = arena.object(index);
    if object.list_items.len() + object.dict_items.len() != 0 {
        return None;
    }
    if let (Ask::Fields(_), Some(state)) = (ask, object.state) {
        let attributes = attributes(arena, state)?;
        if attributes.iter().any(|run| run.len() != 0) {
            return Some(Plain::Entries(attributes));
        }
    }
    let Item::Node(args) = object.args else { return None };
    let NodeData::Tuple(items) = arena.node(args) else { return None };
    let [only] = arena.as_slice(*items)? else { return Some(Plain::Sequence(*items)) };
    match arena.kind(*only) {
        Kind::Tuple(run) if !ask.is_for_one() || run.len() == 1 => Some(Plain::Base(*only)),
        _ if ask.is_for_one() => Some(Plain::Sequence(*items)),
        Kind::Bytes(_) | Kind::Surrogates(_) => Some(Plain::Base(*only)),
        kind => is_scalar(&kind).then_some(Plain::Base(*only)),
    }
}

/// `cls(value)`: a member of an `Enum`, a subclass of `set`, or a builtin that `__reduce__` calls.
fn called<'d>(
    arena: &'d Arena<'d>,
    object: &'d ObjectData<'d>,
    args: &[Item<'d>],
) -> Option<Plain<'d>> {
    let class = arena.callable(object)?;
    let is_builtin = class.module == "builtins";
    let (list, dict) = (object.list_items, object.dict_items);
    match (args, class.name) {
        ([], "list") if is_builtin && dict.len() == 0 => return Some(Plain::Sequence(list)),
        ([], "dict") if is_builtin && list.len() == 0 => return Some(Plain::Entries(vec![dict])),
        ([], "tuple") if is_builtin => return Some(Plain::Sequence(Run::EMPTY)),
        _ => {}
    }
    let [only] = args else { return None };
    // What a function makes is not what it is called with: a class has a capital letter (PEP 8).
    let is_class =
        class.name.rsplit('.').next()?.trim_start_matches('_').starts_with(char::is_uppercase);
    if !(is_class || is_builtin) || list.len() + dict.len() != 0 {
        return None;
    }
    let kind = arena.kind(*only);
    let is_sequence = matches!(kind, Kind::List(_) | Kind::Tuple(_));
    let is_base = match (is_builtin, class.name) {
        (true, "list" | "tuple") => is_sequence,
        (true, "dict") => match kind {
            Kind::List(run) => return Some(Plain::Pairs(run)),
            kind => matches!(kind, Kind::Dict(_)),
        },
        (true, "int") => matches!(kind, Kind::Int(_) | Kind::BigInt(_)),
        (true, "float") => matches!(kind, Kind::Float(_) | Kind::Int(_)),
        (true, "str") => matches!(kind, Kind::Str(_) | Kind::Surrogates(_)),
        (true, "bool") => matches!(kind, Kind::Bool(_)),
        (true, "bytes") => matches!(kind, Kind::Bytes(_)),
        (true, _) => false,
        // A subclass of `set` has its attributes as a state.
        (false, _) if is_sequence => {
            object.state.is_none_or(|state| attributes(arena, state).is_some())
        }
        (false, _) => object.state.is_none() && (is_scalar(&kind) || matches!(kind, Kind::Dict(_))),
    };
    is_base.then_some(Plain::Base(*only))
}

fn is_scalar(kind: &Kind<'_>) -> bool {
    matches!(
        kind,
        Kind::Bool(_)
            | Kind::Int(_)
            | Kind::BigInt(_)
            | Kind::Float(_)
            | Kind::Str(_)
            | Kind::Scalar(_)
    )
}

/// The name of a class or function.
fn global_name<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Option<&'d str> {
    match arena.kind(item) {
        Kind::Global(global) => Some(global.name),
        _ => None,
    }
}
