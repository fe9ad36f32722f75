use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
#[varpack(mmap)]
struct Run {
    x: MmapArray1<f32>,
}

fn main() {}
