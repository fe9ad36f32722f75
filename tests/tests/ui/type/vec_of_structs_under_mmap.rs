use varpack::Varpack;
use varpack::npy::FixedText;

struct Epoch;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: Vec<Epoch>,
    #[varpack(mmap)]
    y: Vec<FixedText<10>>,
}

fn main() {}
