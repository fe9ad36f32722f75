use std::collections::{BTreeMap, HashMap};
use std::string::String;
use varpack::npy::{Datetime64, FixedBytes};
use varpack::{ArrayOr, MmapArray1, Varpack};

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    mixed: BTreeMap<String, ArrayOr<MmapArray1<f32>, u64>>,
    #[varpack(mmap(int_keys))]
    folds: HashMap<u8, ArrayOr<MmapArray1<f32>, String>>,
    #[varpack(mmap)]
    codes: MmapArray1<FixedBytes<8>>,
    #[varpack(mmap)]
    times: MmapArray1<Datetime64<varpack::npy::resolution::Nanoseconds>>,
}

fn main() {}
