use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = y)]
    x: u64,
}

fn main() {}
