use varpack::Varpack;

struct Epoch;

#[derive(Varpack)]
struct Run {
    #[varpack(skip)]
    x: Epoch,
}

fn main() {}
