//! How many items one APPENDS, SETITEMS or ADDITEMS takes.

use crate::format::opcode as op;
use crate::write::output::Output;

/// Items and entries that one APPENDS or SETITEMS takes, as in CPython: a reader keeps them on its
/// stack until then.
const BATCH: usize = 1000;

/// Items on the reader's stack that no APPENDS has taken yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Batch(usize);

impl Batch {
    /// Before an item.
    #[inline]
    pub(crate) fn start_item(&mut self, out: &mut Output) {
        if self.0 == 0 {
            out.op(op::MARK);
        }
        self.0 += 1;
    }

    /// After an item.
    #[inline]
    pub(crate) fn end_item(&mut self, out: &mut Output, opcode: u8) {
        if self.0 == BATCH {
            self.end(out, opcode);
        }
    }

    /// After the last item.
    #[inline]
    pub(crate) fn end(&mut self, out: &mut Output, opcode: u8) {
        if self.0 > 0 {
            out.op(opcode);
            self.0 = 0;
        }
    }
}
