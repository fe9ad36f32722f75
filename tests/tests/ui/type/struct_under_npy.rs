use varpack::Varpack;

struct Model;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    x: Model,
}

fn main() {}
