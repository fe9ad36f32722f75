//! Variables in a folder: what a load finds, what it remembers, and what a save writes of them.

pub(crate) mod baseline;
pub(crate) mod content;
pub(crate) mod item_names;
pub(crate) mod load;
pub(crate) mod options;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod save;
pub(crate) mod split;
pub(crate) mod update;
