use varpack::{MmapArray2, Varpack};

#[derive(Varpack)]
struct Run {
    x: MmapArray2<f32>,
}

fn main() {}
