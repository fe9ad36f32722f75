//! Runs of scalars that stay as they stand in the input: counted when a pickle is parsed, decoded
//! when they are visited. A list of a million floats takes no memory beside its pickle.

use crate::arena::item::Item;
use crate::format::input::{Input, Step};
use crate::format::opcode as op;

/// One scalar after the other: numbers of at most 64 bits, booleans and `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScalarRun<'a> {
    input: Input<'a>,
    len: usize,
}

impl<'a> ScalarRun<'a> {
    /// The scalars that these bytes begin with.
    #[inline]
    pub(crate) fn at_start_of(bytes: &'a [u8]) -> Self {
        let (mut end, mut len) = (0, 0);
        while let Some(size) = bytes.get(end..).and_then(size_of_scalar) {
            end += size;
            len += 1;
        }
        Self { input: Input::new(bytes.get(..end).unwrap_or_default()), len }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of all of its opcodes.
    pub(crate) fn size(&self) -> usize {
        self.input.left()
    }
}

/// The bytes of the scalar that these begin with, its opcode included; `None` if it is another
/// opcode, or cut short.
#[inline]
fn size_of_scalar(bytes: &[u8]) -> Option<usize> {
    // Branches, which are predicted, and no table: the next step need not wait for the loads.
    let size = match bytes {
        [op::BINFLOAT, ..] => 9,
        [op::BININT1, ..] => 2,
        [op::BININT2, ..] => 3,
        [op::BININT, ..] => 5,
        [op::NONE | op::NEWTRUE | op::NEWFALSE, ..] => 1,
        _ => return None,
    };
    (size <= bytes.len()).then_some(size)
}

impl<'a> Input<'a> {
    /// The scalar of this opcode; `None` if it is another.
    #[inline(always)]
    pub(crate) fn scalar(&mut self, opcode: u8) -> Step<Option<Item<'a>>> {
        Ok(Some(match opcode {
            op::BINFLOAT => Item::Float(self.f64()?),
            op::BININT1 => Item::Int(self.byte()?.into()),
            op::BININT2 => Item::Int(self.u16()?.into()),
            op::BININT => Item::Int(self.i32()?.into()),
            op::NONE => Item::None,
            op::NEWTRUE => Item::Bool(true),
            op::NEWFALSE => Item::Bool(false),
            _ => return Ok(None),
        }))
    }
}

impl<'a> Iterator for ScalarRun<'a> {
    type Item = Item<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Item<'a>> {
        self.len = self.len.checked_sub(1)?;
        // A copy stays in registers, and is put back once.
        let mut input = self.input.clone();
        let opcode = input.byte().ok()?;
        let item = input.scalar(opcode).ok().flatten();
        self.input = input;
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl ExactSizeIterator for ScalarRun<'_> {}
