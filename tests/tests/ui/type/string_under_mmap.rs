use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: String,
}

fn main() {}
