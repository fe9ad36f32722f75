//! Arrays, owned or memory-mapped: [`MmapArray`] of a known type, [`AnyArray`] of any.

mod any;
mod array_type;
mod binding;
mod data_lock;
mod edit;
mod mapping;
mod native;
mod open;
mod ops;
mod order;
mod placed;
mod read;
pub(crate) mod repeats;
mod scratch;
mod serde;
mod source;
mod state;
mod typed;
mod witness;

pub use any::AnyArray;
pub use open::Mode;
pub use placed::ReadReason;
pub use typed::{
    MmapArray, MmapArray1, MmapArray2, MmapArray3, MmapArray4, MmapArray5, MmapArray6, MmapArrayD,
};

pub(crate) use array_type::{ArrayType, fits};
pub(crate) use binding::{Binding, Standing};
pub(crate) use open::{ArrayFile, Bound, OpenOptions, Opener};
pub(crate) use placed::Placed;
pub(crate) use source::ArraySource;
pub(crate) use state::{FolderHandle, Origin};
pub(crate) use witness::Witness;
