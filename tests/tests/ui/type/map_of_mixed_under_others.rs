use std::collections::BTreeMap;
use varpack::{ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(separate)]
    a: BTreeMap<String, ArrayOr<MmapArray1<f32>, u8>>,
    #[varpack(nested)]
    b: BTreeMap<String, ArrayOr<MmapArray1<f32>, u8>>,
    #[varpack(npy)]
    c: BTreeMap<String, ArrayOr<MmapArray1<f32>, u8>>,
}

fn main() {}
