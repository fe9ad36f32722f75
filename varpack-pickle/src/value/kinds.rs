//! Any Python object as data.

use crate::Result;
use crate::bigint::BigInt;
use crate::format::calls::Build;
use crate::npy::{Dtype, NpyArray};
use crate::value::shared::{Children, Shared, sealed};
use num_complex::Complex;
use std::mem::{self, Discriminant};
use std::sync::Arc;

/// See [`Value::identity`].
pub(crate) type ContentsId = (Discriminant<Value>, usize);

/// Any Python object as data: what a pickle holds, without a type of the caller's.
///
/// Containers, objects, strings and bytes are references: cloning is cheap, and an object that the
/// pickle references twice is one object here and in the pickle written from it. Nothing about
/// a value recurses: values nested to any depth are read, compared, printed, written and
/// dropped.
///
/// Equality is structural: same types, same items in the same order (of dicts and sets too), floats
/// by their bits, so that a NaN equals itself.
///
/// It is whole wherever serde hands it on: as a field, in a list, a map, an `Option`. Behind serde's own buffer
/// (`flatten`, untagged and tagged enums) [some types are others](#impl-Deserialize%3C'de%3E-for-Value).
///
/// ```
/// use varpack_pickle::{Value, from_slice, to_vec};
///
/// let value = Value::dict([("name", Value::from("run")), ("steps", Value::list([1.into(), 2.into()]))]);
/// let read: Value = from_slice(&to_vec(&value)?)?;
/// assert_eq!(read, value);
/// assert_eq!(read.get("name").and_then(Value::as_str), Some("run"));
/// assert_eq!(read.get("steps").and_then(Value::as_slice).map(<[_]>::len), Some(2));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Value {
    /// `None`
    #[default]
    None,
    /// `bool`
    Bool(bool),
    /// `int` of at most 64 bits
    Int(i64),
    /// `int` beyond that
    BigInt(BigInt),
    /// `float`
    Float(f64),
    /// `complex`
    Complex(Complex<f64>),
    /// `str`
    Str(Arc<str>),
    /// `str` with lone surrogates, which is no text
    SurrogateStr(SurrogateStr),
    /// `bytes`
    Bytes(Arc<[u8]>),
    /// `bytearray`
    ByteArray(Arc<[u8]>),
    /// `list`
    List(Shared<Vec<Value>>),
    /// `tuple`
    Tuple(Shared<Vec<Value>>),
    /// `set`, in the order of the pickle
    Set(Shared<Vec<Value>>),
    /// `frozenset`, in the order of the pickle
    FrozenSet(Shared<Vec<Value>>),
    /// `dict`, in its order
    Dict(Shared<Vec<(Value, Value)>>),
    /// `numpy.ndarray` of plain data
    Array(Arc<NpyArray>),
    /// `numpy.ndarray` of Python objects
    ObjectArray(Shared<ObjectArray>),
    /// a NumPy scalar (`numpy.float32` and the like)
    Scalar(Arc<Scalar>),
    /// a NumPy dtype by itself
    Dtype(Arc<Dtype>),
    /// the stand-in for an array in a file of its own: the file's name
    Placeholder(Arc<str>),
    /// a class or function, by name
    Global(Arc<Global>),
    /// any other object
    Object(Shared<Object>),
}

/// A Python `str` that holds lone surrogates: UTF-8, but for the surrogates, which have three
/// bytes each (Python's `surrogatepass`).
///
/// ```
/// use varpack_pickle::{SurrogateStr, Value};
///
/// let text = SurrogateStr::new(b"a\xed\xa0\x80".as_slice())?;
/// assert_eq!(text.to_string(), "a\u{fffd}");
/// assert_eq!(Value::SurrogateStr(text).as_str(), None);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SurrogateStr(Arc<[u8]>);

impl SurrogateStr {
    /// Takes UTF-8 with surrogates.
    ///
    /// # Errors
    /// [`Value`](crate::ErrorKind::Value) if the bytes are anything else.
    ///
    /// ```
    /// use varpack_pickle::SurrogateStr;
    ///
    /// assert!(SurrogateStr::new(b"\xed\xa0\x80".as_slice()).is_ok()); // '\ud800' in Python
    /// assert!(SurrogateStr::new(b"\xff".as_slice()).is_err());
    /// ```
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        if crate::format::text::is_surrogate_utf8(&bytes) {
            return Ok(Self(bytes));
        }
        Err(crate::Error::new(crate::ErrorKind::Value)
            .with_expected("UTF-8, with or without lone surrogates"))
    }

    /// UTF-8 with surrogates.
    ///
    /// ```
    /// let text = varpack_pickle::SurrogateStr::new(b"\xed\xa0\x80".as_slice())?;
    /// assert_eq!(text.as_bytes().len(), 3);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its bytes, which others may share.
    pub(crate) fn shared(&self) -> &Arc<[u8]> {
        &self.0
    }

    pub(crate) fn from_checked(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl std::fmt::Display for SurrogateStr {
    /// Each surrogate as U+FFFD.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest: &[u8] = &self.0;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => return f.write_str(text),
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    write!(f, "{}\u{fffd}", String::from_utf8_lossy(valid))?;
                    rest = after.get(3..).unwrap_or_default();
                }
            }
        }
    }
}

/// A NumPy array whose elements are Python objects.
///
/// ```
/// use varpack_pickle::{ObjectArray, Shared, Value, from_slice, to_vec};
///
/// let items = vec![Value::None, "a".into()];
/// let array = Value::ObjectArray(Shared::new(ObjectArray { shape: vec![2], fortran_order: false, items }));
/// assert_eq!(from_slice::<Value>(&to_vec(&array)?)?, array);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct ObjectArray {
    /// The number of elements along each axis.
    pub shape: Vec<usize>,
    /// Whether the first axis varies fastest in `items`.
    pub fortran_order: bool,
    /// The elements.
    pub items: Vec<Value>,
}

/// A NumPy scalar.
///
/// ```
/// use varpack_npy::Dtype;
/// use varpack_pickle::{Scalar, Value, from_value};
///
/// let bytes = 1.5_f32.to_le_bytes().into();
/// let scalar = Value::Scalar(Scalar { dtype: Dtype::parse("<f4")?, bytes }.into());
/// assert_eq!(from_value::<f32>(&scalar)?, 1.5);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Its type.
    pub dtype: Dtype,
    /// Its bytes, in the dtype's byte order.
    pub bytes: Box<[u8]>,
}

/// A class or function of Python, by name.
///
/// ```
/// use varpack_pickle::{Global, Value};
///
/// let class = Global { module: "collections".into(), name: "OrderedDict".into() };
/// assert_eq!(Value::from_slice(b"ccollections\nOrderedDict\n.")?, Value::Global(class.into()));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    /// The module: `collections`.
    pub module: String,
    /// The name inside it, with dots for what is nested: `OrderedDict`.
    pub name: String,
}

/// Any other object: what its pickle calls, and with what. Written back, Python gets the same
/// object again.
///
/// ```
/// use varpack_pickle::{Build, Value};
///
/// let Value::Object(date) = Value::from_slice(b"cdatetime\ndate\n(K\x07K\x01K\x02tR.")? else { panic!() };
/// assert_eq!(date.build, Build::Reduce);
/// assert_eq!(format!("{:?}{:?}", date.callable, date.args), "datetime.date(7, 1, 2)");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone)]
pub struct Object {
    /// How the object is made.
    pub build: Build,
    /// The class or function that makes it, a [`Value::Global`] as a rule.
    pub callable: Value,
    /// The positional arguments, a [`Value::Tuple`].
    pub args: Value,
    /// The keyword arguments, a [`Value::Dict`], of [`Build::NewEx`].
    pub kwargs: Option<Value>,
    /// What `__setstate__` or the object's `__dict__` is given.
    pub state: Option<Value>,
    /// A function called with the object and its state instead (the sixth part of `__reduce__`).
    pub setter: Option<Value>,
    /// Items appended to it: a deque's, or a subclass of list's.
    pub list_items: Vec<Value>,
    /// Items set on it: an `OrderedDict`'s, or a subclass of dict's.
    pub dict_items: Vec<(Value, Value)>,
}

impl Default for Object {
    fn default() -> Self {
        Self {
            build: Build::Reduce,
            callable: Value::None,
            args: Value::None,
            kwargs: None,
            state: None,
            setter: None,
            list_items: Vec::new(),
            dict_items: Vec::new(),
        }
    }
}

impl Children for ObjectArray {}

impl sealed::Children for ObjectArray {
    fn take_children(&mut self, out: &mut Vec<Value>) {
        self.items.take_children(out);
    }
}

impl Children for Object {}

impl sealed::Children for Object {
    fn take_children(&mut self, out: &mut Vec<Value>) {
        let parts = [self.kwargs.take(), self.state.take(), self.setter.take()];
        out.extend(parts.into_iter().flatten());
        out.push(std::mem::take(&mut self.callable));
        out.push(std::mem::take(&mut self.args));
        self.list_items.take_children(out);
        self.dict_items.take_children(out);
    }
}

impl Value {
    /// Whether values are inside.
    pub(super) fn has_children(&self) -> bool {
        matches!(
            self,
            Value::List(_)
                | Value::Tuple(_)
                | Value::Set(_)
                | Value::FrozenSet(_)
                | Value::Dict(_)
                | Value::ObjectArray(_)
                | Value::Object(_)
        )
    }

    /// What tells the object that a value is: its kind, for a list and a tuple may share their contents, and
    /// where those stand. `None` if nothing else can refer to it.
    pub(crate) fn identity(&self) -> Option<ContentsId> {
        let (address, _) = self.reference()?;
        Some((mem::discriminant(self), address))
    }

    /// Whether there may be another reference to the contents of a value.
    pub(crate) fn is_shared(&self) -> bool {
        self.references() > 1
    }

    /// How many references there are to the contents of a value, this among them.
    pub(crate) fn references(&self) -> usize {
        self.reference().map_or(1, |(_, count)| count)
    }

    /// Where the contents stand that others may refer to, and how many do.
    pub(crate) fn reference(&self) -> Option<(usize, usize)> {
        fn arc<T: ?Sized>(arc: &Arc<T>) -> (usize, usize) {
            (Arc::as_ptr(arc).addr(), Arc::strong_count(arc))
        }
        fn shared<T: Children>(shared: &Shared<T>) -> (usize, usize) {
            (shared.address(), shared.references())
        }
        Some(match self {
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Complex(_) => {
                return None;
            }
            Value::BigInt(value) => arc(value.shared()),
            Value::Str(text) | Value::Placeholder(text) => arc(text),
            Value::SurrogateStr(text) => arc(text.shared()),
            Value::Bytes(bytes) | Value::ByteArray(bytes) => arc(bytes),
            Value::List(items)
            | Value::Tuple(items)
            | Value::Set(items)
            | Value::FrozenSet(items) => shared(items),
            Value::Dict(entries) => shared(entries),
            Value::Array(array) => arc(array),
            Value::Scalar(scalar) => arc(scalar),
            Value::Dtype(dtype) => arc(dtype),
            Value::Global(global) => arc(global),
            Value::ObjectArray(array) => shared(array),
            Value::Object(object) => shared(object),
        })
    }

    /// Whether Python may be able to call it: a class, a function, or what was made by calling one.
    pub(crate) fn is_callable(&self) -> bool {
        matches!(self, Value::Global(_) | Value::Object(_))
    }

    /// Moves the values inside out, if this is the last reference to them.
    pub(super) fn take_children(self, out: &mut Vec<Value>) {
        use sealed::Children as _;
        match self {
            Value::List(items)
            | Value::Tuple(items)
            | Value::Set(items)
            | Value::FrozenSet(items) => {
                items.into_last().unwrap_or_default().take_children(out);
            }
            Value::Dict(entries) => entries.into_last().unwrap_or_default().take_children(out),
            Value::ObjectArray(array) => array.into_last().unwrap_or_default().take_children(out),
            Value::Object(object) => object.into_last().unwrap_or_default().take_children(out),
            _ => {}
        }
    }
}
