use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    x: BTreeMap<String, Vec<f32>>,
    #[varpack(npy)]
    y: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(npy)]
    z: BTreeMap<String, u64>,
}

fn main() {}
