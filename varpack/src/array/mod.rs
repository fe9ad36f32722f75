//! Arrays, owned or memory-mapped: [`MmapArray`] of a known type, [`AnyArray`] of any.

mod any;
mod typed;

pub use any::AnyArray;
pub use typed::{
    MmapArray, MmapArray1, MmapArray2, MmapArray3, MmapArray4, MmapArray5, MmapArray6, MmapArrayD,
};

/// How arrays are opened on load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `r+`: mapped; a write through `view_mut` is a write to the file.
    #[default]
    ReadWrite,
    /// `r`: mapped read-only; `view_mut` is refused.
    ReadOnly,
    /// `c`: mapped copy-on-write; writes stay in memory until saved.
    CopyOnWrite,
    /// Read into memory; no file stays open or mapped.
    InMemory,
}
