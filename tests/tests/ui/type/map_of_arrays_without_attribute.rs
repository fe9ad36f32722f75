use std::collections::BTreeMap;
use varpack::{MmapArray2, Varpack};

#[derive(Varpack)]
struct Run {
    x: BTreeMap<String, MmapArray2<f32>>,
}

fn main() {}
