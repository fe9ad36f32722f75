use std::collections::HashMap;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: HashMap<char, MmapArray1<f32>>,
}

fn main() {}
