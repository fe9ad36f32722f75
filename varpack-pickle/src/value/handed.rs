//! [`Value`]s on their way through serde, which has no place for them.
//!
//! A value, as an array, passes as a newtype struct of a reserved name. Under the serializer of this crate
//! its content goes to a serializer that knows what to expect and is not human readable; any other
//! serializer takes the name for a name and writes the content. Reading, the name tells the
//! deserializer of this crate what is asked for. Where serde reads without types, into its own
//! buffer (`flatten`, untagged and tagged enums), an array is a map, which it can be made from
//! again; so is a time, a scalar that no number stands for. The map is a newtype struct there, and its first key an option
//! of one, as nothing else in a pickle is: so no type but those that ask for arrays, scalars or `Value`s takes one for a dict. The
//! key is borrowed, and stands in [memory of its own](Marked).

use crate::Error;
use crate::npy::internal::serde::FIELDS;
use crate::value::kinds::Value;
use std::cell::Cell;

/// The newtype struct around a [`Value`].
pub(crate) const VALUE: &str = "$varpack::value";

thread_local! {
    /// A value on its way past serde, which has no way for it: one that is made already is neither pickled nor
    /// read again, and shares with others what its pickle shared.
    static HANDED: Cell<Option<Value>> = const { Cell::new(None) };
}

/// Hands a value over while `pass` gives no bytes in its place.
pub(crate) fn hand_over<T>(value: Value, pass: impl FnOnce() -> T) -> T {
    /// Forgets it, after a panic too.
    struct Forget;

    impl Drop for Forget {
        fn drop(&mut self) {
            HANDED.take();
        }
    }

    HANDED.set(Some(value));
    let _forget = Forget;
    pass()
}

/// The value that is handed over just now, if this is what is given in its place.
pub(crate) fn take_handed(bytes: &[u8]) -> Option<Value> {
    if bytes.is_empty() { HANDED.take() } else { None }
}

/// What a map in serde's buffer was made of. Its first key has the address of one of these; no other text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marked {
    Array,
    Scalar,
}

/// Longer than the key, so that no literal is the same.
static ARRAY_KEY: &str = "dtype of $varpack::array";
static SCALAR_KEY: &str = "dtype of $varpack::scalar";

impl Marked {
    /// The key that says so.
    pub(crate) fn key(self) -> &'static str {
        let marked = match self {
            Self::Array => ARRAY_KEY,
            Self::Scalar => SCALAR_KEY,
        };
        marked.get(..FIELDS[0].len()).unwrap_or(marked)
    }

    /// What a key says.
    pub(crate) fn of(key: &str) -> Option<Self> {
        [Self::Array, Self::Scalar].into_iter().find(|marked| std::ptr::eq(marked.key(), key))
    }
}

/// Whether a visitor is that of serde's own buffer. The names of types are not promised to stay: where they do not tell,
/// an array is a sequence there, and a time is refused.
pub(crate) fn is_buffer<V>() -> bool {
    let name = std::any::type_name::<V>();
    name.starts_with("serde")
        && name.split('<').next().is_some_and(|it| it.ends_with("::ContentVisitor"))
}

/// Whether an error is ours, and so what is beneath serde's buffer. The names of types are not promised to stay:
/// where they do not tell, a value is plain data.
pub(crate) fn is_ours<E>() -> bool {
    std::any::type_name::<E>() == std::any::type_name::<Error>()
}
