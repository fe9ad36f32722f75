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

mod access;
mod accessors;
mod arena;
mod batch;
mod bigint;
mod bridge;
mod budget;
mod calls;
mod capture;
mod carry;
mod compare;
mod compound;
mod constants;
mod containers;
mod convert;
mod cycles;
mod de;
mod debug;
mod dict_keys;
mod digest;
mod document;
mod dtype;
mod elements;
mod emit;
mod emit_numpy;
mod expansion;
mod facts;
mod fills;
mod fingerprint;
mod flags;
mod handed;
mod history;
mod input;
mod item;
mod key_order;
mod keys;
mod legacy;
mod limits;
mod look;
mod machine;
mod memo;
mod metadata;
mod names;
mod node;
mod numpy;
mod object_elements;
mod objects;
mod opcode;
mod output;
mod pairs;
mod pool;
mod python;
mod record_place;
mod repeated;
mod replay;
mod scalar_run;
mod scalars;
mod ser;
mod ser_keys;
mod shape;
mod shared;
mod state;
mod strided;
mod sync;
mod text;
mod value;
mod value_de;
mod value_ser;
mod visit;
mod writer;

pub use bigint::BigInt;
pub use calls::Build;
pub use document::Document;
pub use limits::MAX_DEPTH;
pub use node::Node;
pub use shared::{Children, Shared};
pub use value::{Global, Object, ObjectArray, Scalar, SurrogateStr, Value};
pub use writer::Writer;

/// Arrays, dtypes and the error type.
pub use varpack_npy as npy;
pub use varpack_npy::{Error, ErrorKind, Result};

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

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
    pub use crate::carry::Carried;
    pub use crate::digest::{KeyDigest, KeyDigests, Seen as SeenKeys};
    pub use crate::fingerprint::{Fingerprint, Fingerprints};
    pub use crate::flags::flags as dtype_flags;
    pub use crate::repeated::Repeated;
}

/// A value as a pickle.
///
/// # Errors
/// As of [`Writer::value`].
///
/// ```
/// assert_eq!(varpack_pickle::to_vec(&7)?, b"\x80\x04K\x07.");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.value(value)?;
    writer.finish()
}

/// Writes a value as a pickle.
///
/// # Errors
/// As of [`to_vec`], and those of `writer`.
///
/// ```
/// let mut file = Vec::new();
/// varpack_pickle::to_writer(&mut file, "text")?;
/// assert_eq!(varpack_pickle::from_slice::<String>(&file)?, "text");
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn to_writer<W: io::Write, T: Serialize + ?Sized>(mut writer: W, value: &T) -> Result<()> {
    writer.write_all(&to_vec(value)?).map_err(|source| {
        Error::msg(crate::ErrorKind::Io, "cannot write the pickle").with_source(source)
    })
}

/// Reads a pickle of any protocol.
///
/// # Errors
/// As of [`Document::parse`] and [`Node::deserialize`].
///
/// ```
/// let pickle = b"(lp0\nI1\naI2\na."; // protocol 0
/// assert_eq!(varpack_pickle::from_slice::<Vec<u8>>(pickle)?, [1, 2]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    Document::parse(bytes)?.root().deserialize()
}

/// A value as the Python object that its pickle makes.
///
/// # Errors
/// As of [`to_vec`].
///
/// ```
/// use varpack_pickle::{Value, to_value};
///
/// assert_eq!(to_value(&Some(1.5))?, Value::Float(1.5));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(value: &T) -> Result<Value> {
    Value::from_slice(&to_vec(value)?)
}

/// A Python object as a type of the caller's.
///
/// # Errors
/// As of [`Node::deserialize`].
///
/// ```
/// use varpack_pickle::{Value, from_value};
///
/// let value = Value::list([1.into(), 2.into()]);
/// assert_eq!(from_value::<Vec<u8>>(&value)?, [1, 2]);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T> {
    from_slice(&emit::to_vec(value)?)
}

/// The examples of the README run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
