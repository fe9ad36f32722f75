use std::sync::Arc;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    a: Box<Vec<f32>>,
    #[varpack(npy)]
    b: Arc<ndarray::Array1<f32>>,
}

fn main() {}
