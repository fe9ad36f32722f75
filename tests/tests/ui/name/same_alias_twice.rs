use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(alias = "pics")]
    images: u64,
    #[varpack(alias = "pics")]
    pictures: u64,
}

fn main() {}
