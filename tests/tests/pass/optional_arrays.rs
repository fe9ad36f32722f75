use std::option::Option;
use varpack::{MmapArray1, MmapArrayD, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: Option<MmapArray1<f32>>,
    #[varpack(mmap, alias = "c")]
    b: std::option::Option<MmapArrayD<u8>>,
}

fn main() {}
