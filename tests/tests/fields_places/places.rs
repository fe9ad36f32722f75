//! Where a struct may stand: alone, and within others.

use super::Fields;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use varpack::field::{FlattenField, NestedField};
use varpack::pickle::{Value, from_value};
use varpack::{Pack, PackFields, PackValue, Varpack};

/// A place for a struct.
pub(crate) trait Place<T> {
    type At: PackFields + Debug;

    /// What the names of its variables, or files, begin with.
    const PREFIX: &str;

    fn at(value: T) -> Self::At;

    fn of(at: &mut Self::At) -> &mut T;

    /// The names that its fields have there.
    fn names(folder: &Path) -> BTreeSet<String> {
        let pack = Pack::open(folder).expect("a folder");
        pack.names().filter_map(|name| name.strip_prefix(Self::PREFIX)).map(str::to_owned).collect()
    }
}

/// One where each field is a variable.
pub(crate) trait FlatPlace<T>: Place<T> {}

#[derive(Varpack, Debug)]
pub(crate) struct InStruct<T> {
    #[varpack(flatten)]
    inner: T,
}

#[derive(Varpack, Debug)]
pub(crate) struct InPrefix<T> {
    #[varpack(flatten(prefix = "p_"))]
    inner: T,
}

#[derive(Varpack, Debug)]
pub(crate) struct InDict<T> {
    #[varpack(nested)]
    inner: T,
}

macro_rules! flat_places {
    ($($place:ident: $at:ty, $prefix:literal, |$value:ident| $wrap:expr, |$wrapped:ident| $unwrap:expr;)*) => {$(
        pub(crate) struct $place;

        impl<T: Fields + PackFields + FlattenField> Place<T> for $place {
            type At = $at;
            const PREFIX: &str = $prefix;

            fn at($value: T) -> $at {
                $wrap
            }

            fn of($wrapped: &mut $at) -> &mut T {
                $unwrap
            }
        }

        impl<T: Fields + PackFields + FlattenField> FlatPlace<T> for $place {}
    )*};
}

flat_places! {
    Top: T, "", |value| value, |at| at;
    Flat: InStruct<T>, "inner.", |value| InStruct { inner: value }, |at| &mut at.inner;
    Prefixed: InPrefix<T>, "p_", |value| InPrefix { inner: value }, |at| &mut at.inner;
    Deep: InStruct<InPrefix<InStruct<T>>>, "inner.p_inner.",
        |value| InStruct { inner: InPrefix { inner: InStruct { inner: value } } }, |at| &mut at.inner.inner.inner;
    List: InStruct<Vec<T>>, "inner.1.", |value| InStruct { inner: vec![T::number(3), value] }, |at| &mut at.inner[1];
    Map: InStruct<BTreeMap<String, T>>, "inner.k.",
        |value| InStruct { inner: [("k".to_owned(), value)].into() }, |at| at.inner.get_mut("k").expect("the key");
    Maybe: InStruct<Option<T>>, "inner.", |value| InStruct { inner: Some(value) }, |at| at.inner.as_mut().expect("something");
    Shared: InStruct<Arc<T>>, "inner.",
        |value| InStruct { inner: Arc::new(value) }, |at| Arc::get_mut(&mut at.inner).expect("the only one");
}

pub(crate) struct Nested;

impl<T: Fields + NestedField> Place<T> for Nested {
    type At = InDict<T>;
    const PREFIX: &str = "inner-";

    fn at(value: T) -> InDict<T> {
        InDict { inner: value }
    }

    fn of(at: &mut InDict<T>) -> &mut T {
        &mut at.inner
    }

    /// They are keys.
    fn names(folder: &Path) -> BTreeSet<String> {
        let pack = Pack::open(folder).expect("a folder");
        match pack.get("inner").expect("a dictionary") {
            PackValue::Map(map) => {
                map.iter().map(|(key, _)| from_value(key).expect("a text")).collect()
            }
            PackValue::Value(value) => from_value::<BTreeMap<String, Value>>(value)
                .expect("a dictionary")
                .into_keys()
                .collect(),
            other => panic!("{other:?}"),
        }
    }
}

/// What there is, to who knows nothing of the structs.
pub(crate) fn variables(folder: &Path) -> BTreeMap<String, PackValue> {
    let pack = Pack::open(folder).unwrap();
    pack.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

pub(crate) fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Loads what there is in a place.
pub(crate) fn loaded<P: Place<T>, T: Clone>(folder: &Path) -> T {
    let mut at = P::At::load(folder).unwrap();
    P::of(&mut at).clone()
}
