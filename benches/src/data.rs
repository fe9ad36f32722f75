//! The data of the works, the same in Rust and in Python.

use ndarray::Array1;
use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

/// An array's name and its elements, as peers take them.
pub(crate) type Named<'a> = (&'a str, &'a [f32]);

/// Bytes of an element of the arrays.
pub(crate) const ELEMENT: usize = size_of::<f32>();

/// `len` elements that count from `salt` up, modulo 1,000. Sums of a few thousand of them are exact.
pub(crate) fn ramp(len: usize, salt: usize) -> Array1<f32> {
    let period: Vec<f32> =
        (0..1000_u16).cycle().skip(salt % 1000).take(1000).map(f32::from).collect();
    let mut elements = period.repeat(len.div_ceil(period.len()));
    elements.truncate(len);
    elements.into()
}

/// The last elements of arrays, added up.
pub(crate) fn sum_of_last<'a>(arrays: impl IntoIterator<Item = &'a [f32]>) -> f64 {
    arrays.into_iter().filter_map(<[f32]>::last).copied().map(f64::from).sum()
}

/// The bytes of all elements.
pub(crate) fn bytes(arrays: &[Named<'_>]) -> u64 {
    arrays.iter().map(|(_, elements)| size_of_val(*elements) as u64).sum()
}

/// Four large arrays and a number: W1, W4 and W5.
#[derive(Varpack)]
pub(crate) struct Arrays {
    #[varpack(mmap)]
    pub(crate) a: MmapArray1<f32>,
    #[varpack(mmap)]
    pub(crate) b: MmapArray1<f32>,
    #[varpack(mmap)]
    pub(crate) c: MmapArray1<f32>,
    #[varpack(mmap)]
    pub(crate) d: MmapArray1<f32>,
    pub(crate) step: u64,
}

impl Arrays {
    /// The names of the arrays, in order.
    pub(crate) const NAMES: [&'static str; 4] = ["a", "b", "c", "d"];

    /// Arrays of `len` elements each.
    pub(crate) fn new(len: usize) -> Self {
        let [a, b, c, d] = [0, 1, 2, 3].map(|salt| ramp(len, salt).into());
        Self { a, b, c, d, step: 7 }
    }

    pub(crate) fn named(&self) -> Vec<Named<'_>> {
        let arrays = [&self.a, &self.b, &self.c, &self.d];
        Self::NAMES.into_iter().zip(arrays.map(elements)).collect()
    }

    /// One element of each, added up.
    pub(crate) fn touch(&self) -> f64 {
        sum_of_last(self.named().into_iter().map(|(_, elements)| elements))
    }
}

/// A map of small arrays: W2 and W6.
#[derive(Varpack)]
pub(crate) struct Map {
    #[varpack(mmap)]
    pub(crate) split: BTreeMap<String, MmapArray1<f32>>,
}

impl Map {
    /// `count` arrays of `len` elements each.
    pub(crate) fn new(count: usize, len: usize) -> Self {
        let arrays = (0..count).map(|salt| (format!("k{salt:06}"), ramp(len, salt).into()));
        Self { split: arrays.collect() }
    }

    pub(crate) fn named(&self) -> Vec<Named<'_>> {
        self.split.iter().map(|(name, array)| (name.as_str(), elements(array))).collect()
    }

    /// One element of each, added up.
    pub(crate) fn touch(&self) -> f64 {
        sum_of_last(self.split.values().map(elements))
    }
}

/// The elements of an array of one axis, which is contiguous.
fn elements(array: &MmapArray1<f32>) -> &[f32] {
    array.as_slice().expect("an array of one axis is contiguous")
}
