use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "a\\b")]
    x: u64,
}

fn main() {}
