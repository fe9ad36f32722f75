//! The pickle machine: opcodes in, an arena out.
//!
//! `run` has the loop and most opcodes, `scalars`, `containers` and `state` what they make and fill, `memo` what they
//! may refer to again.

pub(crate) mod containers;
pub(crate) mod fills;
pub(crate) mod memo;
pub(crate) mod run;
pub(crate) mod scalars;
pub(crate) mod state;
