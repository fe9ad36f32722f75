use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip(save))]
    x: u64,
}

fn main() {}
