//! `Debug` of [`Value`]s and of their parts: as Python prints them, shortened where they are long or deep.
//!
//! What is shared is printed wherever it is referred to, so the whole text is limited too.

use crate::bigint::BigInt;
use crate::npy::internal::text::{self, debug_within};
use crate::value::kinds::{Object, ObjectArray, Scalar, SurrogateStr, Value};
use crate::value::shared::{Children, Shared};
use std::fmt::{self, Write};

/// Levels and values that are printed; the rest is `…`.
const DEPTH: usize = 16;
const VALUES: usize = 1000;

/// Bytes of the whole text.
const BYTES: usize = 16 << 10;

/// Bytes of a string that are printed, and digits of a long integer.
const STRING: usize = text::LONGEST;

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, |printer| printer.value(self, 0))
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, |printer| printer.object(self, 0))
    }
}

impl fmt::Debug for ObjectArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, |printer| printer.object_array(self, 0))
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, |printer| printer.scalar(self))
    }
}

impl fmt::Debug for SurrogateStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, |printer| printer.text(&self.to_string()))
    }
}

impl<T: Children + fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_within(f, text::LONGEST_DEBUG, |out| write!(out, "{:?}", **self))
    }
}

fn print(
    f: &mut fmt::Formatter<'_>,
    write: impl FnOnce(&mut Printer<'_>) -> fmt::Result,
) -> fmt::Result {
    debug_within(f, BYTES, |out| write(&mut Printer { out, left: VALUES }))
}

struct Printer<'p> {
    out: &'p mut dyn Write,
    left: usize,
}

impl Printer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> fmt::Result {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || depth > DEPTH {
            return self.out.write_char('…');
        }
        match value {
            Value::None => self.out.write_str("None"),
            Value::Bool(true) => self.out.write_str("True"),
            Value::Bool(false) => self.out.write_str("False"),
            Value::Int(value) => write!(self.out, "{value}"),
            Value::BigInt(value) => self.big_int(value),
            Value::Float(value) => write!(self.out, "{value:?}"),
            Value::Complex(value) => write!(self.out, "complex({:?}, {:?})", value.re, value.im),
            Value::Str(text) => self.text(text),
            Value::SurrogateStr(text) => self.text(&text.to_string()),
            Value::Bytes(bytes) => self.bytes("b\"", bytes, "\""),
            Value::ByteArray(bytes) => self.bytes("bytearray(b\"", bytes, "\")"),
            Value::List(items) => self.items("[", items, "]", depth),
            Value::Tuple(items) if items.len() == 1 => self.items("(", items, ",)", depth),
            Value::Tuple(items) => self.items("(", items, ")", depth),
            Value::Set(items) => self.items("set([", items, "])", depth),
            Value::FrozenSet(items) => self.items("frozenset([", items, "])", depth),
            Value::Dict(entries) => self.entries(entries, depth),
            Value::Array(array) => write!(self.out, "{array:?}"),
            Value::ObjectArray(array) => self.object_array(array, depth),
            Value::Scalar(scalar) => self.scalar(scalar),
            Value::Dtype(dtype) => write!(self.out, "dtype({})", text::shown(&dtype.descr())),
            Value::Placeholder(filename) => {
                self.out.write_str("placeholder(")?;
                self.text(filename)?;
                self.out.write_char(')')
            }
            Value::Global(global) => {
                write!(self.out, "{}.{}", text::shown(&global.module), text::shown(&global.name))
            }
            Value::Object(object) => self.object(object, depth),
        }
    }

    /// Of a long one the first digits, which the last bytes say.
    fn big_int(&mut self, value: &BigInt) -> fmt::Result {
        let bytes = value.to_le_bytes();
        let Some(highest) = bytes.len().checked_sub(2 * STRING).and_then(|at| bytes.get(at..))
        else {
            return write!(self.out, "{value}");
        };
        let digits = BigInt::from_le_bytes(highest).to_string();
        write!(self.out, "{}… ({} bytes)", text::start(&digits, STRING), bytes.len())
    }

    /// In quotes, with escapes, and what is hidden as an escape.
    fn text(&mut self, text: &str) -> fmt::Result {
        let start = text::start(text, STRING);
        write!(self.out, "{}", text::escaped(&format!("{start:?}")))?;
        self.rest(text.len() - start.len(), text.len())
    }

    fn bytes(&mut self, open: &str, bytes: &[u8], close: &str) -> fmt::Result {
        let start = bytes.get(..STRING).unwrap_or(bytes);
        write!(self.out, "{open}{}{close}", start.escape_ascii())?;
        self.rest(bytes.len() - start.len(), bytes.len())
    }

    /// What stands in the place of what is left out.
    fn rest(&mut self, left_out: usize, len: usize) -> fmt::Result {
        if left_out > 0 { write!(self.out, "… ({len} bytes)") } else { Ok(()) }
    }

    fn scalar(&mut self, scalar: &Scalar) -> fmt::Result {
        write!(self.out, "{}(", text::shown(&scalar.dtype.name()))?;
        self.bytes("b\"", &scalar.bytes, "\")")
    }

    fn object_array(&mut self, array: &ObjectArray, depth: usize) -> fmt::Result {
        write!(self.out, "array(shape={:?}, ", array.shape)?;
        self.items("[", &array.items, "])", depth)
    }

    fn object(&mut self, object: &Object, depth: usize) -> fmt::Result {
        self.value(&object.callable, depth + 1)?;
        let parts = [&object.kwargs, &object.state, &object.setter];
        self.value(&object.args, depth + 1)?;
        for part in parts.into_iter().flatten() {
            self.out.write_char('+')?;
            self.value(part, depth + 1)?;
        }
        if !object.list_items.is_empty() {
            self.items("+[", &object.list_items, "]", depth)?;
        }
        if !object.dict_items.is_empty() {
            self.out.write_char('+')?;
            self.entries(&object.dict_items, depth)?;
        }
        Ok(())
    }

    fn items(&mut self, open: &str, items: &[Value], close: &str, depth: usize) -> fmt::Result {
        self.out.write_str(open)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.write_str(", ")?;
            }
            self.value(item, depth + 1)?;
            if self.left == 0 {
                break;
            }
        }
        self.out.write_str(close)
    }

    fn entries(&mut self, entries: &[(Value, Value)], depth: usize) -> fmt::Result {
        self.out.write_char('{')?;
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.out.write_str(", ")?;
            }
            self.value(key, depth + 1)?;
            self.out.write_str(": ")?;
            self.value(value, depth + 1)?;
            if self.left == 0 {
                break;
            }
        }
        self.out.write_char('}')
    }
}
