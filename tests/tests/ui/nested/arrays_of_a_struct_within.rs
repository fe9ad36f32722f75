use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Layer {
    #[varpack(mmap)]
    w: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Model {
    #[varpack(nested)]
    layer: Layer,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    model: Model,
}

fn main() {}
