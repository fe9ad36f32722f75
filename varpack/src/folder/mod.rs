//! Variables in a folder: what a load finds, what it remembers, and what a save writes of them.
//!
//! - `content`: what is given to be written, one tree for structs, maps and packs; `item_names`: what a folder may call its
//!   items; `split`: a dictionary whose arrays have files of their own; `group`: the variables of a flattened field; `stand_in`: a struct
//!   that the folder has composed otherwise
//! - `load`: what is found; `report`: what the caller is told of it
//! - `baseline`: what a load or save has seen, by which the next save knows who has changed what
//! - `save`: `existing` (what is there), `plan` (what is decided), `planned` (what is written), and the commit; `update`: load,
//!   change and save as one
//! - `options`, `rules`: what the caller says

pub(crate) mod baseline;
pub(crate) mod content;
pub(crate) mod group;
pub(crate) mod item_names;
pub(crate) mod load;
pub(crate) mod options;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod save;
pub(crate) mod split;
pub(crate) mod stand_in;
pub(crate) mod update;
