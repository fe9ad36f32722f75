use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack[separate]]
    x: u64,
}

fn main() {}
