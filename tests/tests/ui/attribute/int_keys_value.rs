use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(int_keys = true))]
    x: BTreeMap<i64, MmapArray1<f32>>,
}

fn main() {}
