//! A model of the three-way save, for `folder_changes_model.rs`: what the documents say that a folder holds after each
//! save, derived from `docs/safety.md` (promise 4) and `docs/attributes.md`, beside the real folder.

mod dice;
mod edits;
mod folder;
mod holder;
mod item;
mod memory;
mod open;
mod pack;
mod predict;
mod settle;
mod steps;
mod types;
mod world;

pub(crate) use world::{Counts, World};
