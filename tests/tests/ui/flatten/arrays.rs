use std::collections::BTreeMap;
use varpack::{AnyArray, ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(flatten)]
    a: AnyArray,
    #[varpack(flatten)]
    b: Option<MmapArray1<f32>>,
    #[varpack(flatten)]
    c: Vec<MmapArray1<f32>>,
    #[varpack(flatten)]
    d: BTreeMap<String, AnyArray>,
    #[varpack(flatten)]
    e: BTreeMap<String, ArrayOr<MmapArray1<f32>, u32>>,
    #[varpack(flatten)]
    f: ndarray::Array2<f32>,
    #[varpack(flatten)]
    g: Vec<Vec<MmapArray1<f32>>>,
}

fn main() {}
