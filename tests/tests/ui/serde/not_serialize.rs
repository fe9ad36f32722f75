use varpack::Varpack;

struct Epoch;

#[derive(Varpack)]
struct Run {
    x: Epoch,
}

fn main() {}
