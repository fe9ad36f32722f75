use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "a\nb")]
    x: u64,
}

fn main() {}
