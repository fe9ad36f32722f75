//! What Rust read without a type, in the notation of the expectations.

use super::array::{descr, hex};
use super::{ArrayDatum, Datum, PyFloat};
use std::fs;
use std::path::Path;
use varpack::npy::Header;
use varpack::pickle::{Build, Global, Object, Value};
use varpack::{AnyArray, PackItem, PackValue};

/// Classes derived from `dict` that the notation has as dictionaries.
const DICTS: [&str; 3] = ["OrderedDict", "defaultdict", "Counter"];

impl Datum {
    /// A value in the notation. Placeholders are replaced by the arrays that they stand for, read
    /// from `folder`.
    ///
    /// # Panics
    /// If the file of a placeholder cannot be read, or the value is of a type that is not known here.
    pub fn of_value(value: &Value, folder: &Path) -> Self {
        let all = |items: &[Value]| items.iter().map(|item| Self::of_value(item, folder)).collect();
        match value {
            Value::None => Self::None,
            Value::Bool(value) => Self::Bool { value: *value },
            Value::Int(value) => Self::Int { value: value.to_string() },
            Value::BigInt(value) => Self::Int { value: value.to_string() },
            Value::Float(value) => Self::Float { hex: PyFloat(*value) },
            Value::Complex(value) => Self::Complex { re: PyFloat(value.re), im: PyFloat(value.im) },
            Value::Str(text) => Self::Str { value: text.to_string() },
            Value::SurrogateStr(text) => Self::SurrogateStr { hex: hex(text.as_bytes()) },
            Value::Bytes(bytes) => Self::Bytes { hex: hex(bytes) },
            Value::ByteArray(bytes) => Self::Bytearray { hex: hex(bytes) },
            Value::List(items) => Self::List { items: all(items) },
            Value::Tuple(items) => Self::Tuple { items: all(items) },
            Value::Set(items) => Self::Set { items: all(items) },
            Value::FrozenSet(items) => Self::Frozenset { items: all(items) },
            Value::Dict(entries) => Self::dict("dict", entries, folder),
            Value::Array(array) => {
                let datum = ArrayDatum::of_parts(array.header(), array.as_bytes());
                Self::Array(ArrayDatum { mapped: Some(false), ..datum })
            }
            Value::ObjectArray(array) => {
                assert!(!array.fortran_order, "the notation has object arrays in C order");
                Self::ObjectArray { shape: array.shape.clone(), items: all(&array.items) }
            }
            Value::Scalar(scalar) => {
                Self::NumpyScalar { descr: descr(&scalar.dtype), hex: hex(&scalar.bytes) }
            }
            Value::Placeholder(filename) => {
                let array = read_npy(&folder.join(&**filename));
                Self::Array(ArrayDatum { mapped: Some(true), ..ArrayDatum::of_any(&array) })
            }
            Value::Global(global) => Self::named(global),
            Value::Object(object) => Self::of_object(object, folder),
            other => panic!("the notation has no {}", other.kind_name()),
        }
    }

    /// A variable of a [`Pack`](varpack::Pack) in the notation. Where its arrays lie is not told.
    ///
    /// # Panics
    /// If the value is of a type that is not known here.
    pub fn of_variable(variable: &PackValue) -> Self {
        // A pack has replaced every placeholder.
        let no_folder = Path::new("");
        let array = |array: &AnyArray| Self::Array(ArrayDatum::of_any(array));
        match variable {
            PackValue::Array(found) => array(found),
            PackValue::Value(value) => Self::of_value(value, no_folder),
            PackValue::Map(map) => {
                let items = map.iter().map(|(key, item)| {
                    let item = match item {
                        PackItem::Array(found) => array(found),
                        PackItem::Value(value) => Self::of_value(value, no_folder),
                        other => panic!("the notation has no {other:?}"),
                    };
                    (Self::of_value(key, no_folder), item)
                });
                Self::Dict { class: "dict".to_owned(), items: items.collect() }
            }
            other => panic!("the notation has no {other:?}"),
        }
    }

    fn dict(class: &str, entries: &[(Value, Value)], folder: &Path) -> Self {
        let items = entries
            .iter()
            .map(|(key, value)| (Self::of_value(key, folder), Self::of_value(value, folder)))
            .collect();
        Self::Dict { class: class.to_owned(), items }
    }

    /// A class or a function.
    fn named(global: &Global) -> Self {
        Self::Object { class: format!("{}.{}", global.module, global.name), parts: Vec::new() }
    }

    /// An object: what `__reduce_ex__(4)` gives of it in Python.
    fn of_object(object: &Object, folder: &Path) -> Self {
        let Value::Global(class) = &object.callable else {
            panic!("the notation has no {}", object.callable.kind_name())
        };
        if class.module == "collections" && DICTS.contains(&class.name.as_str()) {
            return Self::dict(&class.name, &object.dict_items, folder);
        }
        let of = |value: &Value| Self::of_value(value, folder);
        let mut args = object.args.as_slice().unwrap_or_default().iter().map(of).collect();
        let function =
            |name: &str| Self::Object { class: format!("copyreg.{name}"), parts: Vec::new() };
        let (callable, args) = match object.build {
            Build::New => {
                let mut all = vec![Self::named(class)];
                all.append(&mut args);
                (function("__newobj__"), all)
            }
            Build::NewEx => {
                let kwargs = object.kwargs.as_ref().map_or(Self::None, of);
                let all = vec![Self::named(class), Self::Tuple { items: args }, kwargs];
                (function("__newobj_ex__"), all)
            }
            _ => (Self::named(class), args),
        };
        let list = |items: Vec<Self>| match items.len() {
            0 => Self::None,
            _ => Self::List { items },
        };
        let pairs = object.dict_items.iter();
        let pairs = pairs.map(|(key, value)| Self::Tuple { items: vec![of(key), of(value)] });
        let mut parts = vec![
            callable,
            Self::Tuple { items: args },
            object.state.as_ref().map_or(Self::None, of),
            list(object.list_items.iter().map(of).collect()),
            list(pairs.collect()),
        ];
        while parts.last() == Some(&Self::None) {
            parts.pop();
        }
        Self::Object { class: format!("{}.{}", class.module, class.name), parts }
    }
}

/// Reads an array of any dtype from a `.npy` file.
///
/// # Panics
/// If it cannot be read.
pub fn read_npy(path: &Path) -> AnyArray {
    let file = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = || {
        let len = Header::encoded_len(&file[..Header::PREFIX.min(file.len())])?;
        let header = Header::parse(&file[..len])?;
        AnyArray::from_bytes(header, &file[len..])
    };
    read().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
