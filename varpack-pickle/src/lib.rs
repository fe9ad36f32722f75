//! A data-only pickle codec: protocols 0 to 5 in, protocol 4 out, serde on top. Nothing in a pickle
//! is ever imported or executed.
//!
//! | to have | from a pickle | to a pickle |
//! | --- | --- | --- |
//! | a type of one's own | [`from_slice`] | [`to_vec`], [`to_writer`] |
//! | any Python object | [`Value::from_slice`] | [`to_vec`] |
//! | a part, or part by part | [`Document`] and [`Node`] | [`Writer`] |
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use varpack_pickle as pickle;
//!
//! #[derive(Serialize, Deserialize, PartialEq, Debug)]
//! struct Epoch { step: u64, loss: f64, note: Option<String> }
//!
//! let history = vec![Epoch { step: 1, loss: 0.5, note: None }];
//! let bytes = pickle::to_vec(&history)?; // Python: [{'step': 1, 'loss': 0.5, 'note': None}]
//! assert_eq!(pickle::from_slice::<Vec<Epoch>>(&bytes)?, history);
//! # Ok::<(), varpack_npy::Error>(())
//! ```

// From the lowest up: format, value, arena, python, machine, document, write, convert, carry, de, ser. Each imports
// only from those before it (`tests/tests/rooms.rs`).
mod arena;
mod carry;
mod convert;
mod de;
mod document;
mod format;
mod machine;
mod python;
mod ser;
mod value;
mod write;

// What every room may use.
mod bigint;
mod budget;
mod limits;
mod record_place;
mod sync;

pub use bigint::BigInt;
pub use de::whole::{from_slice, from_value};
pub use document::node::Node;
pub use document::parsed::Document;
pub use format::calls::Build;
pub use limits::MAX_DEPTH;
pub use ser::whole::{to_value, to_vec, to_writer};
pub use value::kinds::{Global, Object, ObjectArray, Scalar, SurrogateStr, Value};
pub use value::shared::{Children, Shared};
pub use write::writer::Writer;

/// Arrays, dtypes and the error type.
pub use varpack_npy as npy;
pub use varpack_npy::{Error, ErrorKind, Result};

/// What the crate `varpack` needs of this one, and nobody else: it changes without notice.
#[doc(hidden)]
pub mod internal {
    // Not beside the public items: a glob import would bring them, and hide crates of these names.
    pub mod budget {
        pub use crate::budget::*;
    }
    pub mod sync {
        pub use crate::sync::*;
    }
    pub use crate::carry::copy::Carried;
    pub use crate::document::fingerprint::{Fingerprint, Fingerprints};
    pub use crate::python::flags::flags as dtype_flags;
    pub use crate::value::digest::seen::SeenKeys;
    pub use crate::value::digest::{KeyDigest, KeyDigests};
    pub use crate::value::repeated::Repeated;
}

/// The examples of the README run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
