use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmapp)]
    x: MmapArray1<f32>,
}

fn main() {}
