//! Arrays, owned or memory-mapped: [`MmapArray`] of a known type, [`AnyArray`] of any.
//!
//! - `open`: a file is checked (`read_header`), then mapped or `read` (`mode` is what was asked for, `read_reason` says why it came
//!   otherwise), or cast, as an `opened` file; `mapping`: the memory, and the one gate through which bytes become elements; `data_lock`: the lock without which
//!   nothing is mapped
//! - `npy_file`: a file by itself, without the rest of a folder
//! - `state`, `binding`, `edit`: what ties an array to its files, and how it is edited in place; `scratch`: a file of its own
//!   that has no name yet; `witness`: what was seen when it was loaded
//! - `typed` (`aliases`: by the number of axes), `any`, `construct`, `ops`, `operators`, `serde`: the two types and what they do; `source`: what a save asks of both

mod aliases;
mod any;
mod array_type;
mod binding;
mod construct;
mod data_lock;
mod edit;
mod layout;
mod mapping;
mod mode;
mod native;
mod npy_file;
mod open;
mod opened;
mod operators;
mod ops;
mod order;
mod read;
mod read_header;
mod read_reason;
pub(crate) mod repeats;
mod scratch;
mod serde;
mod source;
mod state;
mod typed;
mod witness;

pub use aliases::{
    MmapArray1, MmapArray2, MmapArray3, MmapArray4, MmapArray5, MmapArray6, MmapArrayD,
};
pub use any::AnyArray;
pub use mode::Mode;
pub use read_reason::ReadReason;
pub use typed::MmapArray;

pub(crate) use array_type::{ArrayType, cast_to, fits};
pub(crate) use binding::{Binding, Standing};
pub(crate) use open::{OpenOptions, Opener};
pub(crate) use opened::{ArrayFile, Bound};
pub(crate) use read_reason::Placed;
pub(crate) use source::ArraySource;
pub(crate) use state::{FolderHandle, Origin};
pub(crate) use witness::{Witness, nobody};
