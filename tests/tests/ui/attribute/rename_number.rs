use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = 7)]
    x: u64,
}

fn main() {}
