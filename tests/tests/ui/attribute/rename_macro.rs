use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = concat!("x", "y"))]
    x: u64,
}

fn main() {}
