//! A pickle, parsed: [`Document`](parsed::Document), the places in it ([`Node`](node::Node)), which of them hold
//! themselves, and a fingerprint of what they are.
//!
//! How a node becomes something else stands where that is made: a `Value` in [`convert`](crate::convert), a type of the
//! caller's in [`de`](crate::de), a part of another pickle in [`carry`](crate::carry). `history` is the order in which what holds itself was filled.

pub(crate) mod cycles;
pub(crate) mod fingerprint;
pub(crate) mod history;
pub(crate) mod node;
pub(crate) mod parsed;
