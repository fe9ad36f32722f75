use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "")]
    x: u64,
}

fn main() {}
