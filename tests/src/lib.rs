//! What the tests of varpack share: pinned Python environments, the golden folders, and the
//! comparison of what was loaded with what was expected.

pub mod advice;
mod by_hand;
pub mod cases;
pub mod child;
#[cfg(doctest)]
mod docs;
pub mod effort;
pub mod expected;
#[cfg(unix)]
pub mod faults;
pub mod fixtures;
pub mod folders;
pub mod holders;
pub mod npy_files;
pub mod npy_goldens;
pub mod proportion;
pub mod python;
#[cfg(unix)]
pub mod unnamed;
