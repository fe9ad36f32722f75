use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(min_len = "10"))]
    x: BTreeMap<String, MmapArray1<f32>>,
}

fn main() {}
