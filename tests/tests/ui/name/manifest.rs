use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "varpack")]
    x: u64,
}

fn main() {}
