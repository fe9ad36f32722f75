use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(rename = 'c')]
    x: u64,
}

fn main() {}
