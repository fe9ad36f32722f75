//! Folders and variables whose types are known only at run time: `Pack`, `PackValue`, `PackMap`.

pub(crate) mod map;
mod ordered;
pub(crate) mod pack;
mod read;
pub(crate) mod value;
