//! From one pickle to another, object by object, as they stand. `replay` has those that hold themselves.

pub(crate) mod copy;
pub(crate) mod replay;
