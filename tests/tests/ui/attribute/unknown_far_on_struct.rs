use varpack::Varpack;

#[derive(Varpack)]
#[varpack(transparent)]
struct Run {
    step: u64,
}

fn main() {}
