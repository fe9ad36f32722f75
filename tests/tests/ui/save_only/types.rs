use ndarray::{Array2, ArrayView1, ArrayView2};
use std::collections::BTreeMap;
use varpack::{ArrayOr, MmapArray2, Varpack};

#[derive(Varpack)]
struct Layer {
    rate: f64,
}

#[derive(Varpack)]
#[varpack(save_only)]
struct Ckpt<'a> {
    a: &'a MmapArray2<f32>,
    b: ArrayView2<'a, f32>,
    c: Option<&'a Array2<f32>>,
    d: BTreeMap<&'a str, ArrayView2<'a, f32>>,
    #[varpack(mmap)]
    e: &'a Vec<f32>,
    #[varpack(mmap)]
    f: &'a str,
    #[varpack(mmap)]
    g: &'a u64,
    #[varpack(mmap)]
    h: Option<Option<&'a [f32]>>,
    #[varpack(mmap)]
    i: BTreeMap<&'a str, BTreeMap<&'a str, ArrayView2<'a, f32>>>,
    #[varpack(mmap)]
    j: Vec<Option<&'a [f32]>>,
    #[varpack(mmap)]
    k: BTreeMap<&'a str, &'a [usize]>,
    #[varpack(mmap)]
    l: ArrayView1<'a, String>,
    #[varpack(npy)]
    m: Option<&'a Vec<f32>>,
    #[varpack(npy)]
    n: BTreeMap<&'a str, &'a [f32]>,
    #[varpack(npy)]
    o: &'a f64,
    #[varpack(npy)]
    p: Vec<&'a Array2<f32>>,
    #[varpack(npy)]
    q: ArrayOr<&'a Array2<f32>, u64>,
    #[varpack(nested)]
    r: &'a u64,
    #[varpack(flatten)]
    s: &'a Array2<f32>,
    #[varpack(mmap(min_len = 3))]
    t: &'a [f32],
    #[varpack(mmap(int_keys))]
    u: BTreeMap<&'a str, &'a [f32]>,
    #[varpack(flatten(prefix = ""))]
    v: &'a Option<u64>,
    #[varpack(mmap)]
    w: &'a [MmapArray2<f32>],
    #[varpack(npy)]
    x: &'a [Vec<f32>],
    #[varpack(flatten)]
    y: &'a [u64],
    #[varpack(flatten(prefix = ""))]
    z: &'a [Layer],
}

fn main() {}
