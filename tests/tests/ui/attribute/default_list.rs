use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(default("seven"))]
    x: u64,
}

fn main() {}
