use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    x: Vec<u8>,
}

fn main() {}
