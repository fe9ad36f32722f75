use varpack::Varpack;

#[derive(Varpack)]
struct Model {
    #[varpack(flatten)]
    layer: Layer,
}

#[derive(Varpack)]
struct Layer {
    n: u64,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: Model,
}

fn main() {}
