use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(varpack::mmap)]
    x: u64,
}

fn main() {}
