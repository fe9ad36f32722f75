//! A folder of memory-mapped `.npy` arrays and pickles, shared with NumPy and Python, behind one
//! derive.

// The generated code names this crate `::varpack`; so do the derives used inside it.
extern crate self as varpack;

pub mod array;
mod error;
pub mod field;
#[cfg(fuzzing)]
pub mod fuzzing;
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
/// `#[derive(Varpack)]`: a struct is a folder.
///
/// ```
/// use std::collections::BTreeMap;
/// use varpack::{MmapArray1, MmapArray2, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     weights: MmapArray2<f32>,
///     #[varpack(mmap)]
///     split: BTreeMap<String, MmapArray1<u32>>,
///     #[varpack(separate, default)]
///     history: Vec<f64>,
///     step: u64,
/// }
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("run");
/// let run = Run {
///     weights: ndarray::Array2::ones((3, 4)).into(),
///     split: BTreeMap::from([("train".to_owned(), ndarray::arr1(&[0, 1, 2]).into())]),
///     history: vec![0.5],
///     step: 7,
/// };
/// run.save(&folder)?;
/// let run = Run::load(&folder)?;
/// assert_eq!(run.weights.sum(), 12.0);
/// assert_eq!(run.split["train"].len(), 3);
/// assert_eq!(run.step, 7);
/// # Ok::<(), varpack::Error>(())
/// ```
pub use varpack_derive::Varpack;
