use std::vec::Vec;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(skip)]
    cache: MmapArray1<f32>,
    #[varpack(skip, default = "empty")]
    list: Vec<MmapArray1<f32>>,
}

fn empty() -> Vec<MmapArray1<f32>> {
    Vec::new()
}

fn main() {}
