use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run(MmapArray1<f32>, u64);

fn main() {}
