//! How the machine reads strings and integers.

use crate::ErrorKind;
use crate::arena::item::Item;
use crate::arena::nodes::NodeData;
use crate::bigint::{BigInt, shortest};
use crate::format::input::{Fault, Step};
use crate::format::text;
use crate::machine::run::Machine;

impl<'a> Machine<'a, '_> {
    #[inline]
    pub(crate) fn string(&mut self, len: u64) -> Step<()> {
        let bytes = self.input.take(len)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push(Item::Str(text)),
            Err(_) if text::is_surrogate_utf8(bytes) => self.push_node(NodeData::Surrogates(bytes)),
            Err(_) => Err(Fault::invalid("the string is not UTF-8")),
        }
    }

    pub(crate) fn bytes(&mut self, len: u64) -> Step<()> {
        let bytes = self.input.take(len)?;
        self.push(Item::Bytes(bytes))
    }

    /// A `str` of Python 2: text if it is ASCII, as CPython takes it by default, and bytes otherwise.
    pub(super) fn byte_string(&mut self, len: u64) -> Step<()> {
        let bytes = self.input.take(len)?;
        self.push(match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Item::Str(text),
            _ => Item::Bytes(bytes),
        })
    }

    pub(crate) fn long(&mut self, len: u64) -> Step<()> {
        // As few bytes as tell the number: each look at it would find them again.
        match shortest(self.input.take(len)?) {
            [] => self.push(Item::Int(0)),
            bytes @ [.., high] if bytes.len() <= 8 => {
                let mut wide = [if high & 0x80 == 0 { 0 } else { 0xff }; 8];
                wide[..bytes.len()].copy_from_slice(bytes);
                self.push(Item::Int(i64::from_le_bytes(wide)))
            }
            bytes => self.push_node(NodeData::BigInt(bytes)),
        }
    }

    pub(crate) fn decimal(&mut self, line: &[u8]) -> Step<()> {
        let text = std::str::from_utf8(line).unwrap_or_default().trim();
        if let Ok(int) = text.parse() {
            return self.push(Item::Int(int));
        }
        let big: BigInt = text.parse().map_err(|error: crate::Error| match error.kind() {
            ErrorKind::Limit => Fault::limit(error.to_string()),
            _ => Fault::invalid("not a decimal integer"),
        })?;
        match big.to_i64() {
            Some(int) => self.push(Item::Int(int)),
            None => {
                let bytes: Box<[u8]> = big.to_le_bytes().into();
                self.arena.own(bytes.len());
                self.push_node(NodeData::OwnedBigInt(bytes))
            }
        }
    }
}
