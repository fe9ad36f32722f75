use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate = true)]
    x: u64,
}

fn main() {}
