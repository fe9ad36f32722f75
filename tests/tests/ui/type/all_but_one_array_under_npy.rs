use varpack::{AnyArray, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(npy)]
    b: Option<ndarray::Array2<f32>>,
    #[varpack(npy)]
    d: AnyArray,
    #[varpack(npy)]
    e: Vec<MmapArray1<f32>>,
    #[varpack(npy)]
    f: String,
}

fn main() {}
