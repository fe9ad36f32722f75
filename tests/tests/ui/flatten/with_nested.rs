use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(flatten, nested)]
    inner: Inner,
}

fn main() {}
