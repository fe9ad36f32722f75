use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    x: ndarray::Array2<f32>,
}

fn main() {}
