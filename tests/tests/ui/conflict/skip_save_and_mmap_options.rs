use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap(min_len = 5), skip_save)]
    x: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(skip_save, mmap(int_keys))]
    y: BTreeMap<u32, MmapArray1<f32>>,
}

fn main() {}
