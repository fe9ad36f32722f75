//! Structs that have the same fields under different attributes, and the places where a struct may stand.

mod places;
pub(crate) mod rows;
mod sets;

pub(crate) use places::{
    Deep, Flat, FlatPlace, List, Map, Maybe, Nested, Place, Prefixed, Shared, Top, loaded, names,
    variables,
};
pub(crate) use sets::{Fields, Number, Small, flat, groups, nestable, set, seven};

/// Runs a check of structs that may be nested.
macro_rules! at_all_places {
    ($check:ident) => {
        $check::<$crate::fields_places::Nested>();
        $crate::fields_places::at_all_flat_places!($check);
    };
}

/// Runs a check of structs that may not.
macro_rules! at_all_flat_places {
    ($check:ident) => {
        $check::<$crate::fields_places::Top>();
        $check::<$crate::fields_places::Flat>();
        $check::<$crate::fields_places::Prefixed>();
        $check::<$crate::fields_places::Deep>();
        $check::<$crate::fields_places::List>();
        $check::<$crate::fields_places::Map>();
        $check::<$crate::fields_places::Maybe>();
        $check::<$crate::fields_places::Shared>();
    };
}

pub(crate) use {at_all_flat_places, at_all_places};
