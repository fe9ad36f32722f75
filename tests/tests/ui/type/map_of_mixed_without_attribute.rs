use std::collections::BTreeMap;
use varpack::{ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    x: BTreeMap<String, ArrayOr<MmapArray1<f32>, u64>>,
}

fn main() {}
