use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(skip, npy)]
    a: Vec<f32>,
    #[varpack(skip, separate)]
    b: u64,
    #[varpack(skip, nested)]
    c: u64,
    #[varpack(skip, flatten)]
    d: u64,
    #[varpack(skip, mmap(min_len = 5))]
    e: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(skip, flatten(prefix = "f_"))]
    f: u64,
    #[varpack(skip, skip_save)]
    g: u64,
    #[varpack(skip_load, skip_load)]
    h: u64,
    #[varpack(skip_save, skip_save)]
    i: u64,
}

fn main() {}
