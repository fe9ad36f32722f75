use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(alias)]
    x: u64,
}

fn main() {}
