//! The pickle machine: opcodes in, an arena out.
//!
//! `run` has the loop and most opcodes, `scalars`, `containers` and `state` what they make and fill, `memo` what they
//! may refer to again, `fills` in which order it was filled. Numbers and truth values of the short opcodes are read by
//! `arena::scalar_run`, in runs.

pub(crate) mod containers;
pub(crate) mod fills;
pub(crate) mod memo;
pub(crate) mod run;
pub(crate) mod scalars;
pub(crate) mod state;
