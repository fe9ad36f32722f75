use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "varpack")]
    x: u64,
}

fn main() {}
