//! A folder of memory-mapped `.npy` arrays and pickles, shared with NumPy and Python, behind one
//! derive.

// The generated code names this crate `::varpack`; so do the derives used inside it.
extern crate self as varpack;

pub mod array;
mod error;
pub mod field;
pub mod npy;
mod pack;
pub mod pickle;

pub use array::{
    AnyArray, MmapArray, MmapArray1, MmapArray2, MmapArray3, MmapArray4, MmapArray5, MmapArray6,
    MmapArrayD, Mode,
};
pub use error::{Error, ErrorKind, Result};
pub use field::ArrayOr;
pub use npy::{Element, NpyElement};
pub use pack::{
    FieldReader, FieldWriter, LoadAction, LoadEntry, LoadOptions, LoadReport, Loaded, Pack,
    PackFields, PackItem, PackMap, PackReader, PackRules, PackValue, PackWriter, Recover,
    SaveOptions, Varpack, recover,
};
pub use varpack_derive::Varpack;
