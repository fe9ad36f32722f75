use varpack::Varpack;

struct Epoch;

#[derive(Varpack)]
struct Run {
    #[varpack(separate)]
    x: Vec<Epoch>,
}

fn main() {}
