use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    images: u64,
    #[varpack(rename = "Images")]
    pictures: u64,
}

fn main() {}
