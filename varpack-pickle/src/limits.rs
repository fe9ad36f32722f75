//! The limits on untrusted pickles, each with its reason.

/// Levels of nesting that a typed read follows, and that a typed write produces.
///
/// A typed read recurses through the caller's `Deserialize` implementations, up to ten stack frames a
/// level. The limit keeps the deepest read inside 2 MiB of stack, the default of a Rust thread,
/// without optimisation. It is `serde_json`'s. Writing obeys it too, so that nothing is saved that
/// cannot be loaded. [`Value`](crate::Value) has no such limit: it is read, written, compared and
/// dropped without recursion.
///
/// ```
/// use varpack_pickle::{MAX_DEPTH, Value, from_slice};
///
/// let levels = MAX_DEPTH + 1;
/// let deep = ["]".repeat(levels + 1), "a".repeat(levels), ".".to_owned()].concat(); // [[…]]
/// assert!(Value::from_slice(deep.as_bytes()).is_ok());
/// let error = from_slice::<serde_json::Value>(deep.as_bytes()).unwrap_err();
/// assert_eq!(error.kind(), varpack_npy::ErrorKind::Limit);
/// ```
pub const MAX_DEPTH: usize = 128;

/// Digits of an integer written as decimal text (protocols 0 to 2, `Display`, [`str::parse`]).
///
/// Conversion from and to decimal takes quadratic time. CPython has the same limit
/// (`sys.get_int_max_str_digits`) for the same reason. Binary integers are not limited.
pub(crate) const MAX_DECIMAL_DIGITS: usize = 4300;

/// The largest memo index: `LONG_BINPUT` has four bytes for it.
pub(crate) const MAX_MEMO_INDEX: u64 = u32::MAX as u64;

/// Fields, over all levels, of a structured dtype inside a pickle.
///
/// The dtypes of fields are objects and may be shared, so that a small pickle could ask for a dtype
/// with 2^40 fields.
pub(crate) const MAX_DTYPE_FIELDS: usize = 1 << 16;

/// Levels of structured dtypes inside structured dtypes. NumPy's own users have two or three.
pub(crate) const MAX_DTYPE_DEPTH: usize = 32;
