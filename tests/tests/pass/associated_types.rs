use std::vec::Vec;
use varpack::{Element, MmapArray1, Varpack};

trait Precision {
    type Scalar;
}

struct Single;

impl Precision for Single {
    type Scalar = f32;
}

#[derive(Varpack)]
struct Run<P: Precision> {
    #[varpack(mmap)]
    array: MmapArray1<P::Scalar>,
    #[varpack(separate)]
    values: Vec<<P as Precision>::Scalar>,
}

fn is_varpack<T: varpack::PackFields>() {}

fn main() {
    is_varpack::<Run<Single>>();
}
