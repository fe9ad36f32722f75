use varpack::Varpack;

struct Model;

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: Model,
}

fn main() {}
