use std::collections::HashMap;
use varpack::{MmapArray1, Varpack};

#[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Split {
    Train,
    Test,
}

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: HashMap<Split, MmapArray1<f32>>,
}

fn main() {}
