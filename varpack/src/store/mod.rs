//! A folder as files by name, and one commit that replaces some of them: locks, staging, the commit itself, what a
//! killed one has left, and whom all of it belongs to. It knows nothing of arrays and values.
//!
//! - a save: `commit` begins it, `staging_folder`, `staging`, `output` and `copy_source` make its files, `new_folder` a folder
//!   that is not there yet, once `left_beside` has removed what killed ones have left
//! - its end: staged → committed (one rename, with a `record`: now it is the `commit_folder`) → `unfinished` until all is moved →
//!   finished; what a killed one has left is finished by `recover`, which also has `commit_alone`; `commit_errors` says what
//!   could not be
//! - a load: `folder` and its `Snapshot`, `open_file`, `trust`, `load_progress`; progress is four counters, in `progress`
//! - locks: `lock_file`, `held_writer`, `in_place`, `claims`, `busy`, `reentry`
//! - a file by itself, outside of any commit: `single_file`
//! - whose files: `owners`, `belonging`, `made`

pub(crate) mod belonging;
pub(crate) mod busy;
pub(crate) mod claims;
pub(crate) mod commit;
pub(crate) mod commit_errors;
pub(crate) mod commit_folder;
pub(crate) mod copy_source;
pub(crate) mod folder;
pub(crate) mod held_writer;
pub(crate) mod in_place;
mod left_beside;
pub(crate) mod load_progress;
pub(crate) mod lock_file;
pub(crate) mod made;
pub(crate) mod new_folder;
pub(crate) mod open_file;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod owners;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod recover;
pub(crate) mod reentry;
pub(crate) mod single_file;
pub(crate) mod staging;
pub(crate) mod staging_folder;
pub(crate) mod trust;
pub(crate) mod unfinished;
