//! What the derive accepts: every attribute alone and in combination, on every kind of field.
#![allow(dead_code, missing_docs)]

use ndarray::{Array2, Dimension};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use varpack::{Element, MmapArray, MmapArray1, MmapArray2, MmapArray3, Varpack};

#[derive(Serialize, Deserialize, Default)]
struct Epoch {
    loss: f64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray2<f32>>,
    #[varpack(separate)]
    history: Vec<Epoch>,
    #[varpack(skip_load)]
    notes: String,
    step: u64,
}

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    weights: MmapArray2<f32>,
    step: u64,
}

fn seven() -> u64 {
    7
}

#[derive(Varpack)]
#[varpack(rename_all = "camelCase")]
struct Everything {
    #[varpack(mmap, skip_load, rename = "Old", alias = "older", alias = "oldest")]
    a: MmapArray2<f32>,
    #[varpack(mmap(min_len = 10_000, int_keys))]
    b: HashMap<i64, MmapArray1<f32>>,
    #[varpack(npy)]
    c: Vec<f32>,
    #[varpack(npy, default)]
    d: Array2<f64>,
    #[varpack(nested)]
    e: Inner,
    #[varpack(default = "seven")]
    f: u64,
    #[varpack(skip)]
    g: std::cell::Cell<*const u8>,
    #[varpack(skip_save)]
    h: String,
    #[varpack(mmap)]
    i: Option<MmapArray1<f32>>,
    #[varpack(skip, default = "seven")]
    j: u64,
    r#type: String,
    writer: u8,
    reader: u8,
}

#[derive(Varpack)]
struct Generic<'a, T, D, K: Ord, const N: usize>
where
    T: Copy,
{
    #[varpack(mmap)]
    a: MmapArray<T, D>,
    #[varpack(separate)]
    b: Vec<K>,
    #[varpack(npy)]
    c: Vec<T>,
    #[varpack(skip)]
    d: Option<&'a str>,
    #[varpack(skip_load)]
    e: K,
    f: std::marker::PhantomData<(T, K)>,
    g: Wrapper<N>,
}

#[derive(Serialize, Deserialize)]
struct Wrapper<const N: usize>;

fn is_varpack<T: Varpack>() {}

fn generic<T: Element + Copy, D: Dimension>() {
    is_varpack::<Generic<'_, T, D, String, 3>>();
}
