use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Inner {
    #[varpack(mmap)]
    x: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(flatten(prefix = "i_"))]
    one: Inner,
    #[varpack(flatten(prefix = "i_"))]
    two: Inner,
    #[varpack(flatten(prefix = "four."))]
    three: Inner,
    #[varpack(flatten)]
    four: Inner,
}

fn main() {}
