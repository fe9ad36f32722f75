use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "a\\b")]
    x: u64,
}

fn main() {}
