use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    __dict__: u64,
}

fn main() {}
