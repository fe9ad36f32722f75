use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "a\nb")]
    x: u64,
}

fn main() {}
