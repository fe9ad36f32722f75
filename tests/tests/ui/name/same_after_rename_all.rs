use varpack::Varpack;

#[derive(Varpack)]
#[varpack(rename_all = "camelCase")]
struct Run {
    images_: u64,
    images: u64,
}

fn main() {}
