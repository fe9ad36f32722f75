use varpack::Varpack;

#[derive(Varpack)]
struct Model {
    #[varpack(skip_load)]
    notes: String,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: Model,
}

fn main() {}
