use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "a", separate, rename = "b")]
    x: u64,
}

fn main() {}
