use std::collections::BTreeMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    step: u64,
}

#[derive(Varpack)]
#[varpack(ignore_serde, ignore_serde)]
struct Run {
    #[varpack(mmap(int_keys, int_keys))]
    a: BTreeMap<u32, MmapArray1<f32>>,
    #[varpack(flatten(prefix = "a_", prefix = "b_"))]
    b: Inner,
}

fn main() {}
