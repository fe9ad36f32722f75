//! Making a [`Value`] from Rust values, and looking into one.

use crate::bigint::BigInt;
use crate::npy::NpyArray;
use crate::value::kinds::Value;
use crate::value::shared::Shared;
use std::sync::Arc;

impl Value {
    /// A list.
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// assert_eq!(format!("{:?}", Value::list([1.into(), "a".into()])), r#"[1, "a"]"#);
    /// ```
    pub fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Value::List(Shared::new(items.into_iter().collect()))
    }

    /// A tuple.
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// assert_eq!(format!("{:?}", Value::tuple([Value::None])), "(None,)");
    /// ```
    pub fn tuple(items: impl IntoIterator<Item = Value>) -> Self {
        Value::Tuple(Shared::new(items.into_iter().collect()))
    }

    /// A dict.
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// assert_eq!(format!("{:?}", Value::dict([("a", 1.5.into())])), r#"{"a": 1.5}"#);
    /// ```
    pub fn dict<K: Into<Value>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Value::Dict(Shared::new(entries.collect()))
    }

    /// The value under a string key of a dict.
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// assert_eq!(Value::dict([("a", 1.into())]).get("a"), Some(&Value::Int(1)));
    /// ```
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let entries = self.as_entries()?.iter().rev();
        entries.into_iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// The keys and values of a dict.
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// let value = Value::dict([(7, "seven".into())]);
    /// assert_eq!(value.as_entries(), Some([(Value::Int(7), "seven".into())].as_slice()));
    /// ```
    #[must_use]
    pub fn as_entries(&self) -> Option<&[(Value, Value)]> {
        match self {
            Value::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items of a list, tuple, set or frozenset.
    ///
    /// ```
    /// use varpack_pickle::Value;
    ///
    /// assert_eq!(Value::tuple([true.into()]).as_slice(), Some([Value::Bool(true)].as_slice()));
    /// ```
    #[must_use]
    pub fn as_slice(&self) -> Option<&[Value]> {
        match self {
            Value::List(items)
            | Value::Tuple(items)
            | Value::Set(items)
            | Value::FrozenSet(items) => Some(items),
            _ => None,
        }
    }

    /// The text of a `str`, unless it holds lone surrogates.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Value::from("a").as_str(), Some("a"));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The contents of a `bytes` or `bytearray`.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Value::from(b"a".as_slice()).as_bytes(), Some(b"a".as_slice()));
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(bytes) | Value::ByteArray(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The value of a `bool`.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Value::from(true).as_bool(), Some(true));
    /// ```
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of an `int` of at most 64 bits.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Value::from(7).as_i64(), Some(7));
    /// ```
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The value of a `float`.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Value::from(0.5).as_f64(), Some(0.5));
    /// ```
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The array of a `numpy.ndarray`.
    ///
    /// ```
    /// use varpack_pickle::to_value;
    ///
    /// let value = to_value(&varpack_npy::NpyArray::from_elements(&[2], &[1.5, 2.5])?)?;
    /// assert_eq!(value.as_array().map(|array| array.shape()), Some([2].as_slice()));
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    #[must_use]
    pub fn as_array(&self) -> Option<&NpyArray> {
        match self {
            Value::Array(array) => Some(array),
            _ => None,
        }
    }

    /// Whether this is `None`.
    ///
    /// ```
    /// assert!(varpack_pickle::Value::from(None::<u8>).is_none());
    /// ```
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// What this is, as [`Node::kind_name`](crate::Node::kind_name) says it.
    ///
    /// ```
    /// assert_eq!(varpack_pickle::Value::from(0.5).kind_name(), "float");
    /// ```
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Complex(_) => "complex",
            Value::Str(_) | Value::SurrogateStr(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::ByteArray(_) => "bytearray",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Set(_) => "set",
            Value::FrozenSet(_) => "frozenset",
            Value::Dict(_) => "dict",
            Value::Array(_) | Value::ObjectArray(_) => "numpy.ndarray",
            Value::Scalar(_) => "numpy scalar",
            Value::Dtype(_) => "numpy.dtype",
            Value::Placeholder(_) => "placeholder",
            Value::Global(_) => "class or function",
            Value::Object(_) => "object",
        }
    }
}

macro_rules! from {
    ($($type:ty => |$value:ident| $make:expr),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        })*
    };
}

from! {
    bool => |value| Value::Bool(value),
    i8 => |value| Value::Int(value.into()),
    i16 => |value| Value::Int(value.into()),
    i32 => |value| Value::Int(value.into()),
    i64 => |value| Value::Int(value),
    u8 => |value| Value::Int(value.into()),
    u16 => |value| Value::Int(value.into()),
    u32 => |value| Value::Int(value.into()),
    u64 => |value| Value::from(u128::from(value)),
    i128 => |value| Value::from(BigInt::from(value)),
    u128 => |value| Value::from(BigInt::from(value)),
    f32 => |value| Value::Float(value.into()),
    f64 => |value| Value::Float(value),
    &str => |value| Value::Str(value.into()),
    String => |value| Value::Str(value.into()),
    &String => |value| Value::Str(value.as_str().into()),
    &Value => |value| value.clone(),
    Arc<str> => |value| Value::Str(value),
    &[u8] => |value| Value::Bytes(value.into()),
    NpyArray => |value| Value::Array(Arc::new(value)),
    BigInt => |value| match value.to_i64() {
        Some(int) => Value::Int(int),
        None => Value::BigInt(value),
    },
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::None, Into::into)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Value::list(items)
    }
}
