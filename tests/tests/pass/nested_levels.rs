use varpack::Varpack;

#[derive(Varpack)]
struct Layer {
    rate: f32,
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
