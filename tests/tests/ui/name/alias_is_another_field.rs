use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    images: u64,
    #[varpack(alias = "images")]
    pictures: u64,
}

fn main() {}
