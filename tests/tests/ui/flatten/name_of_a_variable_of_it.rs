use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    inner: Inner,
    #[varpack(rename = "inner.x")]
    other: u64,
    #[varpack(rename = "inner")]
    own: u64,
}

fn main() {}
