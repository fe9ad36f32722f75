//! Typed writes of what holds other values: lists, tuples, dicts.

use crate::format::opcode as op;
use crate::ser::keys;
use crate::ser::serializer::Serializer;
use crate::write::batch::Batch;
use crate::write::dict_keys::DictKeys;
use crate::write::writer::Writer;
use crate::{Error, ErrorKind, Result};
use serde::ser::{self, Serialize};

/// The content of a container.
pub(crate) struct Compound<'w> {
    writer: &'w mut Writer,
    depth: usize,
    key: bool,
    end: End,
    batch: Batch,
    /// How many items a tuple was said to have, less those written.
    left: Option<usize>,
    /// Whether it is the content of an enum's variant.
    wrapped: bool,
    /// Of a dict.
    keys: DictKeys,
    due: Due,
}

/// What may come next. A `Serialize` may go on after an error, or after a panic that it has caught: what was left half
/// written is never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// An item, a field or a key; or the end.
    Next,
    /// The value of the last key.
    Value,
    /// Nothing: a part is being written, or was not written whole.
    Nothing,
}

pub(crate) enum End {
    List,
    Tuple(u8),
    Dict,
}

impl<'w> Compound<'w> {
    #[inline(always)]
    pub(crate) fn new(inner: Serializer<'w>, end: End, left: Option<usize>, wrapped: bool) -> Self {
        let Serializer { writer, depth, key } = inner;
        let keys = DictKeys::new(&writer.out);
        let (batch, due) = (Batch::default(), Due::Next);
        Self { writer, depth, key, end, batch, left, wrapped, keys, due }
    }

    /// Before a part is written. Once it is, `due` says what may come after it.
    #[inline(always)]
    fn start(&mut self, due: Due) -> Result<()> {
        if self.due != due {
            return Err(out_of_turn(self.due));
        }
        self.due = Due::Nothing;
        Ok(())
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<()> {
        self.start(Due::Next)?;
        self.writer.out.cut();
        if matches!(self.end, End::List) {
            self.batch.start_item(&mut self.writer.out);
        } else if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or_else(wrong_len)?;
        }
        item.serialize(Serializer { writer: self.writer, depth: self.depth, key: self.key })?;
        if matches!(self.end, End::List) {
            self.batch.end_item(&mut self.writer.out, op::APPENDS);
        }
        self.due = Due::Next;
        Ok(())
    }

    /// An entry of a map whose keys are known to be [distinct](crate::ser::keys::are_distinct).
    #[inline]
    pub(super) fn distinct_entry<K: Serialize, V: Serialize>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<()> {
        self.start(Due::Next)?;
        self.writer.out.cut();
        self.batch.start_item(&mut self.writer.out);
        key.serialize(Serializer::key(self.writer, self.depth))?;
        self.entry_value(value)
    }

    #[inline]
    fn entry_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(Serializer { writer: self.writer, depth: self.depth, key: false })?;
        self.batch.end_item(&mut self.writer.out, op::SETITEMS);
        self.due = Due::Next;
        Ok(())
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<()> {
        self.start(Due::Next)?;
        self.writer.out.cut();
        self.batch.start_item(&mut self.writer.out);
        self.writer.name(name)?;
        self.entry_value(value)
    }

    #[inline]
    fn finish(mut self) -> Result<()> {
        self.start(Due::Next)?;
        match self.end {
            End::List => self.batch.end(&mut self.writer.out, op::APPENDS),
            End::Dict => {
                self.batch.end(&mut self.writer.out, op::SETITEMS);
                self.keys.end(&mut self.writer.out, &self.writer.names)?;
            }
            End::Tuple(_) if self.left.is_some_and(|left| left != 0) => return Err(wrong_len()),
            End::Tuple(opcode) => self.writer.out.op(opcode),
        }
        if self.wrapped {
            self.writer.out.op(op::SETITEM);
        }
        Ok(())
    }
}

#[cold]
fn out_of_turn(due: Due) -> Error {
    let message = match due {
        Due::Next => "a value comes without its key",
        Due::Value => "a key comes without its value",
        Due::Nothing => "a `Serialize` went on after a part of it could not be written",
    };
    Error::msg(ErrorKind::Value, message)
}

#[cold]
fn wrong_len() -> Error {
    Error::msg(ErrorKind::Value, "a tuple has another length than its `Serialize` said")
}

macro_rules! compound_sequence {
    ($($trait:ident $method:ident,)*) => {
        $(impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<()> {
                self.item(item)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.finish()
            }
        })*
    };
}

compound_sequence! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

macro_rules! compound_struct {
    ($($trait:ident,)*) => {
        $(impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<()> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.finish()
            }
        })*
    };
}

compound_struct! { SerializeStruct, SerializeStructVariant, }

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<()> {
        self.start(Due::Next)?;
        self.writer.out.cut();
        self.batch.start_item(&mut self.writer.out);
        keys::write(self.writer, self.depth, key)?;
        self.due = Due::Value;
        Ok(())
    }

    #[inline]
    fn serialize_value<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<()> {
        self.start(Due::Value)?;
        self.entry_value(value)
    }

    #[inline]
    fn end(self) -> Result<()> {
        self.finish()
    }
}
