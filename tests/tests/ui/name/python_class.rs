use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = "__class__")]
    x: u64,
}

fn main() {}
