use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = "a\0b")]
    x: u64,
}

fn main() {}
