use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(separate, rename = ".hidden")]
    x: u64,
}

fn main() {}
