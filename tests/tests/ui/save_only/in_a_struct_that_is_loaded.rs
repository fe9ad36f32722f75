use varpack::Varpack;

#[derive(Varpack)]
#[varpack(save_only)]
struct Layer {
    rate: f64,
}

#[derive(Varpack)]
struct Nested {
    #[varpack(nested)]
    layer: Layer,
}

#[derive(Varpack)]
struct Flat {
    #[varpack(flatten)]
    layers: Vec<Layer>,
}

fn main() {}
