//! Which objects a typed read takes for plain data: those whose state is fields, the containers of
//! `collections`, and those of a class whose base is plain data.

use crate::arena::item::Item;
use crate::arena::nodes::{Arena, NodeData, ObjectData};
use crate::arena::pool::Run;
use crate::format::calls::{Build, Known};
use crate::python::kind::Kind;
use crate::python::numpy;

/// What a visitor asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Whatever is there: serde's own buffer, or a type that takes several things.
    Any,
    /// A number, a text, bytes.
    Scalar,
    /// Keys and values.
    Entries,
    /// Items, however many.
    Sequence,
    /// So many items.
    Tuple(usize),
    /// A struct of so many fields.
    Fields(usize),
}

impl Ask {
    pub(crate) fn is_sequence(self) -> bool {
        matches!(self, Self::Sequence | Self::Tuple(_))
    }

    /// Whether it is a tuple or a struct of one.
    pub(super) fn is_for_one(self) -> bool {
        matches!(self, Self::Tuple(1) | Self::Fields(1))
    }
}

/// An object as plain data.
pub(crate) enum PlainObject<'d> {
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

/// All that a pickle says of an object beside what it calls. Whatever is plain data accounts for each part, so that
/// none is dropped.
struct ObjectForm<'d> {
    args: &'d [Item<'d>],
    items: ObjectItems,
    state: ObjectState,
}

/// What was put into an object once it was made.
enum ObjectItems {
    Nothing,
    /// By `append` or `extend`.
    List(Run),
    /// By `obj[key] = value`.
    Dict(Run),
}

/// What an object's state is, as far as its class is not asked for it.
enum ObjectState {
    Nothing,
    /// `__dict__`, and slots after it.
    Attributes(Vec<Run>),
    /// Of a subclass of `numpy.ndarray` that has put nothing to it.
    Array,
}

impl<'d> ObjectForm<'d> {
    /// `None` where a class, or a function in its stead, makes something of its own of it: of a state that is no
    /// `__dict__`, by a setter, by arguments with names, by items of both kinds.
    fn of(arena: &'d Arena<'d>, index: u32) -> Option<Self> {
        let (object, extra) = (arena.object(index), arena.extra(index));
        if extra.setter.is_some() || extra.kwargs.is_some() {
            return None;
        }
        let items = match (object.list_items, object.dict_items) {
            (list, dict) if list.len() + dict.len() == 0 => ObjectItems::Nothing,
            (list, dict) if dict.len() == 0 => ObjectItems::List(list),
            (list, dict) if list.len() == 0 => ObjectItems::Dict(dict),
            _ => return None,
        };
        let state = match object.state {
            None => ObjectState::Nothing,
            Some(state) if numpy::is_array_state(arena, state) => ObjectState::Array,
            Some(state) => ObjectState::Attributes(attributes(arena, state)?),
        };
        Some(Self { args: arena.args(object), items, state })
    }
}

impl ObjectItems {
    /// Those of a sequence.
    fn list(&self) -> Option<Run> {
        match self {
            Self::Nothing => Some(Run::EMPTY),
            Self::List(run) => Some(*run),
            Self::Dict(_) => None,
        }
    }

    /// Those of a map.
    fn dict(&self) -> Option<Run> {
        match self {
            Self::Nothing => Some(Run::EMPTY),
            Self::Dict(run) => Some(*run),
            Self::List(_) => None,
        }
    }
}

/// The object as plain data, if it is that: if its pickle is of the form that Python writes for such a one. A pickle
/// does not say which base a class has: `ask` decides where several are possible.
pub(crate) fn plain<'d>(arena: &'d Arena<'d>, index: u32, ask: Ask) -> Option<PlainObject<'d>> {
    let object = arena.object(index);
    let known = arena.callable(object).map_or(Known::Other, |global| global.known);
    let ObjectForm { args, items, state } = ObjectForm::of(arena, index)?;
    let entries = |run| PlainObject::Entries(vec![run]);
    match (known, object.build, args, items, state) {
        // `odict_reduce` in Objects/odictobject.c
        (
            Known::OrderedDict,
            Build::Reduce,
            [],
            items,
            ObjectState::Nothing | ObjectState::Attributes(_),
        ) => items.dict().map(entries),
        // Before Python 3 it is called with its entries, each a list of two.
        (
            Known::OrderedDict,
            Build::Reduce,
            [pairs],
            ObjectItems::Nothing,
            ObjectState::Nothing | ObjectState::Attributes(_),
        ) => match arena.kind(*pairs) {
            Kind::List(run) => Some(PlainObject::Pairs(run)),
            _ => None,
        },
        // `defdict_reduce` in Modules/_collectionsmodule.c
        (Known::DefaultDict, Build::Reduce, [] | [_], items, ObjectState::Nothing) => {
            items.dict().map(entries)
        }
        // A `Counter` is called with its counts.
        (Known::Counter, Build::Reduce, [counts], ObjectItems::Nothing, ObjectState::Nothing) => {
            match arena.kind(*counts) {
                Kind::Dict(run) => Some(entries(run)),
                _ => None,
            }
        }
        (Known::Deque, Build::Reduce, args, items, ObjectState::Nothing) => {
            deque(arena, args, &items).map(PlainObject::Sequence)
        }
        // `copyreg._reconstructor(cls, base, base(self))`
        (
            Known::Reconstructor,
            Build::Reduce,
            [_, base, value],
            ObjectItems::Nothing,
            state @ (ObjectState::Nothing | ObjectState::Attributes(_)),
        ) => match (global_name(arena, *base)?, value) {
            ("object", Item::None) => fields(ObjectItems::Nothing, state, ask),
            ("object", _) => None,
            _ => Some(PlainObject::Base(*value)),
        },
        (
            Known::Reconstruct,
            Build::Reduce,
            [class, ..],
            ObjectItems::Nothing,
            ObjectState::Array,
        ) => (global_name(arena, *class)? != "MaskedArray").then_some(PlainObject::Array(object)),
        (Known::Other, Build::New | Build::Instance, [], items, state) => fields(items, state, ask),
        (
            Known::Other,
            Build::New,
            [_, ..],
            ObjectItems::Nothing,
            state @ (ObjectState::Nothing | ObjectState::Attributes(_)),
        ) => subclass(arena, object, state, ask),
        (Known::Other, Build::Reduce | Build::Instance, args, items, state) => {
            called(arena, object, args, &items, &state)
        }
        _ => None,
    }
}

/// The items of a `deque`, which is called with nothing or with an empty tuple and its `maxlen`, or before Python 3
/// with its items (`deque_reduce` in Modules/_collectionsmodule.c). With more than its `maxlen` it drops some.
fn deque<'d>(arena: &'d Arena<'d>, args: &[Item<'d>], items: &ObjectItems) -> Option<Run> {
    let given = match args.first() {
        None => Run::EMPTY,
        Some(given) => arena.sequence(*given)?,
    };
    let run = match items {
        ObjectItems::Nothing => given,
        items if given.len() == 0 => items.list()?,
        _ => return None,
    };
    let is_whole = match args {
        [] | [_] | [_, Item::None] => true,
        [_, Item::Int(maxlen)] => usize::try_from(*maxlen).is_ok_and(|maxlen| run.len() <= maxlen),
        _ => false,
    };
    is_whole.then_some(run)
}

/// The call that makes an array, of a subclass of `numpy.ndarray` too.
pub(crate) fn array<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Option<&'d ObjectData<'d>> {
    match arena.kind(item) {
        Kind::Array(object) => Some(object),
        Kind::Object(index) => match plain(arena, index, Ask::Any)? {
            PlainObject::Array(object) => Some(object),
            _ => None,
        },
        _ => None,
    }
}

/// What fills an object that was made without arguments.
fn fields<'d>(items: ObjectItems, state: ObjectState, ask: Ask) -> Option<PlainObject<'d>> {
    match (items, state) {
        (ObjectItems::List(run), ObjectState::Nothing | ObjectState::Attributes(_)) => {
            Some(PlainObject::Sequence(run))
        }
        (ObjectItems::Dict(run), ObjectState::Nothing | ObjectState::Attributes(_)) => {
            Some(PlainObject::Entries(vec![run]))
        }
        // A subclass of `list` without items looks as one of `object` does.
        (ObjectItems::Nothing, ObjectState::Nothing) if ask.is_sequence() => {
            Some(PlainObject::Sequence(Run::EMPTY))
        }
        (ObjectItems::Nothing, ObjectState::Nothing) => Some(PlainObject::Entries(Vec::new())),
        (ObjectItems::Nothing, ObjectState::Attributes(attributes)) => {
            Some(PlainObject::Entries(attributes))
        }
        (_, ObjectState::Array) => None,
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
fn subclass<'d>(
    arena: &'d Arena<'d>,
    object: &'d ObjectData<'d>,
    state: ObjectState,
    ask: Ask,
) -> Option<PlainObject<'d>> {
    if let (Ask::Fields(_), ObjectState::Attributes(attributes)) = (ask, state)
        && attributes.iter().any(|run| run.len() != 0)
    {
        return Some(PlainObject::Entries(attributes));
    }
    let Item::Node(args) = object.args else { return None };
    let NodeData::Tuple(items) = arena.node(args) else { return None };
    let [only] = arena.as_slice(*items)? else { return Some(PlainObject::Sequence(*items)) };
    match arena.kind(*only) {
        Kind::Tuple(run) if !ask.is_for_one() || run.len() == 1 => Some(PlainObject::Base(*only)),
        _ if ask.is_for_one() => Some(PlainObject::Sequence(*items)),
        Kind::Bytes(_) | Kind::Surrogates(_) => Some(PlainObject::Base(*only)),
        kind => is_scalar(&kind).then_some(PlainObject::Base(*only)),
    }
}

/// `cls(value)`: a member of an `Enum`, a subclass of `set`, or a builtin that `__reduce__` calls.
fn called<'d>(
    arena: &'d Arena<'d>,
    object: &'d ObjectData<'d>,
    args: &[Item<'d>],
    items: &ObjectItems,
    state: &ObjectState,
) -> Option<PlainObject<'d>> {
    let class = arena.callable(object)?;
    let is_builtin = class.module == "builtins";
    let is_bare = matches!(state, ObjectState::Nothing);
    match (args, class.name, items) {
        ([], "list", items) if is_builtin && is_bare => {
            return items.list().map(PlainObject::Sequence);
        }
        ([], "dict", items) if is_builtin && is_bare => {
            return items.dict().map(|run| PlainObject::Entries(vec![run]));
        }
        ([], "tuple", ObjectItems::Nothing) if is_builtin && is_bare => {
            return Some(PlainObject::Sequence(Run::EMPTY));
        }
        _ => {}
    }
    let ([only], ObjectItems::Nothing) = (args, items) else { return None };
    // What a function makes is not what it is called with: a class has a capital letter (PEP 8).
    let is_class =
        class.name.rsplit('.').next()?.trim_start_matches('_').starts_with(char::is_uppercase);
    // A subclass of `set` has its attributes as a state.
    let is_set = !is_builtin && matches!(state, ObjectState::Attributes(_));
    if !(is_bare || is_set) || !(is_class || is_builtin) {
        return None;
    }
    let kind = arena.kind(*only);
    let is_sequence = matches!(kind, Kind::List(_) | Kind::Tuple(_));
    let is_base = match (is_builtin, class.name) {
        (true, "list" | "tuple") => is_sequence,
        (true, "dict") => match kind {
            Kind::List(run) => return Some(PlainObject::Pairs(run)),
            kind => matches!(kind, Kind::Dict(_)),
        },
        (true, "int") => matches!(kind, Kind::Int(_) | Kind::BigInt(_)),
        (true, "float") => matches!(kind, Kind::Float(_) | Kind::Int(_)),
        (true, "str") => matches!(kind, Kind::Str(_) | Kind::Surrogates(_)),
        (true, "bool") => matches!(kind, Kind::Bool(_)),
        (true, "bytes") => matches!(kind, Kind::Bytes(_)),
        (true, _) => false,
        (false, _) => {
            is_sequence || (is_bare && (is_scalar(&kind) || matches!(kind, Kind::Dict(_))))
        }
    };
    is_base.then_some(PlainObject::Base(*only))
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
