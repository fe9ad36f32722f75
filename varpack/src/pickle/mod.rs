//! A data-only pickle codec: protocols 0 to 5 in, protocol 4 out, serde on top. Nothing in a pickle
//! is ever imported or executed.
