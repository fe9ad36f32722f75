use std::collections::BTreeMap;
use varpack::{MmapArray1, MmapArray2, Varpack};

struct Epoch;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: MmapArray1<Epoch>,
    #[varpack(mmap)]
    b: MmapArray2<Epoch>,
    #[varpack(mmap)]
    c: BTreeMap<String, MmapArray1<Epoch>>,
    #[varpack(npy)]
    d: Vec<Epoch>,
}

fn main() {}
