use varpack::{MmapArray2, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: Vec<MmapArray2<f32>>,
}

fn main() {}
