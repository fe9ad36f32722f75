//! What Python sees in an arena: kinds of objects, NumPy's arrays, dtypes and scalars, which objects are plain data.
//!
//! Everything is recognised from names and arguments; nothing is called. `flags`, `shape` and `strided`
//! ask nobody; then `kind`, `dtype` and `metadata`, `numpy`, `objects`.

pub(crate) mod dtype;
pub(crate) mod flags;
pub(crate) mod kind;
pub(crate) mod metadata;
pub(crate) mod numpy;
pub(crate) mod objects;
pub(crate) mod shape;
pub(crate) mod strided;
