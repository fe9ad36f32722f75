use varpack::Varpack;

type Samples = Vec<f32>;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: Samples,
}

fn main() {}
