use std::collections::BTreeMap;
use varpack::{ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: MmapArray1<usize>,
    #[varpack(mmap)]
    b: BTreeMap<String, ArrayOr<MmapArray1<isize>, u64>>,
    #[varpack(mmap)]
    c: Option<MmapArray1<u128>>,
    #[varpack(npy)]
    d: Vec<usize>,
    #[varpack(npy)]
    e: ndarray::Array2<usize>,
}

fn main() {}
