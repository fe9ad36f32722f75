use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    x: u64,
}

fn main() {}
