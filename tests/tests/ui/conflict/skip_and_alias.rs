use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(skip, alias = "y")]
    x: u64,
}

fn main() {}
