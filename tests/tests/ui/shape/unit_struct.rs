use varpack::Varpack;

#[derive(Varpack)]
struct Run;

fn main() {}
