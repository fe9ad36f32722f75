use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

struct Plain {
    y: u64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    inner: Inner,
    #[varpack(flatten)]
    plain: Plain,
    #[varpack(flatten)]
    plains: Vec<Plain>,
}

fn main() {}
