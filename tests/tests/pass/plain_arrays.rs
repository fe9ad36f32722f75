use std::vec::Vec;
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    a: Vec<f32>,
    #[varpack(npy)]
    b: ndarray::Array2<f64>,
    #[varpack(npy)]
    c: ndarray::Array<u8, ndarray::Ix3>,
    #[varpack(npy, default)]
    d: ndarray::ArrayD<i16>,
}

fn main() {}
