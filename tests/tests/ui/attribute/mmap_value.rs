use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap = 10)]
    x: MmapArray1<f32>,
}

fn main() {}
