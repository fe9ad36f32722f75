use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(skip, mmap)]
    x: MmapArray1<f32>,
}

fn main() {}
