use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::{AnyArray, MmapArray1, Varpack};

type Maybe = Option<MmapArray1<f32>>;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: Option<Option<MmapArray1<f32>>>,
    #[varpack(mmap)]
    c: Vec<Option<AnyArray>>,
    #[varpack(mmap)]
    d: BTreeMap<String, Arc<Option<AnyArray>>>,
}

#[derive(Varpack)]
struct Named {
    #[varpack(mmap)]
    a: Vec<Maybe>,
}

fn main() {}
