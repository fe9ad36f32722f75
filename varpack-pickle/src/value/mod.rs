//! Any Python object as data that Rust owns: [`Value`](kinds::Value), made, looked into, compared, shown.
//!
//! It knows nothing of pickles but by what an object was asked for. Nothing here recurses, and what several values
//! share is looked at once: `shared` holds it, `digest` and `expansion` remember it. `handed` is the way of a value
//! through serde, `accessors` how one is made and asked, `repeated` what several variables share.

pub(crate) mod accessors;
pub(crate) mod compare;
pub(crate) mod debug;
pub(crate) mod digest;
pub(crate) mod expansion;
pub(crate) mod handed;
pub(crate) mod kinds;
pub(crate) mod repeated;
pub(crate) mod shared;
