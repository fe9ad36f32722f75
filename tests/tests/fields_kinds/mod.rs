//! Structs of all kinds of fields, what is arbitrary in each, and what a load and a save have to make of it.
//!
//! What may stand under which attribute, as `docs/attributes.md` has it, and where it stands here. What may not is in
//! `tests/ui`, a file each; what each attribute does is in `fields_effects`.
//!
//! | | value | `separate` | `mmap` | `npy` | `nested` | `flatten` |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | numbers, texts, bytes, serde's own | `Values`, `Hashed` | `Values`, `Hashed` | | | | |
//! | array | | `Arrays` | `Arrays` | `Arrays` | | |
//! | option, pointer of it | | `Arrays` | `Arrays` | | | |
//! | list of arrays | | `Arrays` | `Lists`, and `min_len` | | | |
//! | map of arrays | | `Values`, `Hashed` | `Maps`, `Keyed`, and `min_len`, `int_keys` | | | |
//! | struct | | | | | `Nested` | `Outer` |
//! | option, pointer, list, map of structs | | | | | | `Outer`, `Middle` |
//! | in a nested struct | `Inner` | | `Inner` | `Inner` | `Deep` | |
//! | in a flattened one | `Leaf` | `Leaf` | `Leaf` | `Leaf` | `Leaf` | `Middle` |
//! | beside `skip_load` | `Skips` | `Skips` | `Skips` | `Skips` | `Skips` | |
//! | beside `skip_save` | `Skips` | arrays: `Skips` | `Skips` | `Skips` | `Skips` | `Skips` |
//! | beside `default`, `rename`, `alias` | `Named` | `Named` | `Named` | `Named` | `Named` | `Named` |

mod containers;
pub(crate) mod flat;
pub(crate) mod law;
mod leaves;
pub(crate) mod mmap;
pub(crate) mod values;

pub(crate) use leaves::Enum;
use proptest::strategy::BoxedStrategy;
use std::fmt::Debug;

/// What may be in a folder, and what becomes of it.
pub(crate) trait Kind: Clone + Debug + PartialEq + 'static {
    /// Any value of it.
    fn any() -> BoxedStrategy<Self>;

    /// What a load gives of what was saved.
    fn loaded(&self) -> Self {
        self.clone()
    }

    /// What is in the folder after a save over the folder's `old`.
    fn kept(_old: &Self, new: &Self) -> Self {
        new.clone()
    }

    /// The same where nothing was loaded: what is still as it was made then is kept, of a struct each field.
    fn kept_where_unset(old: &Self, new: &Self, unset: &Self) -> Self {
        if new == unset { old.clone() } else { new.clone() }
    }
}

/// A struct of such.
pub(crate) trait Struct: Kind {
    const FIELDS: usize;

    /// Takes over one field of another.
    fn take(&mut self, field: usize, from: &Self);
}

/// Defines a struct. After `=> unset` stands what a load gives a field that it does not load.
macro_rules! kinds {
    ($(
        $(#[$meta:meta])*
        struct $name:ident $(<$param:ident>)? {
            $($(#[$attribute:meta])* $field:ident: $ty:ty $(=> unset $unset:expr)?,)*
        }
    )*) => {$(
        #[derive(varpack::Varpack, Clone, Debug, PartialEq)]
        $(#[$meta])*
        pub(crate) struct $name $(<$param: $crate::fields_kinds::Value>)? {
            $($(#[$attribute])* pub(crate) $field: $ty,)*
        }

        impl $(<$param: $crate::fields_kinds::Value>)? $crate::fields_kinds::Kind for $name $(<$param>)? {
            fn any() -> proptest::strategy::BoxedStrategy<Self> {
                use proptest::strategy::Strategy;
                $crate::fields_kinds::nest!(@strategy $($ty,)*)
                    .prop_map(|$crate::fields_kinds::nest!(@pattern $($field,)*)| Self { $($field,)* })
                    .boxed()
            }

            fn loaded(&self) -> Self {
                Self {
                    $($field: $crate::fields_kinds::loaded!(&self.$field $(, $unset)?),)*
                }
            }

            fn kept(old: &Self, new: &Self) -> Self {
                Self {
                    $($field: $crate::fields_kinds::kept!(&old.$field, &new.$field $(, &$unset)?),)*
                }
            }

            fn kept_where_unset(old: &Self, new: &Self, unset: &Self) -> Self {
                use $crate::fields_kinds::Kind;
                Self {
                    $($field: Kind::kept_where_unset(&old.$field, &new.$field, &unset.$field),)*
                }
            }
        }

        impl $(<$param: $crate::fields_kinds::Value>)? $crate::fields_kinds::Struct for $name $(<$param>)? {
            const FIELDS: usize = [$(stringify!($field),)*].len();

            fn take(&mut self, field: usize, from: &Self) {
                let mut fields = 0..;
                $(if fields.next() == Some(field) {
                    self.$field = from.$field.clone();
                })*
            }
        }
    )*};
}

/// Any number of strategies as pairs of pairs, for proptest's tuples have twelve members.
macro_rules! nest {
    (@strategy) => { proptest::strategy::Just(()) };
    (@strategy $head:ty, $($tail:ty,)*) => {
        (<$head as $crate::fields_kinds::Kind>::any(), $crate::fields_kinds::nest!(@strategy $($tail,)*))
    };
    (@pattern) => { () };
    (@pattern $head:ident, $($tail:ident,)*) => { ($head, $crate::fields_kinds::nest!(@pattern $($tail,)*)) };
}

macro_rules! loaded {
    ($value:expr) => {
        $crate::fields_kinds::Kind::loaded($value)
    };
    ($value:expr, $unset:expr) => {
        $unset
    };
}

macro_rules! kept {
    ($old:expr, $new:expr) => {
        $crate::fields_kinds::Kind::kept($old, $new)
    };
    ($old:expr, $new:expr, $unset:expr) => {
        $crate::fields_kinds::Kind::kept_where_unset($old, $new, $unset)
    };
}

pub(crate) use {kept, kinds, loaded, nest};

/// What may be a value beside arrays.
pub(crate) trait Value: Kind + serde::Serialize + serde::de::DeserializeOwned {}
impl<T: Kind + serde::Serialize + serde::de::DeserializeOwned> Value for T {}
