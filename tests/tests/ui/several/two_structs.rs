use varpack::Varpack;

#[derive(Varpack)]
struct Model {
    #[varpack(mmap)]
    weights: Vec<f32>,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    model: Model,
    #[varpack(alias)]
    step: u64,
}

fn main() {}
