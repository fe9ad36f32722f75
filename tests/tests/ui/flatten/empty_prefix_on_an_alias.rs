use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

type Inners = Vec<Inner>;

#[derive(Varpack)]
struct Run {
    #[varpack(flatten(prefix = ""))]
    inner: Inners,
}

fn main() {}
