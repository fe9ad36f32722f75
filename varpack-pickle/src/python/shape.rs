//! Shapes in a pickle, and what stands in the place of them and of other parts of NumPy's objects.

use crate::arena::item::Item;
use crate::arena::nodes::Arena;
use crate::npy::internal::check_ndim;
use crate::{Error, ErrorKind, Result};
use std::fmt::Display;

pub(super) fn unexpected<T: Display + ?Sized>(expected: &'static str, found: &T) -> Error {
    Error::new(ErrorKind::Pickle).with_expected(expected).with_found_shown(found)
}

pub(crate) fn shape<'d>(arena: &'d Arena<'d>, item: Item<'d>) -> Result<Vec<usize>> {
    let axes = arena.tuple(item).ok_or_else(|| unexpected("a shape", &arena.type_name(item)))?;
    check_ndim(axes.len())?;
    let axes: Option<Vec<u64>> = axes
        .iter()
        .map(|axis| match axis {
            Item::Int(axis) => u64::try_from(*axis).ok(),
            _ => None,
        })
        .collect();
    let axes = axes
        .ok_or_else(|| unexpected("a shape of natural numbers", "something else in the tuple"))?;
    let addressable: Result<Vec<usize>, _> = axes.iter().map(|&axis| axis.try_into()).collect();
    addressable.map_err(|_| {
        let axes: String = axes.iter().map(|axis| format!("{axis},")).collect();
        Error::new(ErrorKind::Limit)
            .with_expected("axes that fit in memory")
            .with_found(format!("shape ({axes})"))
    })
}
