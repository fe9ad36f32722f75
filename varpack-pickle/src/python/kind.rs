//! What Python sees in an arena: which calls stand for `bytes`, `set`, a NumPy array and so on.
//!
//! Old protocols have no opcodes for many types and call their constructors by name instead. The
//! machine has only noted those calls; here they are recognised, from names and arguments alone.

use crate::arena::item::Item;
use crate::arena::nodes::{Arena, GlobalData, NodeData, ObjectData};
use crate::arena::pool::Run;
use crate::format::calls::{Build, Known};
use std::collections::HashMap;
use std::fmt;

/// An item as Python sees it.
#[derive(Clone, Debug)]
pub(crate) enum Kind<'d> {
    None,
    Bool(bool),
    Int(i64),
    /// Two's complement bytes of an integer over 64 bits.
    BigInt(&'d [u8]),
    Float(f64),
    Complex(f64, f64),
    Str(&'d str),
    /// A `str` with lone surrogates.
    Surrogates(&'d [u8]),
    Bytes(&'d [u8]),
    ByteArray(&'d [u8]),
    List(Run),
    Tuple(Run),
    Set(Run),
    FrozenSet(Run),
    Dict(Run),
    /// A call that makes a NumPy array.
    Array(&'d ObjectData<'d>),
    /// A call that makes a NumPy scalar.
    Scalar(&'d ObjectData<'d>),
    /// A call that makes a NumPy dtype.
    Dtype,
    /// The name of the file that holds the array.
    Placeholder(&'d str),
    Global(GlobalData<'d>),
    Object(u32),
}

impl<'d> Arena<'d> {
    #[inline]
    pub(crate) fn kind(&'d self, item: Item<'d>) -> Kind<'d> {
        let id = match item {
            Item::None => return Kind::None,
            Item::Bool(value) => return Kind::Bool(value),
            Item::Int(value) => return Kind::Int(value),
            Item::Float(value) => return Kind::Float(value),
            Item::Str(text) | Item::SharedStr(text) => return Kind::Str(text),
            Item::Bytes(bytes) | Item::SharedBytes(bytes) => return Kind::Bytes(bytes),
            Item::Node(id) => id,
        };
        match self.node(id) {
            NodeData::List(run) => Kind::List(*run),
            NodeData::Tuple(run) => Kind::Tuple(*run),
            NodeData::Set(run) => Kind::Set(*run),
            NodeData::FrozenSet(run) => Kind::FrozenSet(*run),
            NodeData::Dict(run) => Kind::Dict(*run),
            NodeData::Object(object) => self.object_kind(*object),
            NodeData::Global(global) => Kind::Global(self.global(*global)),
            NodeData::BigInt(bytes) => Kind::BigInt(bytes),
            NodeData::OwnedBigInt(bytes) => Kind::BigInt(bytes),
            NodeData::ByteArray(bytes) => Kind::ByteArray(bytes),
            NodeData::Surrogates(bytes) => Kind::Surrogates(bytes),
            NodeData::OwnedSurrogates(bytes) => Kind::Surrogates(bytes),
            NodeData::OwnedStr(text) => Kind::Str(text),
            NodeData::OwnedBytes(bytes) => Kind::Bytes(bytes),
        }
    }

    fn object_kind(&'d self, index: u32) -> Kind<'d> {
        let object = self.object(index);
        let known = self.callable(object).map_or(Known::Other, |global| global.known);
        match known {
            Known::Dtype => Kind::Dtype,
            _ => self.builtin(index, known).unwrap_or(Kind::Object(index)),
        }
    }

    fn builtin(&'d self, index: u32, known: Known) -> Option<Kind<'d>> {
        // A function that sets the state may make anything of it.
        if known == Known::Other || self.extra(index).setter.is_some() {
            return None;
        }
        let object = self.object(index);
        let args = self.args(object);
        match (known, args) {
            (Known::Placeholder | Known::Reconstructor, _) if self.is_placeholder(object) => {
                return self.filename(object).map(Kind::Placeholder);
            }
            (Known::Reconstruct, [Item::Node(class), ..]) => {
                return match self.node(*class) {
                    NodeData::Global(class) if self.global(*class).known == Known::NdArray => {
                        (object.state.is_some() && !object.has_items())
                            .then_some(Kind::Array(object))
                    }
                    _ => None,
                };
            }
            _ => {}
        }
        // The others are whole once they are called.
        if !object.is_only_called() {
            return None;
        }
        match (known, args) {
            (Known::Scalar, _) => Some(Kind::Scalar(object)),
            (Known::FromBuffer, _) => Some(Kind::Array(object)),
            (Known::Complex, [Item::Float(re), Item::Float(im)]) => Some(Kind::Complex(*re, *im)),
            (Known::Set, []) => Some(Kind::Set(Run::EMPTY)),
            (Known::FrozenSet, []) => Some(Kind::FrozenSet(Run::EMPTY)),
            (Known::Set, [list]) => self.list(*list).map(Kind::Set),
            (Known::FrozenSet, [list]) => self.list(*list).map(Kind::FrozenSet),
            (Known::Bytes, []) => Some(Kind::Bytes(&[])),
            (Known::ByteArray, []) => Some(Kind::ByteArray(&[])),
            (Known::ByteArray, [bytes]) => self.bytes(*bytes).map(Kind::ByteArray),
            (Known::Encode, [text, codec]) => self.encoded(*text, *codec).map(Kind::Bytes),
            (Known::ByteArray, [text, codec]) => self.encoded(*text, *codec).map(Kind::ByteArray),
            _ => None,
        }
    }

    fn list(&self, item: Item<'d>) -> Option<Run> {
        match item {
            Item::Node(id) => match self.node(id) {
                NodeData::List(run) => Some(*run),
                _ => None,
            },
            _ => None,
        }
    }

    /// The bytes of a `bytes` or `bytearray`, in any protocol's spelling.
    pub(crate) fn bytes(&'d self, item: Item<'d>) -> Option<&'d [u8]> {
        let object = match item {
            Item::Bytes(bytes) | Item::SharedBytes(bytes) => return Some(bytes),
            Item::Node(id) => match self.node(id) {
                NodeData::ByteArray(bytes) => return Some(bytes),
                NodeData::OwnedBytes(bytes) => return Some(bytes),
                NodeData::Object(object) => self.object(*object),
                _ => return None,
            },
            _ => return None,
        };
        if !object.is_only_called() {
            return None;
        }
        match (self.callable(object)?.known, self.args(object)) {
            (Known::Bytes | Known::ByteArray, []) => Some(&[]),
            (Known::ByteArray, [Item::Bytes(bytes) | Item::SharedBytes(bytes)]) => Some(bytes),
            (Known::Encode | Known::ByteArray, [text, codec]) => self.encoded(*text, *codec),
            _ => None,
        }
    }

    /// `text.encode("latin1")`.
    fn encoded(&'d self, text: Item<'d>, codec: Item<'d>) -> Option<&'d [u8]> {
        let (text, "latin1" | "latin-1" | "iso-8859-1") = (self.text(text)?, self.text(codec)?)
        else {
            return None;
        };
        self.facts.latin1(text)
    }

    /// Whether an object is one of [`PLACEHOLDER`]: protocols 0 and 1 call `copyreg._reconstructor` with the class.
    fn is_placeholder(&self, object: &ObjectData<'d>) -> bool {
        let class = match self.callable(object).map(|global| global.known) {
            Some(Known::Reconstructor) => self.args(object).first(),
            _ => Some(&object.callable),
        };
        let Some(Item::Node(class)) = class else { return false };
        matches!(self.node(*class), NodeData::Global(class) if self.global(*class).known == Known::Placeholder)
    }

    fn filename(&'d self, object: &'d ObjectData<'d>) -> Option<&'d str> {
        let Item::Node(state) = object.state? else { return None };
        let NodeData::Dict(run) = self.node(state) else { return None };
        let name = match self.facts.filename(state) {
            Some(name) => name,
            None => self.filename_in(*run),
        };
        self.text(name?)
    }

    /// The name of the item's type in Python, its module before it unless it is a builtin.
    pub(crate) fn type_name(&'d self, item: Item<'d>) -> TypeName<'d> {
        match self.kind(item) {
            Kind::Global(global) => TypeName::Global(global),
            Kind::Object(object) => self.class_name(object),
            kind => TypeName::Builtin(kind.name()),
        }
    }

    /// The class of an object, or the function that makes it.
    pub(super) fn class_name(&'d self, object: u32) -> TypeName<'d> {
        let (made_by, class) = self.maker(self.object(object));
        class.or(made_by).map_or(TypeName::Builtin("object"), TypeName::Global)
    }

    /// An object, for an error.
    pub(crate) fn describe(&'d self, object: u32) -> Description<'d> {
        match self.maker(self.object(object)) {
            (_, Some(class)) if class.module == "builtins" => Description::Call(class),
            (_, Some(class)) => Description::Object(class),
            (Some(function), None) => Description::MadeBy(function),
            (None, None) => Description::Type(TypeName::Builtin("an object")),
        }
    }

    /// What an object's pickle calls, if that has a name, and the class of what it makes. A function of a module's
    /// own (`_reconstruct`, `_mareconstruct`, `_new_Index`, `__newobj__`) takes that as its first argument, if at all.
    fn maker(
        &'d self,
        object: &'d ObjectData<'d>,
    ) -> (Option<GlobalData<'d>>, Option<GlobalData<'d>>) {
        let Some(callable) = self.callable(object) else { return (None, None) };
        if !callable.name.starts_with('_') || object.build == Build::New {
            return (Some(callable), Some(callable));
        }
        let first = self.args(object).first().map(|first| self.kind(*first));
        match first {
            Some(Kind::Global(class)) => (Some(callable), Some(class)),
            _ => (Some(callable), None),
        }
    }
}

/// Entries of the longest state that is looked through for each placeholder that has it.
const FEW: usize = 8;

impl<'a> Arena<'a> {
    /// Looks through the long states of placeholders, of which many may have one.
    pub(crate) fn find_filenames(&mut self) {
        if !self.has_global(Known::Placeholder) {
            return;
        }
        let mut found = HashMap::new();
        for object in self.objects().iter().filter(|object| self.is_placeholder(object)) {
            if let Some(Item::Node(state)) = object.state
                && let NodeData::Dict(run) = *self.node(state)
                && run.len() > 2 * FEW
            {
                found.entry(state).or_insert_with(|| self.filename_in(run));
            }
        }
        self.facts.set_filenames(found);
    }

    /// What the state of a placeholder has for the name of its file.
    fn filename_in(&self, state: Run) -> Option<Item<'a>> {
        let mut items = self.items(state);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            if self.text(key) == Some("filename") {
                return Some(value);
            }
        }
        None
    }
}

impl Kind<'_> {
    /// What it is, for an error.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Kind::None => "None",
            Kind::Bool(_) => "bool",
            Kind::Int(_) | Kind::BigInt(_) => "int",
            Kind::Float(_) => "float",
            Kind::Complex(..) => "complex",
            Kind::Str(_) | Kind::Surrogates(_) => "str",
            Kind::Bytes(_) => "bytes",
            Kind::ByteArray(_) => "bytearray",
            Kind::List(_) => "list",
            Kind::Tuple(_) => "tuple",
            Kind::Set(_) => "set",
            Kind::FrozenSet(_) => "frozenset",
            Kind::Dict(_) => "dict",
            Kind::Array(_) => "numpy.ndarray",
            Kind::Scalar(_) => "numpy scalar",
            Kind::Dtype => "numpy.dtype",
            Kind::Placeholder(_) => "placeholder",
            Kind::Global(_) => "class or function",
            Kind::Object(_) => "object",
        }
    }
}

/// The name of a type, which may be long: it becomes a text where it is shown, and is cut there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TypeName<'d> {
    Builtin(&'static str),
    Global(GlobalData<'d>),
}

/// What an item is, for an error: made a text as [`TypeName`] is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Description<'d> {
    Type(TypeName<'d>),
    /// An object of this class.
    Object(GlobalData<'d>),
    /// A call of this builtin.
    Call(GlobalData<'d>),
    /// An object that this function makes.
    MadeBy(GlobalData<'d>),
}

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(name) => name.fmt(f),
            Self::Object(class) => write!(f, "an object of class {class}"),
            Self::Call(class) => write!(f, "a call of {class}"),
            Self::MadeBy(function) => write!(f, "an object that {function} makes"),
        }
    }
}

impl fmt::Display for TypeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(name) => f.write_str(name),
            Self::Global(global) => global.fmt(f),
        }
    }
}

/// `module.name`, or the name alone of a builtin.
impl fmt::Display for GlobalData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.module {
            "builtins" => f.write_str(self.name),
            module => write!(f, "{module}.{}", self.name),
        }
    }
}
