use std::collections::BTreeMap;
use std::sync::Arc;
use varpack::{MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    a: Vec<Vec<MmapArray1<f32>>>,
    #[varpack(mmap)]
    b: BTreeMap<String, Arc<Vec<MmapArray1<f32>>>>,
    #[varpack(mmap)]
    c: Vec<Option<MmapArray1<f32>>>,
    #[varpack(mmap)]
    d: Vec<BTreeMap<String, MmapArray1<f32>>>,
    #[varpack(mmap)]
    e: Option<Option<MmapArray1<f32>>>,
    #[varpack(mmap(int_keys))]
    f: Vec<MmapArray1<f32>>,
    #[varpack(mmap(min_len = 9))]
    g: Option<Arc<MmapArray1<f32>>>,
}

fn main() {}
