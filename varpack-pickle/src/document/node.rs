//! The places in a parsed pickle, and what they are.

use crate::arena::item::Item;
use crate::document::parsed::Document;
use crate::npy::internal::text;
use crate::npy::{Header, NpyArray};
use crate::python::dtype;
use crate::python::kind::{Kind, TypeName};
use crate::python::numpy;
use crate::python::objects;
use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

/// One object of a [`Document`]. Cheap to copy.
///
/// ```
/// use varpack_pickle::{Document, Node, to_vec};
///
/// fn len(node: Node<'_>) -> usize {
///     node.entries().map_or(1, |entries| entries.map(|(_, value)| len(value)).sum())
/// }
///
/// let bytes = to_vec(&std::collections::BTreeMap::from([("a", 1), ("b", 2)]))?;
/// assert_eq!(len(Document::parse(&bytes)?.root()), 2);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(crate) document: &'d Document<'d>,
    pub(crate) item: Item<'d>,
}

impl Document<'_> {
    /// The object that the pickle is of.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&7)?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().as_i64(), Some(7));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { document: self, item: self.root }
    }
}

impl<'d> Node<'d> {
    /// What this is: the type's name in Python (`"str"`, `"list"`, `"numpy.ndarray"`),
    /// `"numpy scalar"`, `"placeholder"` for an array in a file of its own, `"class or function"`, or
    /// `"object"` for one of any other class, which [`type_name`](Self::type_name) names.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&(1, "two"))?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().kind_name(), "tuple");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn kind_name(self) -> &'static str {
        self.document.arena.kind(self.item).name()
    }

    /// The class of an object with its module, `"datetime.date"`; of anything else the
    /// [`kind_name`](Self::kind_name). It is for people to read: a name of over 1,024 bytes is cut, and what a
    /// terminal would obey or hide is escaped.
    ///
    /// ```
    /// let date = b"cdatetime\ndate\n(K\x07K\x01K\x02tR.";
    /// let document = varpack_pickle::Document::parse(date)?;
    /// assert_eq!(document.root().kind_name(), "object");
    /// assert_eq!(document.root().type_name(), "datetime.date");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn type_name(self) -> Cow<'d, str> {
        type_name(self.document.arena.type_name(self.item), |name| text::shown(name).to_string())
    }

    /// What it is, as an error of a typed read has it.
    #[doc(hidden)]
    pub fn describe(self) -> Cow<'d, str> {
        match self.document.arena.kind(self.item) {
            Kind::Object(object) => {
                Cow::Owned(text::shown(&self.document.arena.describe(object)).to_string())
            }
            _ => self.type_name(),
        }
    }

    /// The value under a string key, if this is a dict that has it. Of equal keys the last counts,
    /// as in Python.
    ///
    /// ```
    /// use varpack_pickle::Document;
    ///
    /// let document = Document::parse(b"\x80\x04}\x8c\x04stepK\x07s.")?;
    /// assert_eq!(document.root().get("step").and_then(|step| step.as_i64()), Some(7));
    /// assert!(document.root().get("loss").is_none());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entries()?
            .filter(|(name, _)| name.as_str() == Some(key))
            .last()
            .map(|(_, value)| value)
    }

    /// The keys and values of a dict, in order; `None` for any other object.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&std::collections::BTreeMap::from([(7, "seven")]))?;
    /// let document = Document::parse(&bytes)?;
    /// let (key, value) = document.root().entries().unwrap().next().unwrap();
    /// assert_eq!((key.as_i64(), value.as_str()), (Some(7), Some("seven")));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn entries(self) -> Option<impl Iterator<Item = (Node<'d>, Node<'d>)> + use<'d>> {
        let Kind::Dict(run) = self.document.arena.kind(self.item) else { return None };
        let mut items = self.document.arena.items(run);
        let pairs = std::iter::from_fn(move || Some((items.next()?, items.next()?)));
        Some(pairs.map(move |(key, value)| (self.with(key), self.with(value))))
    }

    /// The values of a dict by its keys that are texts. Of equal ones the last counts, as in Python.
    #[doc(hidden)]
    pub fn by_name(self) -> HashMap<&'d str, Node<'d>> {
        let entries = self.entries().into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.as_str()?, value))).collect()
    }

    /// The items of a list, tuple, set or frozenset, in order; `None` for any other object.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&["a", "b"])?;
    /// let document = Document::parse(&bytes)?;
    /// let texts: Vec<_> = document.root().items().unwrap().map(|item| item.as_str()).collect();
    /// assert_eq!(texts, [Some("a"), Some("b")]);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn items(self) -> Option<impl Iterator<Item = Node<'d>> + use<'d>> {
        match self.document.arena.kind(self.item) {
            Kind::List(run) | Kind::Tuple(run) | Kind::Set(run) | Kind::FrozenSet(run) => {
                Some(self.document.arena.items(run).map(move |item| self.with(item)))
            }
            _ => None,
        }
    }

    fn with(self, item: Item<'d>) -> Self {
        Node { document: self.document, item }
    }

    /// How many items a list, tuple, set or frozenset has, or keys a dict; `None` for any other object. No item is
    /// looked at.
    #[doc(hidden)]
    pub fn item_count(self) -> Option<usize> {
        match self.document.arena.kind(self.item) {
            Kind::List(run) | Kind::Tuple(run) | Kind::Set(run) | Kind::FrozenSet(run) => {
                Some(run.len())
            }
            Kind::Dict(run) => Some(run.len() / 2),
            _ => None,
        }
    }

    /// The text of a `str`, unless it holds lone surrogates.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&"text")?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().as_str(), Some("text"));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn as_str(self) -> Option<&'d str> {
        match self.document.arena.kind(self.item) {
            Kind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value of an `int` of at most 64 bits.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&-1)?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().as_i64(), Some(-1));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self.item {
            Item::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The object as it stands in the place of an error: a string or a number by its text, anything else by its
    /// type. A text of over 1,024 bytes is cut, and what a terminal would obey or hide is escaped:
    /// [`as_str`](Self::as_str) has the text as it is.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&"train")?;
    /// let document = Document::parse(&bytes)?;
    /// assert_eq!(document.root().display(), "train");
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn display(self) -> Cow<'d, str> {
        shown(self.raw_name())
    }

    /// Bytes of the pickle that it is a part of.
    #[doc(hidden)]
    pub fn pickle_len(self) -> usize {
        self.document.bytes.len()
    }

    /// As [`display`](Self::display), as it is: for what is cut and escaped where it is shown.
    #[doc(hidden)]
    pub fn raw_name(self) -> Cow<'d, str> {
        match self.document.arena.kind(self.item) {
            Kind::Str(text) => text.into(),
            Kind::Int(value) => value.to_string().into(),
            Kind::Bool(true) => "True".into(),
            Kind::Bool(false) => "False".into(),
            Kind::Float(value) => format!("{value:?}").into(),
            _ => type_name(self.document.arena.type_name(self.item), TypeName::to_string),
        }
    }

    /// The file that holds the array, if this is the placeholder of one.
    ///
    /// ```
    /// use varpack_pickle::{Document, Writer};
    ///
    /// let mut writer = Writer::new();
    /// writer.placeholder("images.npy")?;
    /// let bytes = writer.finish()?;
    /// assert_eq!(Document::parse(&bytes)?.root().placeholder(), Some("images.npy"));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn placeholder(self) -> Option<&'d str> {
        match self.document.arena.kind(self.item) {
            Kind::Placeholder(filename) => Some(filename),
            _ => None,
        }
    }

    /// Whether this is a NumPy array.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&varpack_npy::NpyArray::from_elements(&[2], &[1, 2])?)?;
    /// let document = Document::parse(&bytes)?;
    /// assert!(document.root().is_array());
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn is_array(self) -> bool {
        matches!(self.document.arena.kind(self.item), Kind::Array(_))
    }

    /// Whether this is a NumPy array of plain data: not of Python objects, nor of a dtype that is not known.
    fn is_plain_array(self) -> bool {
        let Document { arena, .. } = self.document;
        let kind = arena.kind(self.item);
        let dtype =
            arena.dtype_of(&kind).filter(|_| self.is_array() && self.check_finite().is_ok());
        let dtype = dtype.map(|item| dtype::dtype(arena, &self.document.expansion(), item));
        dtype.is_some_and(|dtype| dtype.is_ok_and(|dtype| !dtype.has_objects()))
    }

    /// The same of one that an [`NpyArray`] holds all of: its dtype has no metadata.
    #[doc(hidden)]
    pub fn is_whole_array(self) -> bool {
        let is_annotated = self.document.arena.is_annotated(self.item, &self.document.expansion());
        self.is_plain_array() && is_annotated.is_ok_and(|is_annotated| !is_annotated)
    }

    /// The array, if this is a NumPy array. Its elements are copied.
    ///
    /// # Errors
    /// Inside: [`ErrorKind::Dtype`] if its dtype is not known or its elements are Python objects,
    /// [`ErrorKind::Shape`] or [`ErrorKind::Pickle`] if its parts disagree, [`ErrorKind::Value`] if it
    /// holds itself.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&varpack_npy::NpyArray::from_elements(&[2], &[1_u8, 2])?)?;
    /// let document = Document::parse(&bytes)?;
    /// let array = document.root().to_array().transpose()?.unwrap();
    /// assert_eq!((array.shape(), array.dtype().name()), ([2].as_slice(), "uint8".to_owned()));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn to_array(self) -> Option<Result<NpyArray>> {
        match self.document.arena.kind(self.item) {
            Kind::Array(object) => Some(self.check_finite().and_then(|()| {
                let (arena, meter) = (&self.document.arena, self.document.expansion());
                numpy::to_any_array(numpy::array(arena, &meter, object)?, &meter)
            })),
            _ => None,
        }
    }

    /// As [`to_array`](Self::to_array), for elements of a type of the caller's: of a subclass of
    /// `numpy.ndarray` too, and of a dtype that is not written again from this.
    #[doc(hidden)]
    pub fn to_elements(self) -> Option<Result<NpyArray>> {
        let object = objects::array(&self.document.arena, self.item)?;
        Some(self.check_finite().and_then(|()| {
            let (arena, meter) = (&self.document.arena, self.document.expansion());
            numpy::to_any_array(numpy::elements(arena, &meter, object)?.0, &meter)
        }))
    }

    /// Whether [`to_elements`](Self::to_elements) finds an array of plain data.
    #[doc(hidden)]
    pub fn has_elements(self) -> bool {
        let (arena, meter) = (&self.document.arena, self.document.expansion());
        objects::array(arena, self.item).is_some_and(|object| {
            self.check_finite().is_ok() && numpy::is_plain(arena, &meter, object)
        })
    }

    /// Dtype, order and shape of what [`to_elements`](Self::to_elements) gives, without a look at the elements. The
    /// axes may be in another order.
    #[doc(hidden)]
    pub fn elements_header(self) -> Option<Result<Header>> {
        let object = objects::array(&self.document.arena, self.item)?;
        let (arena, meter) = (&self.document.arena, self.document.expansion());
        Some(self.check_finite().and_then(|()| numpy::header(arena, &meter, object)))
    }

    /// Everything beyond this may follow the node down without looking out for itself.
    pub(crate) fn check_finite(self) -> Result<()> {
        match self.item {
            Item::Node(id) if self.document.is_cyclic(id) => {
                Err(Error::msg(ErrorKind::Value, "the object holds itself, which is not supported")
                    .with_found(format!("a cyclic {}", self.kind_name())))
            }
            _ => Ok(()),
        }
    }
}

/// As a text; `made` of a name that is none yet.
fn type_name<'d>(name: TypeName<'d>, made: impl FnOnce(&TypeName<'d>) -> String) -> Cow<'d, str> {
    match name {
        TypeName::Builtin(name) => name.into(),
        TypeName::Global(_) => made(&name).into(),
    }
}

/// See [`text::shown`]: most text is shown as it is.
fn shown(text: Cow<'_, str>) -> Cow<'_, str> {
    let shown = text::shown(&text).to_string();
    if shown == text { text } else { shown.into() }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.kind_name())
    }
}
