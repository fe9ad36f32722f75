use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(alias = "images")]
    images: u64,
}

fn main() {}
