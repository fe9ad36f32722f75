use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    images: u64,
    step: u64,
    #[varpack(rename = "images")]
    pictures: u64,
}

fn main() {}
