use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(nested, separate)]
    x: u64,
}

fn main() {}
