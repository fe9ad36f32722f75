use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: ndarray::Array0<f32>,
}

fn main() {}
