use ndarray::{ArrayView, ArrayView2, CowArray, Ix2};
use varpack::Varpack;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: ArrayView2<'static, f32>,
    b: ArrayView<'static, f32, Ix2>,
    #[varpack(npy)]
    c: CowArray<'static, f32, Ix2>,
}

fn main() {}
