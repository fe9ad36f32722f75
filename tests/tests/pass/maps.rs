use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::string::String;
use varpack::{MmapArray1, MmapArrayD, Varpack};

const SMALL: usize = 100;

#[derive(Varpack)]
struct Run<S: std::hash::BuildHasher + std::default::Default> {
    #[varpack(mmap)]
    a: BTreeMap<String, MmapArray1<f32>>,
    #[varpack(mmap(min_len = 10_000))]
    b: HashMap<String, MmapArrayD<f64>>,
    #[varpack(mmap(int_keys))]
    c: BTreeMap<i64, MmapArray1<f32>>,
    #[varpack(mmap(min_len = SMALL * 2, int_keys))]
    d: HashMap<i64, MmapArray1<f32>, BuildHasherDefault<DefaultHasher>>,
    #[varpack(mmap())]
    e: HashMap<String, MmapArray1<f32>, S>,
}

fn is_varpack<T: varpack::PackFields>() {}

fn main() {
    is_varpack::<Run<std::hash::RandomState>>();
}
