use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "y", skip)]
    x: u64,
}

fn main() {}
