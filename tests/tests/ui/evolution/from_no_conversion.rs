use varpack::Varpack;

#[derive(Varpack)]
struct Older {
    x: u64,
}

#[derive(Varpack)]
#[varpack(try_from = "Older")]
struct Run {
    x: u64,
}

fn main() {}
