//! Typed writes: serde's `Serializer` over a [`Writer`](crate::Writer).
//!
//! `serializer` writes what is no container, `compound` what is, `keys` the keys of dicts; `capture` takes arrays and
//! [`Value`](crate::Value)s out of the newtype structs by which they pass serde. Values hold values: these call each other. `value`
//! is how a `Value` is written, `whole` the functions of the crate.

pub(crate) mod capture;
pub(crate) mod compound;
pub(crate) mod keys;
pub(crate) mod serializer;
pub(crate) mod value;
pub(crate) mod whole;
