//! What one pickle holds, as it stands there: items in place, nodes by index, in a few flat vectors.
//!
//! `item` < `scalar_run` < `pool` < `facts` < `nodes` < `look`. Filled by [`machine`](crate::machine), read by all later
//! rooms.

pub(crate) mod facts;
pub(crate) mod item;
pub(crate) mod look;
pub(crate) mod nodes;
pub(crate) mod pool;
pub(crate) mod scalar_run;
