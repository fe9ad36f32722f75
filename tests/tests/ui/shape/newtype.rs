use varpack::Varpack;

#[derive(Varpack)]
struct Step(u64);

fn main() {}
