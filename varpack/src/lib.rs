//! Large arrays and small values, saved as one folder, behind one derive.
//!
//! `#[derive(Varpack)]` on a struct gives it [`save`](trait@Varpack) and [`load`](trait@Varpack) for a folder in which
//! `#[varpack(mmap)]` fields are `.npy` files, memory-mapped on load, and everything else is pickled.
//! NumPy, `pickle` and the Python program `varpack` read the folder, and what that program wrote is
//! read here.
//!
//! ```
//! use varpack::{MmapArray2, Varpack};
//!
//! #[derive(Varpack)]
//! struct Model {
//!     #[varpack(mmap)]
//!     weights: MmapArray2<f32>, // weights.npy
//!     step: u64,                // __misc_vars__.pickle
//! }
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path().join("model");
//! Model { weights: ndarray::Array2::ones((300, 400)).into(), step: 7 }.save(&folder)?;
//!
//! let model = Model::load(&folder)?; // opens and maps; reads nothing of the weights
//! assert!(model.weights.is_mapped());
//! assert_eq!(model.weights.row(0).sum(), 400.0);
//!
//! Model::update(&folder, |model| {
//!     model.step += 1; // loaded, changed and saved as one step: nobody's save comes between
//!     Ok(())
//! })?; // writes what has changed, all or nothing
//! # Ok::<(), varpack::Error>(())
//! ```
//!
//! | to | use |
//! | --- | --- |
//! | save and load a struct | [`#[derive(Varpack)]`](macro@Varpack) and the trait [`Varpack`](trait@Varpack) |
//! | choose a mode, skip fields, see what a load did | [`LoadOptions`], [`Loaded`], [`LoadReport`] |
//! | see what a save did | [`SaveReport`] |
//! | change a folder that others save too | [`Varpack::update`], [`Pack::update`], [`Loaded`] |
//! | edit arrays in place, without a save | [`Varpack::edit`], [`Pack::edit`] |
//! | overwrite, prune, save without syncing | [`SaveOptions`] |
//! | show how far a load or save is, cancel it | [`LoadOptions::progress`], [`SaveOptions::progress`], [`Progress`] |
//! | bound the threads of a load or save | [`LoadOptions::threads`], [`SaveOptions::threads`] |
//! | load a stranger's folder | the limits [`max_manifest_size`](LoadOptions::max_manifest_size), [`max_pickle_size`](LoadOptions::max_pickle_size) and [`max_in_memory`](LoadOptions::max_in_memory) |
//! | load a folder whose files are symbolic links | [`LoadOptions::follow_links`] |
//! | hold an array that is mapped or owned | [`MmapArray`] |
//! | make an array larger than memory | [`MmapArray::zeros_in`] |
//! | open or write one `.npy` file | [`MmapArray::open`], [`MmapArray::save_npy`] |
//! | open a directory of `.npy` files | [`Pack::from_npy_dir`] |
//! | open a folder of unknown type | [`Pack`], [`AnyArray`] |
//! | hold a map that mixes arrays and values | [`ArrayOr`], or a struct under `#[varpack(nested)]` |
//! | put records, times or texts into arrays | [`npy`], [`NpyElement`](macro@NpyElement) |
//! | read and write pickles alone | [`pickle`] |
//! | settle a save that was interrupted and overtaken | [`recover`] |
//!
//! # Errors
//!
//! All fallible functions give an [`Error`]. It names the file, the variable, what was expected and what
//! was found; its [`kind`](Error::kind) is for code that reacts.
//!
//! # Features
//!
//! - `indexmap`: maps of arrays as `indexmap::IndexMap`, which keeps the order of the folder.
//! - `rayon`: `par_iter` over arrays, and the methods of `ndarray` that begin with `par_`.
//!
//! # Safety of a load
//!
//! A mapped file must not be truncated or edited behind the map's back. Everything that goes through this
//! crate keeps to that, by locks; what other programs may do beside it is said on
//! [`Varpack::load`](trait@Varpack#method.load). [`Mode::InMemory`] maps nothing.

// The generated code names this crate `::varpack`; so do the derives used inside it.
extern crate self as varpack;

pub mod array;
mod dynamic;
pub mod field;
mod folder;
#[cfg(fuzzing)]
pub mod fuzzing;
mod layout;
mod os;
mod parallel;
mod store;
#[cfg(test)]
mod tests;

pub mod npy {
    //! NumPy's `.npy` format and dtypes, and Rust types as elements: the crate `varpack-npy`.
    //!
    //! [`Element`] says which types are elements, [`NpyElement`](derive@NpyElement) makes one of a struct, [`NpyArray`]
    //! is an array as plain data. Nothing here touches a file.
    pub use varpack_npy::*;
}

pub mod pickle {
    //! A data-only codec of Python pickles, with serde on top: the crate `varpack-pickle`.
    //!
    //! [`to_vec`] and [`from_slice`] are for types of one's own, [`Value`] for any Python object. Nothing in a pickle is
    //! ever imported or executed.
    pub use varpack_pickle::*;
}

/// The crate whose arrays these are, in the version that they are of.
///
/// ```
/// use varpack::{MmapArray2, ndarray::array};
///
/// assert_eq!(MmapArray2::from(array![[1, 2], [3, 4]]).sum(), 10);
/// ```
pub use ndarray;

use varpack_npy::internal::text;
use varpack_pickle::internal::{budget, sync};

#[doc(inline)]
pub use array::{
    AnyArray, MmapArray, MmapArray1, MmapArray2, MmapArray3, MmapArray4, MmapArray5, MmapArray6,
    MmapArrayD, Mode, ReadReason,
};
#[doc(inline)]
pub use dynamic::map::{PackItem, PackItems, PackMap};
#[doc(inline)]
pub use dynamic::{pack::Pack, value::PackValue};
#[doc(inline)]
pub use field::ArrayOr;
#[doc(inline)]
pub use field::loaded::Loaded;
#[doc(inline)]
pub use field::reader::{FieldReader, PackReader};
#[doc(inline)]
pub use field::writer::{FieldWriter, PackWriter};
#[doc(inline)]
pub use field::{
    fields::{PackFields, SaveFields},
    traits::Varpack,
};
#[doc(inline)]
pub use folder::options::{LoadOptions, SaveOptions};
#[doc(inline)]
pub use folder::report::{LoadAction, LoadEntry, LoadReport, SaveAction, SaveEntry, SaveReport};
#[doc(inline)]
pub use folder::rules::PackRules;
#[doc(inline)]
pub use npy::{Element, Error, ErrorKind, NpyElement, Result};
#[doc(inline)]
pub use store::progress::Progress;
#[doc(inline)]
pub use store::recover::{Recover, recover};
/// `#[derive(Varpack)]`: a struct is a folder.
///
/// Each attribute has its example below.
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
///
#[doc = include_str!("../docs/attributes.md")]
pub use varpack_derive::Varpack;

/// The examples of the README run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
