use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Layer {
    #[varpack(mmap)]
    weights: MmapArray1<f32>,
}

#[derive(Varpack)]
struct Block {
    #[varpack(nested)]
    layer: Layer,
}

#[derive(Varpack)]
struct Model {
    #[varpack(nested)]
    first: Block,
    #[varpack(nested)]
    second: Block,
}

fn main() {}
