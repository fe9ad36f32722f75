use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(int_keys))]
    x: BTreeMap<String, MmapArray1<f32>>,
}

fn main() {}
