//! From a node of a parsed pickle to a [`Value`](crate::Value), dicts in their order or sorted.

pub(crate) mod key_order;
pub(crate) mod to_value;
