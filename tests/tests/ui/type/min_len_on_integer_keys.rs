use std::collections::BTreeMap;
use varpack::{ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(min_len = 5))]
    x: BTreeMap<u32, MmapArray1<f32>>,
    #[varpack(mmap(min_len = 5))]
    y: BTreeMap<i8, ArrayOr<MmapArray1<f32>, u64>>,
}

fn main() {}
