//! Typed reads: serde's `Deserializer` over a [`Node`](crate::Node).
//!
//! `deserializer` asks, `visit` answers with each kind of node as serde's data model has it, through `access` (containers),
//! `pairs`, `elements` and `object_elements` (NumPy's). `lists` are lists read as arrays. `newtype` looks into newtype structs, `reserved` answers visitors that ask for an array or a
//! [`Value`](crate::Value). Values hold values: these call each other. `value` is how a
//! `Value` reads, `whole` the functions of the crate.

pub(crate) mod access;
pub(crate) mod deserializer;
pub(crate) mod elements;
mod lists;
mod newtype;
pub(crate) mod object_elements;
pub(crate) mod pairs;
pub(crate) mod reserved;
pub(crate) mod value;
pub(crate) mod visit;
pub(crate) mod whole;
