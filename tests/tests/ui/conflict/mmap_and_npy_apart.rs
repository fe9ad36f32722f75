use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    #[varpack(npy)]
    x: MmapArray1<f32>,
}

fn main() {}
