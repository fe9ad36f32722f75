use std::vec::Vec;
use varpack::field::{LoadValue, SaveValue};
use varpack::{Element, MmapArray, Varpack};

#[derive(Varpack)]
struct Run<T, D, V> {
    #[varpack(mmap)]
    array: MmapArray<T, D>,
    #[varpack(npy)]
    vec: Vec<T>,
    #[varpack(separate)]
    values: Vec<V>,
    value: V,
}

fn is_varpack<T: varpack::PackFields>() {}

fn generic<T: Element, D: ndarray::Dimension, V: SaveValue + LoadValue>() {
    is_varpack::<Run<T, D, V>>();
}

fn main() {}
