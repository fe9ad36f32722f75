use varpack::Varpack;

#[derive(Varpack)]
#[varpack(crate = "my crate")]
struct Run {
    x: u64,
}

fn main() {}
