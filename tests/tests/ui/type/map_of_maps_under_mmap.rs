use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: BTreeMap<String, BTreeMap<String, MmapArray1<f32>>>,
}

fn main() {}
