use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(default = 5)]
    x: u64,
}

fn main() {}
