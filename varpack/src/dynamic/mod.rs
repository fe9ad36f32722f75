//! Folders and variables whose types are known only at run time.

mod found;
pub(crate) mod map;
mod ordered;
pub(crate) mod pack;
pub(crate) mod value;
