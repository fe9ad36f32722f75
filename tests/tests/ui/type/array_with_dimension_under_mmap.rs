use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: ndarray::Array<f32, ndarray::Ix3>,
}

fn main() {}
