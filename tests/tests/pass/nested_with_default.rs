use varpack::{MmapArray1, Varpack};

#[derive(Varpack, Default)]
struct Model {
    #[varpack(mmap)]
    weights: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested, default)]
    a: Model,
    #[varpack(nested, skip_load)]
    b: Model,
    #[varpack(nested, skip_save)]
    c: Model,
}

fn main() {}
