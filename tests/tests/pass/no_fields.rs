use varpack::Varpack;

#[derive(Varpack)]
struct Empty {}

fn main() {}
