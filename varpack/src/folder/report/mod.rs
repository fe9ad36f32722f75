//! What a load and a save did, for people to read and programs to look at: a line for each variable.

mod load;
mod save;
mod summary;
mod table;

pub use load::{LoadAction, LoadEntry, LoadReport};
pub use save::{SaveAction, SaveEntry, SaveReport};
pub(crate) use summary::summary;
