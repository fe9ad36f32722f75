use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename =)]
    x: u64,
}

fn main() {}
