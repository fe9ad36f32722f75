use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip, skip)]
    x: u64,
}

fn main() {}
