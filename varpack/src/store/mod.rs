//! A folder as files by name, and one commit that replaces some of them: locks, staging, the commit itself, what a
//! killed one has left, and whom all of it belongs to. It knows nothing of arrays and values.

pub(crate) mod belonging;
pub(crate) mod busy;
pub(crate) mod calling;
pub(crate) mod claims;
pub(crate) mod commit;
pub(crate) mod folder;
pub(crate) mod held_writer;
pub(crate) mod in_place;
pub(crate) mod lock_file;
pub(crate) mod made;
pub(crate) mod new_folder;
pub(crate) mod open_file;
pub(crate) mod options;
pub(crate) mod original;
pub(crate) mod output;
pub(crate) mod owners;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod recover;
pub(crate) mod staging;
pub(crate) mod staging_folder;
pub(crate) mod tally;
pub(crate) mod trust;
pub(crate) mod unfinished;
