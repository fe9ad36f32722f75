use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::{AnyArray, ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct List {
    #[varpack(mmap)]
    x: Vec<MmapArray1<f32>>,
}

#[derive(Varpack)]
struct Small {
    #[varpack(mmap(min_len = 5))]
    x: Option<BTreeMap<String, AnyArray>>,
}

#[derive(Varpack)]
struct Numbered {
    #[varpack(mmap(int_keys))]
    x: Arc<BTreeMap<u8, MmapArray1<f32>>>,
}

#[derive(Varpack)]
struct Mixed {
    #[varpack(mmap)]
    x: Vec<ArrayOr<MmapArray1<f32>, String>>,
}

#[derive(Varpack)]
struct InMemory {
    #[varpack(npy)]
    x: Vec<f32>,
}

#[derive(Varpack)]
struct Deep {
    #[varpack(nested)]
    x: InMemory,
}

#[derive(Varpack)]
struct Run {
    #[varpack(nested)]
    a: List,
    #[varpack(nested)]
    b: Small,
    #[varpack(nested)]
    c: Numbered,
    #[varpack(nested)]
    d: Mixed,
    #[varpack(nested)]
    e: Deep,
    // Its arrays are one level deep.
    #[varpack(nested)]
    f: InMemory,
}

fn main() {}
