use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: BTreeMap<u128, MmapArray1<f32>>,
}

fn main() {}
