use varpack::Varpack;

#[derive(Varpack)]
struct Model {
    #[varpack(separate)]
    history: Vec<f64>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: Model,
}

fn main() {}
