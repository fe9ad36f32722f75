use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: ndarray::Array2<f32>,
}

fn main() {}
