//! Bytes of a pickle: [`Writer`](writer::Writer), what it remembers, and all that it writes without serde.
//!
//! `output` < `batch`, `names`, `keys` < `dict_keys` < `writer` < `emit_numpy`, `constants` < `emit`. What serde writes
//! stands in [`ser`](crate::ser), what comes from another pickle in [`carry`](crate::carry).

pub(crate) mod batch;
pub(crate) mod constants;
pub(crate) mod dict_keys;
pub(crate) mod emit;
pub(crate) mod emit_numpy;
pub(crate) mod keys;
pub(crate) mod names;
pub(crate) mod output;
pub(crate) mod writer;
