//! The format of pickles: opcodes, their arguments, texts, and the names by which objects are asked for.
//!
//! The first room: bytes and names; objects are only named. `legacy` has Python 2's names, `calls` those that are understood.

pub(crate) mod calls;
pub(crate) mod input;
pub(crate) mod legacy;
pub(crate) mod opcode;
pub(crate) mod text;
