use varpack::Varpack;

struct Model;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: Model,
}

fn main() {}
