//! A value of any Python type, in the notation of the expectations.

use super::{ArrayDatum, PyFloat};
use serde::Deserialize;

/// A Python value: its type, and all that makes it up.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Datum {
    /// `None`
    None,
    /// `bool`
    Bool {
        /// The value.
        value: bool,
    },
    /// `int`, of any size
    Int {
        /// Decimal digits.
        value: String,
    },
    /// `float`
    Float {
        /// The value.
        hex: PyFloat,
    },
    /// `complex`
    Complex {
        /// The real part.
        re: PyFloat,
        /// The imaginary part.
        im: PyFloat,
    },
    /// `str`
    Str {
        /// The text.
        value: String,
    },
    /// `str` that holds lone surrogates
    SurrogateStr {
        /// Its UTF-8 bytes, surrogates too (`surrogatepass`), as hexadecimal digits.
        hex: String,
    },
    /// `bytes`
    Bytes {
        /// Hexadecimal digits.
        hex: String,
    },
    /// `bytearray`
    Bytearray {
        /// Hexadecimal digits.
        hex: String,
    },
    /// `list`
    List {
        /// In order.
        items: Vec<Datum>,
    },
    /// `tuple`
    Tuple {
        /// In order.
        items: Vec<Datum>,
    },
    /// `set`
    Set {
        /// In any order.
        items: Vec<Datum>,
    },
    /// `frozenset`
    Frozenset {
        /// In any order.
        items: Vec<Datum>,
    },
    /// `dict`, or a class derived from it
    Dict {
        /// The name of the class: `dict`, `OrderedDict`.
        class: String,
        /// Keys and values, in order.
        items: Vec<(Datum, Datum)>,
    },
    /// `numpy.ndarray`
    Array(ArrayDatum),
    /// `numpy.ndarray` of dtype object
    ObjectArray {
        /// The number of elements along each axis.
        shape: Vec<usize>,
        /// The elements in C order.
        items: Vec<Datum>,
    },
    /// A NumPy scalar
    NumpyScalar {
        /// Its dtype, as in the header of a `.npy` file.
        descr: String,
        /// Its bytes, in the dtype's order, as hexadecimal digits.
        hex: String,
    },
    /// Any other object
    Object {
        /// Module and name of the class.
        class: String,
        /// What `__reduce_ex__(4)` gives: arguments, state, items.
        parts: Vec<Datum>,
    },
}

impl Datum {
    /// The name of the type, as in the expectations.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bool { .. } => "bool",
            Self::Int { .. } => "int",
            Self::Float { .. } => "float",
            Self::Complex { .. } => "complex",
            Self::Str { .. } => "str",
            Self::SurrogateStr { .. } => "surrogate_str",
            Self::Bytes { .. } => "bytes",
            Self::Bytearray { .. } => "bytearray",
            Self::List { .. } => "list",
            Self::Tuple { .. } => "tuple",
            Self::Set { .. } => "set",
            Self::Frozenset { .. } => "frozenset",
            Self::Dict { .. } => "dict",
            Self::Array(_) => "array",
            Self::ObjectArray { .. } => "object_array",
            Self::NumpyScalar { .. } => "numpy_scalar",
            Self::Object { .. } => "object",
        }
    }

    /// The value that a dictionary has under a text key.
    ///
    /// # Panics
    /// If this is not a dictionary or has no such key.
    #[track_caller]
    pub fn get(&self, key: &str) -> &Self {
        let Self::Dict { items, .. } = self else { panic!("expected a dict, found {self:?}") };
        let found = items.iter().find(|(k, _)| matches!(k, Self::Str { value } if value == key));
        &found.unwrap_or_else(|| panic!("no key `{key}` is expected")).1
    }

    /// The array that this is.
    ///
    /// # Panics
    /// If it is anything else.
    #[track_caller]
    pub fn array(&self) -> &ArrayDatum {
        match self {
            Self::Array(array) => array,
            other => panic!("expected an array, found {other:?}"),
        }
    }

    /// Asserts that a value found is this one.
    ///
    /// # Panics
    /// If it is not, with the path of each difference.
    #[track_caller]
    pub fn assert_equals(&self, found: &Self) {
        let differences = self.differences(found);
        assert!(differences.is_empty(), "the values differ:\n{}", differences.join("\n"));
    }

    /// Where a value found differs from this one: `[3].loss: expected …, found …`. Empty if nowhere.
    pub fn differences(&self, found: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        compare(self, found, "", &mut differences);
        differences
    }

    /// The key as it stands in a path.
    fn as_key(&self) -> String {
        match self {
            Self::Str { value } | Self::Int { value } => value.clone(),
            other => format!("{other:?}"),
        }
    }
}

fn compare(expected: &Datum, found: &Datum, path: &str, differences: &mut Vec<String>) {
    use Datum::{Array, Dict, Frozenset, List, Object, Set, Tuple};
    match (expected, found) {
        (List { items: e }, List { items: f }) | (Tuple { items: e }, Tuple { items: f })
            if e.len() == f.len() =>
        {
            for (index, (e, f)) in e.iter().zip(f).enumerate() {
                compare(e, f, &format!("{path}[{index}]"), differences);
            }
        }
        (Dict { class, items: e }, Dict { class: other, items: f })
            if class == other && e.len() == f.len() =>
        {
            for ((ek, ev), (fk, fv)) in e.iter().zip(f) {
                let path = format!("{path}[{}]", ek.as_key());
                compare(ek, fk, &format!("{path} (the key)"), differences);
                compare(ev, fv, &path, differences);
            }
        }
        (Object { class, parts: e }, Object { class: other, parts: f })
            if class == other && e.len() == f.len() =>
        {
            for (index, (e, f)) in e.iter().zip(f).enumerate() {
                compare(e, f, &format!("{path}.{class}#{index}"), differences);
            }
        }
        (Set { items: e }, Set { items: f }) | (Frozenset { items: e }, Frozenset { items: f })
            if e.len() == f.len() && e.iter().all(|item| f.contains(item)) => {}
        (Array(e), Array(f)) if e.is_same(f) => {}
        (e, f) if e == f => {}
        (e, f) => differences.push(format!("{path}: expected {e:?}, found {f:?}")),
    }
}
